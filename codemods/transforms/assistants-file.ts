/**
 * `rethread.assistants.json`: a declaration for each assistant that the code names. rethread reads it from the working
 * directory; an entry counts once it has a model. Keys that begin with `$` are for people.
 */
import type { AssistantId } from '../detect/assistant-ids.ts';
import type { Json } from '../detect/static-value.ts';

export const ASSISTANTS_FILE = 'rethread.assistants.json';

const ABOUT =
  'The assistants that the code names. Fill in what is null: the value of an entry is the body of assistants.create. ' +
  'A name in braces stands for the id that this environment variable has when the program runs. See MIGRATION.md of rethread, "Bring your assistants along".';

/** The file's new text, or `undefined` if it says all of this already. What somebody filled in is kept. */
export function assistantsFile(
  ids: readonly AssistantId[],
  existing: string | undefined,
  relative: (path: string) => string,
): string | undefined {
  const before = existing === undefined ? {} : (JSON.parse(existing) as Record<string, Json>);
  const missing = ids.filter(({ key }) => before[key] === undefined);
  if (missing.length === 0) return undefined;
  const usedIn: Record<string, Json> = {};
  for (const { key, usedIn: files } of ids) usedIn[key] = [...files].map(({ path }) => relative(path)).sort();
  const { $about: about, $usedIn: known, ...entries } = before;
  const after: Record<string, Json> = {
    $about: about ?? ABOUT,
    $usedIn: { ...(isObject(known) ? known : {}), ...usedIn },
    ...entries,
  };
  for (const { key, body } of missing) after[key] = { model: null, instructions: null, tools: [], ...body };
  return `${JSON.stringify(after, null, 2)}\n`;
}

/** Keys of the entries that nobody has given a model. */
export function withoutModel(text: string): string[] {
  return Object.entries(JSON.parse(text) as Record<string, Json>).flatMap(([key, entry]) =>
    /^(?:asst|\$\{)/.test(key) && isObject(entry) && !entry['model'] ? [key] : [],
  );
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
