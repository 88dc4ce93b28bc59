/** The operations of §1.1, by a short name. */
export const op = {
  listAssistants: 'GET /assistants',
  createAssistant: 'POST /assistants',
  getAssistant: 'GET /assistants/{assistant_id}',
  modifyAssistant: 'POST /assistants/{assistant_id}',
  deleteAssistant: 'DELETE /assistants/{assistant_id}',
  createThread: 'POST /threads',
  getThread: 'GET /threads/{thread_id}',
  modifyThread: 'POST /threads/{thread_id}',
  deleteThread: 'DELETE /threads/{thread_id}',
  listMessages: 'GET /threads/{thread_id}/messages',
  createMessage: 'POST /threads/{thread_id}/messages',
  getMessage: 'GET /threads/{thread_id}/messages/{message_id}',
  modifyMessage: 'POST /threads/{thread_id}/messages/{message_id}',
  deleteMessage: 'DELETE /threads/{thread_id}/messages/{message_id}',
  createThreadAndRun: 'POST /threads/runs',
  listRuns: 'GET /threads/{thread_id}/runs',
  createRun: 'POST /threads/{thread_id}/runs',
  getRun: 'GET /threads/{thread_id}/runs/{run_id}',
  modifyRun: 'POST /threads/{thread_id}/runs/{run_id}',
  cancelRun: 'POST /threads/{thread_id}/runs/{run_id}/cancel',
  submit: 'POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs',
  listSteps: 'GET /threads/{thread_id}/runs/{run_id}/steps',
  getStep: 'GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}',
} as const;

/** Every operation, in the order of §1.1. */
export const operations: readonly string[] = Object.values(op);

const PARAMS: Record<string, string> = {
  assistants: 'assistant_id',
  threads: 'thread_id',
  messages: 'message_id',
  runs: 'run_id',
  steps: 'step_id',
};

/** The operation that a request is meant for: `GET /threads/thread_1?limit=1` is one of `GET /threads/{thread_id}`. */
export function operationOf(method: string, path: string): string {
  const segments = path.replace(/\?.*/, '').split('/');
  const named = segments.map((segment, at) => {
    const param = PARAMS[segments[at - 1] ?? ''];
    const isWord = segment === 'runs' || segment === 'cancel' || segment === 'submit_tool_outputs';
    return param && !isWord ? `{${param}}` : segment;
  });
  return `${method} ${named.join('/')}`;
}
