/** How the SDK is recognised: by the module it is imported from, never by the name it has in the file. */
import { isSdkModule } from './sdk-module.ts';
import type { Path, Value } from './values.ts';

const CLIENT_CLASSES = new Set(['default', 'OpenAI', 'AzureOpenAI']);

/** `OpenAI`, `AzureOpenAI`, or the module itself where CommonJS makes it the class. */
export function isClientClass(value: Value): boolean {
  return (
    value.kind === 'external' &&
    isSdkModule(value.specifier) &&
    value.path.every((name) => CLIENT_CLASSES.has(name))
  );
}

/** What Assistants code reaches under a client. */
export const RESOURCES = new Set(['assistants', 'threads', 'vectorStores']);

/** True for a path that is, or leads into, the Assistants surface. */
export function isAssistantsPath(path: Path): boolean {
  return path[0] === 'beta' && (path.length === 1 || RESOURCES.has(path[1] ?? ''));
}

/** Strips what gives the same client again: `withOptions(...)`. */
export function throughOptions(path: Path): Path {
  let rest = path;
  while (rest[0] === 'withOptions' && rest[1] === '()') rest = rest.slice(2);
  return rest;
}
