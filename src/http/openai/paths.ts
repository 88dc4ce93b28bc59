/** Ids that come in through the URL (§1.3, §2.9 no. 12), and the ways in which SDK calls get them wrong (§5.4). */
import { type ApiError, badRequest } from '../../assistants/errors.ts';
import { stringTooLong, wrongPrefix } from './problems.ts';

export type IdPrefix = 'thread' | 'run' | 'msg' | 'asst' | 'step';

const MAX_LENGTH = 512;

/** What of a thread an id names, and the call that reads it, by the id's prefix. */
const CALLS: Partial<Record<IdPrefix, { v4: string; v5: string }>> = {
  run: {
    v4: 'runs.retrieve(threadId, runId)',
    v5: 'runs.retrieve(runId, { thread_id: threadId })',
  },
  msg: {
    v4: 'messages.retrieve(threadId, messageId)',
    v5: 'messages.retrieve(messageId, { thread_id: threadId })',
  },
  step: {
    v4: 'runs.steps.retrieve(threadId, runId, stepId)',
    v5: 'runs.steps.retrieve(stepId, { thread_id: threadId, run_id: runId })',
  },
};

/**
 * Lets an id pass that begins as it should; whatever follows the prefix is the id's own affair, since ids are imported from elsewhere.
 *
 * @param param its name in errors, e.g. `thread_id`
 * @throws ApiError 400: no. 12, followed by one sentence on the call that was probably meant
 */
export function checkId(param: string, value: string, prefix: IdPrefix): void {
  if (!value.startsWith(prefix)) throw wrongId(param, value, prefix);
  if (value.length > MAX_LENGTH) throw stringTooLong(MAX_LENGTH, value.length)(param);
}

/** A map, for a segment may be called `__proto__` or `constructor`. */
const COLLECTIONS: ReadonlyMap<string, { param: string; prefix: IdPrefix }> = new Map([
  ['assistants', { param: 'assistant_id', prefix: 'asst' }],
  ['threads', { param: 'thread_id', prefix: 'thread' }],
  ['messages', { param: 'message_id', prefix: 'msg' }],
  ['runs', { param: 'run_id', prefix: 'run' }],
  ['steps', { param: 'step_id', prefix: 'step' }],
]);

/**
 * Refuses a path in which an id is empty. Every SDK turns an empty id into `/threads//messages` or `/threads/` (§5.4), which other
 * routes would take for theirs: the original read the first as "modify thread" (§2.9, trap).
 *
 * @throws ApiError 400: no. 12 for the id that is missing
 */
export function checkPath(pathname: string): void {
  if (!/\/(\/|$)/.test(pathname)) return;
  const segments = pathname.split('/');
  for (const [index, segment] of segments.entries()) {
    const collection = COLLECTIONS.get(segments[index - 1] ?? '');
    if (segment === '' && collection) throw wrongId(collection.param, '', collection.prefix);
  }
}

function wrongId(param: string, value: string, prefix: IdPrefix): ApiError {
  const error = wrongPrefix(value, prefix)(param);
  const hint = hintFor(value, prefix);
  return hint === undefined ? error : badRequest(`${error.message} ${hint}`, error.param, error.code);
}

function hintFor(value: string, prefix: IdPrefix): string | undefined {
  if (value === '') return 'The id in the URL is empty.';
  const missing = value === 'undefined' || value === 'null';
  if (prefix === 'asst') return missing ? `The program passed ${value} where an id belongs.` : undefined;
  const call = callMeant(value, prefix, missing);
  return call && `openai v4 takes ${call.v4}, v5 and later ${call.v5}.`;
}

/** The call whose arguments end up in the URL like this when they are written for another major version of the SDK. */
function callMeant(value: string, prefix: IdPrefix, missing: boolean) {
  // v5 arguments on v4 put the options object into the path, v4 arguments on early v5 put "undefined" there.
  if (missing || /^(\[object|%5Bobject)/.test(value)) return CALLS[prefix] ?? CALLS.run;
  // The first of the ids stands where the thread's belongs ...
  const [, kind] = /^(run|msg|step)_/.exec(value) ?? [];
  if (prefix === 'thread') return kind === undefined ? undefined : CALLS[kind as IdPrefix];
  // ... or the thread's where another belongs.
  return value.startsWith('thread_') ? CALLS[prefix] : undefined;
}
