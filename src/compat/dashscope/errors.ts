/** §A.11: errors, flat, and with DashScope's codes. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { anAssistant, newThread, plainRun, user } from '../openai/world.ts';
import { flat } from './objects.ts';
import { op } from './operations.ts';

const NONE = '00000000-0000-4000-8000-000000000000';
const threadPath = async (t: Context) => `/threads/${await newThread(t, {})}`;

const missing: [string, (t: Context) => Promise<string> | string, unknown?][] = [
  [op.getAssistant, () => `/assistants/asst_${NONE}`],
  [op.updateAssistant, () => `/assistants/asst_${NONE}`, { name: 'x' }],
  [op.deleteAssistant, () => `/assistants/asst_${NONE}`],
  [op.getThread, () => `/threads/thread_${NONE}`],
  [op.updateThread, () => `/threads/thread_${NONE}`, { metadata: {} }],
  [op.deleteThread, () => `/threads/thread_${NONE}`],
  [op.listMessages, () => `/threads/thread_${NONE}/messages`],
  [op.createMessage, () => `/threads/thread_${NONE}/messages`, user('Hello')],
  [op.listRuns, () => `/threads/thread_${NONE}/runs`],
  [op.getMessage, async (t) => `${await threadPath(t)}/messages/message_${NONE}`],
  [op.updateMessage, async (t) => `${await threadPath(t)}/messages/message_${NONE}`, { metadata: {} }],
  [op.getRun, async (t) => `${await threadPath(t)}/runs/run_${NONE}`],
  [op.listSteps, async (t) => `${await threadPath(t)}/runs/run_${NONE}/steps`],
  [
    op.submit,
    async (t) => `${await threadPath(t)}/runs/run_${NONE}/submit_tool_outputs`,
    { tool_outputs: [] },
  ],
];

export const errors: Check[] = group(
  { dialect: 'dashscope', area: 'errors', section: '§A.11', evidence: ['I'], operation: op.getThread },
  [
    ...missing.map(([operation, where, body]) => ({
      id: `ds.not-there.${Object.entries(op).find(([, value]) => value === operation)?.[0]}`,
      operation,
      title: `${operation} of what is not there is a flat 404 of code NotFound.`,
      async run(t: Context) {
        flat(await t.request(operation.split(' ')[0] ?? 'GET', await where(t), { body }), 404, 'NotFound');
      },
    })),
    {
      id: 'ds.not-there.step',
      operation: op.getStep,
      needs: ['model'],
      title: 'GET of a step that is not there is a flat 404 of code NotFound.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        flat(await t.get(`/threads/${threadId}/runs/${runId}/steps/step_${NONE}`), 404, 'NotFound');
      },
    },
    {
      id: 'ds.not-there.run-of-assistant',
      operation: op.createRun,
      title: 'A run with an assistant that is not there is a flat 404 of code NotFound.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('Hello')] });
        flat(await t.post(`/threads/${threadId}/runs`, { assistant_id: `asst_${NONE}` }), 404, 'NotFound');
      },
    },
    {
      id: 'ds.not-there.thread-of-run',
      operation: op.createRun,
      title: 'A run on a thread that is not there is a flat 404 of code NotFound.',
      async run(t) {
        const body = { assistant_id: await anAssistant(t) };
        flat(await t.post(`/threads/thread_${NONE}/runs`, body), 404, 'NotFound');
      },
    },
    {
      id: 'ds.errors.route',
      evidence: ['S'],
      title: 'A path that does not exist is a flat 404.',
      run: async (t) => {
        flat(await t.get(`${await threadPath(t)}/nonsense`), 404);
      },
    },
    {
      id: 'ds.errors.not-json',
      evidence: ['S'],
      operation: op.createThread,
      title: 'A body that is not JSON is a flat 400.',
      run: async (t) => {
        flat(await t.post('/threads', '{"messages": ['), 400, 'InvalidParameter');
      },
    },
    {
      id: 'ds.errors.key',
      evidence: ['S'],
      operation: op.listAssistants,
      needs: ['auth'],
      title: 'A wrong key is a flat 401 of code InvalidApiKey.',
      async run(t) {
        const headers = { authorization: 'Bearer sk-compat-wrong-key' };
        flat(await t.request('GET', '/assistants', { headers }), 401, 'InvalidApiKey');
      },
    },
    {
      id: 'ds.errors.model',
      evidence: ['S'],
      operation: op.createThreadAndRun,
      needs: ['model'],
      title: 'A model that is not there is a flat 404 of code ModelNotFound, at once or when it is run.',
      async run(t) {
        const assistant = await t.post('/assistants', { model: 'compat-no-such-model' });
        const answer =
          assistant.status === 200
            ? await t.post('/threads/runs', {
                assistant_id: assistant.text('id'),
                thread: { messages: [user('Hello')] },
              })
            : assistant;
        flat(answer, 404, 'ModelNotFound');
      },
    },
    {
      id: 'ds.errors.other-kind',
      section: '§A.5',
      evidence: ['S'],
      operation: op.getThread,
      title: 'An id of another kind is no thread.',
      run: async (t) => {
        flat(await t.get(`/threads/asst_${NONE}`), 404, 'NotFound');
      },
    },
  ],
);
