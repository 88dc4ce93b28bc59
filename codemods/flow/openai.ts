/** How the SDK is recognised: by the module it is imported from, never by the name it has in the file. */
import type { Path, Value } from './values.ts';

const SDK =
  /^(?:npm:|jsr:@openai\/)?openai(?:@[^/]*)?(?:\/(?:index|client|azure|mod)(?:\.[mc]?[jt]s)?)?$|^https?:\/\/(?:deno\.land\/x\/openai(?:@[^/]*)?\/mod\.ts|(?:esm\.sh|cdn\.skypack\.dev|esm\.run|unpkg\.com|cdn\.jsdelivr\.net\/npm|jspm\.dev)\/(?:v\d+\/)?openai(?:@[^/?]*)?(?:[/?].*)?)$/;

/** Import specifiers of the SDK's main module: bare, `npm:`, deno.land, esm.sh and the like. */
export function isSdkModule(specifier: string): boolean {
  return SDK.test(specifier);
}

/** `openai/resources/…`, `openai/lib/…`: types and helpers, not clients. */
export function isSdkSubmodule(specifier: string): boolean {
  return /^(?:npm:)?openai(?:@[^/]*)?\/(?:resources|lib|src|streaming|uploads|error|core|shims|_shims|pagination)/.test(
    specifier,
  );
}

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
