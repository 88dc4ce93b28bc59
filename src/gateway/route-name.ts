/** Routes as metrics name them: as many names as there are routes, whatever is asked for. */

/** Collections, and what stands for the id of one of theirs. */
const IDS: ReadonlyMap<string, string> = new Map([
  ['assistants', ':asst'],
  ['threads', ':thread'],
  ['messages', ':msg'],
  ['runs', ':run'],
  ['steps', ':step'],
  ['files', ':file'],
]);
/** What is done with one of a collection. */
const ACTIONS: ReadonlySet<string> = new Set(['cancel', 'submit_tool_outputs', 'content']);

/** Of `/threads/:thread/runs/:run/steps/:step`. */
const DEEPEST = 6;

/** @param path of a route, e.g. `/threads/thread_x/runs` is `/threads/:thread/runs`; of no known shape: `(unknown)` */
export function routeName(path: string): string {
  const parts = path.split('/');
  // A path begins with a slash, and may end with one.
  const length = parts.at(-1) === '' ? parts.length - 2 : parts.length - 1;
  if (length > DEEPEST) return '(unknown)';
  let name = '';
  for (let at = 1; at <= length; at += 2) {
    const part = parts[at] as string;
    const id = IDS.get(part);
    if (id === undefined && !(ACTIONS.has(part) && at === length)) return '(unknown)';
    name += `/${part}`;
    if (at < length) name += `/${part === 'threads' && parts[at + 1] === 'runs' ? 'runs' : id}`;
  }
  return name;
}
