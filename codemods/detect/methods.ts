/**
 * The Assistants surface of the SDK, and how its arguments changed between majors (docs/contracts/openai.md §5.4).
 * Names are those from `beta` on; vector stores stand under their own name, wherever the installed SDK keeps them.
 */

/** A method whose ids moved into an object with SDK 5. */
export interface MovedIds {
  /** The ids that SDK 4 takes as positional arguments, in order; the last one stays positional in SDK 5. */
  ids: readonly string[];
  /** What follows the ids in SDK 4: nothing but request options, or a body or query that the ids join in SDK 5. */
  body: 'none' | 'merged';
}

const thread = (id: string, body: MovedIds['body']): MovedIds => ({ ids: ['thread_id', id], body });
const store = (id: string, body: MovedIds['body']): MovedIds => ({ ids: ['vector_store_id', id], body });

export const MOVED_IDS: Readonly<Record<string, MovedIds>> = {
  'threads.messages.retrieve': thread('message_id', 'none'),
  'threads.messages.update': thread('message_id', 'merged'),
  'threads.messages.delete': thread('message_id', 'none'),
  'threads.runs.retrieve': thread('run_id', 'none'),
  'threads.runs.update': thread('run_id', 'merged'),
  'threads.runs.cancel': thread('run_id', 'none'),
  'threads.runs.poll': thread('run_id', 'none'),
  'threads.runs.submitToolOutputs': thread('run_id', 'merged'),
  'threads.runs.submitToolOutputsAndPoll': thread('run_id', 'merged'),
  'threads.runs.submitToolOutputsStream': thread('run_id', 'merged'),
  'threads.runs.steps.retrieve': { ids: ['thread_id', 'run_id', 'step_id'], body: 'merged' },
  'threads.runs.steps.list': thread('run_id', 'merged'),
  'vectorStores.files.retrieve': store('file_id', 'none'),
  'vectorStores.files.update': store('file_id', 'merged'),
  'vectorStores.files.delete': store('file_id', 'none'),
  'vectorStores.files.content': store('file_id', 'none'),
  'vectorStores.fileBatches.retrieve': store('batch_id', 'none'),
  'vectorStores.fileBatches.cancel': store('batch_id', 'none'),
  'vectorStores.fileBatches.listFiles': store('batch_id', 'merged'),
};

/** Methods that were `del` up to SDK 4 and are `delete` from SDK 5 on. */
export const DELETES: ReadonlySet<string> = new Set([
  'assistants.delete',
  'threads.delete',
  'threads.messages.delete',
  'vectorStores.delete',
  'vectorStores.files.delete',
  'files.delete',
]);

const METHODS: Readonly<Record<string, readonly string[]>> = {
  assistants: ['create', 'retrieve', 'update', 'list', 'del', 'delete'],
  threads: [
    'create',
    'retrieve',
    'update',
    'del',
    'delete',
    'createAndRun',
    'createAndRunPoll',
    'createAndRunStream',
  ],
  'threads.messages': ['create', 'retrieve', 'update', 'list', 'del', 'delete'],
  'threads.runs': [
    'create',
    'retrieve',
    'update',
    'list',
    'cancel',
    'poll',
    'stream',
    'createAndPoll',
    'createAndStream',
    'submitToolOutputs',
    'submitToolOutputsAndPoll',
    'submitToolOutputsStream',
  ],
  'threads.runs.steps': ['retrieve', 'list'],
  vectorStores: ['create', 'retrieve', 'update', 'list', 'del', 'delete', 'search'],
  'vectorStores.files': [
    'create',
    'retrieve',
    'update',
    'list',
    'del',
    'delete',
    'content',
    'createAndPoll',
    'poll',
    'upload',
    'uploadAndPoll',
  ],
  'vectorStores.fileBatches': [
    'create',
    'retrieve',
    'cancel',
    'listFiles',
    'createAndPoll',
    'poll',
    'uploadAndPoll',
  ],
  /** Of the first version of the API. */
  'assistants.files': ['create', 'retrieve', 'list', 'del'],
  'threads.messages.files': ['retrieve', 'list'],
};

/** Last names that a call of the surface can have. */
export const METHOD_NAMES: ReadonlySet<string> = new Set(Object.values(METHODS).flat());

/** Last names of the objects that methods are called on. */
export const RESOURCE_NAMES: ReadonlySet<string> = new Set([
  'beta',
  'assistants',
  'threads',
  'messages',
  'runs',
  'steps',
  'vectorStores',
  'fileBatches',
]);

/** `beta.threads.messages.del` → `threads.messages.delete`: the name under which the tables know a method. */
export function canonical(path: readonly string[]): string {
  const names = path[0] === 'beta' ? path.slice(1) : [...path];
  if (names.at(-1) === 'del') names[names.length - 1] = 'delete';
  return names.join('.');
}

export function isKnownMethod(path: readonly string[]): boolean {
  const names = path[0] === 'beta' ? path.slice(1) : [...path];
  const method = names.pop();
  return method !== undefined && (METHODS[names.join('.')] ?? []).includes(method);
}
