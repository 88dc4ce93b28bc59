/** §2.9: errors in the words that clients match on. Those of single fields are in limits.ts and values.ts. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import {
  anAssistant,
  aThread,
  newAssistant,
  newFile,
  newThread,
  plainRun,
  user,
  waitingRun,
} from './world.ts';

const ASSISTANT = 'asst_doesnotexist000000000000';
const THREAD = 'thread_doesnotexist000000000000';
const RUN = 'run_doesnotexist000000000000';
const MESSAGE = 'msg_doesnotexist000000000000';
const STEP = 'step_doesnotexist000000000000';

const noAssistant = `No assistant found with id '${ASSISTANT}'.`;
const noThread = `No thread found with id '${THREAD}'.`;
const noRun = `No run found with id '${RUN}'.`;
const noMessage = `No message found with id '${MESSAGE}'.`;
const noStep = `No run step found with id '${STEP}'.`;

/** An operation on something that is not there. */
interface Missing {
  operation: string;
  message: string;
  section: string;
  ask(t: Context): Promise<{ path: string; body?: unknown }>;
  needs?: Check['needs'];
}

const at = (path: string, body?: unknown) => async () => ({ path, ...(body !== undefined && { body }) });
const inThread = (rest: string, body?: unknown) => async (t: Context) => ({
  path: `/threads/${await aThread(t)}${rest}`,
  ...(body !== undefined && { body }),
});
const outputs = { tool_outputs: [{ tool_call_id: 'call_x', output: '' }] };
const metadata = { metadata: {} };

const notThere: Missing[] = [
  { operation: op.getAssistant, section: '#3', message: noAssistant, ask: at(`/assistants/${ASSISTANT}`) },
  {
    operation: op.modifyAssistant,
    section: '#3',
    message: noAssistant,
    ask: at(`/assistants/${ASSISTANT}`, {}),
  },
  { operation: op.deleteAssistant, section: '#3', message: noAssistant, ask: at(`/assistants/${ASSISTANT}`) },
  {
    operation: op.createRun,
    section: '#3',
    message: noAssistant,
    ask: inThread('/runs', { assistant_id: ASSISTANT }),
  },
  {
    operation: op.createThreadAndRun,
    section: '#3',
    message: noAssistant,
    ask: at('/threads/runs', { assistant_id: ASSISTANT, thread: { messages: [user('Hello')] } }),
  },
  { operation: op.getThread, section: '#4', message: noThread, ask: at(`/threads/${THREAD}`) },
  { operation: op.modifyThread, section: '#4', message: noThread, ask: at(`/threads/${THREAD}`, metadata) },
  { operation: op.deleteThread, section: '#4', message: noThread, ask: at(`/threads/${THREAD}`) },
  { operation: op.listMessages, section: '#4', message: noThread, ask: at(`/threads/${THREAD}/messages`) },
  {
    operation: op.createMessage,
    section: '#4',
    message: noThread,
    ask: at(`/threads/${THREAD}/messages`, user('Hello')),
  },
  { operation: op.listRuns, section: '#4', message: noThread, ask: at(`/threads/${THREAD}/runs`) },
  {
    operation: op.createRun,
    section: '#4',
    message: noThread,
    ask: async (t) => ({ path: `/threads/${THREAD}/runs`, body: { assistant_id: await anAssistant(t) } }),
  },
  { operation: op.getRun, section: '#6', message: noRun, ask: inThread(`/runs/${RUN}`) },
  { operation: op.modifyRun, section: '#6', message: noRun, ask: inThread(`/runs/${RUN}`, metadata) },
  { operation: op.cancelRun, section: '#6', message: noRun, ask: inThread(`/runs/${RUN}/cancel`, '') },
  {
    operation: op.submit,
    section: '#6',
    message: noRun,
    ask: inThread(`/runs/${RUN}/submit_tool_outputs`, outputs),
  },
  { operation: op.listSteps, section: '#6', message: noRun, ask: inThread(`/runs/${RUN}/steps`) },
  { operation: op.getMessage, section: '#6', message: noMessage, ask: inThread(`/messages/${MESSAGE}`) },
  {
    operation: op.modifyMessage,
    section: '#6',
    message: noMessage,
    ask: inThread(`/messages/${MESSAGE}`, metadata),
  },
  { operation: op.deleteMessage, section: '#6', message: noMessage, ask: inThread(`/messages/${MESSAGE}`) },
  {
    operation: op.getStep,
    section: '#5',
    message: noStep,
    needs: ['model'],
    async ask(t) {
      const { threadId, runId } = await plainRun(t);
      return { path: `/threads/${threadId}/runs/${runId}/steps/${STEP}` };
    },
  },
];

const EVIDENCE: Record<string, Check['evidence']> = {
  '#3': ['ISS', 'CODE'],
  '#4': ['CODE', 'ISS'],
  '#5': ['REC-rb'],
  '#6': ['INF'],
};

const missing = notThere.map(({ operation, message, section, ask, needs = [] }) => ({
  id: `errors.not-there.${Object.entries(op).find(([, value]) => value === operation)?.[0]}${section === '#4' && operation === op.createRun ? '.thread' : ''}`,
  operation,
  needs,
  section: `§2.9 ${section}`,
  evidence: EVIDENCE[section] ?? (['INF'] as const),
  title: `${operation} of what is not there is a 404: "${message.replace(/'.*'/, '…')}"`,
  async run(t: Context) {
    const { path, body } = await ask(t);
    const answer = await t.request(operation.split(' ')[0] ?? 'GET', path, { body });
    answer.error({ status: 404, message, type: 'invalid_request_error', param: null, code: null });
  },
}));

export const errors: Check[] = group(
  { dialect: 'openai', area: 'errors', section: '§2.9', evidence: ['CODE', 'ISS'], operation: op.createRun },
  [
    {
      id: 'errors.envelope',
      operation: op.getThread,
      title: 'An error is {"error": {message, type, param, code}}, param and code null where there are none.',
      async run(t) {
        const answer = await t.get(`/threads/${THREAD}`);
        answer.is(schema.errorEnvelope).field('error.param', null).field('error.code', null);
      },
    },
    ...missing,
    {
      id: 'errors.nothing-to-run',
      section: '§2.9 #11',
      evidence: ['REC-rb'],
      title:
        'A run on an empty thread with an assistant without instructions is refused with code invalid_thread.',
      async run(t) {
        const body = { assistant_id: await anAssistant(t) };
        (await t.post(`/threads/${await newThread(t)}/runs`, body)).error({
          status: 400,
          message: 'Run creation requires a Thread with a user message or an assistant with instructions.',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_thread',
        });
      },
    },
    {
      id: 'errors.instructions-suffice',
      section: '§2.9 #11',
      evidence: ['REC-rb'],
      needs: ['model'],
      title: 'A run on an empty thread is taken when its assistant has instructions.',
      async run(t) {
        const assistant_id = await newAssistant(t, { instructions: 'Say hello.' });
        const threadId = await newThread(t);
        (await t.post(`/threads/${threadId}/runs`, { assistant_id })).ok().field('thread_id', threadId);
      },
    },
    {
      id: 'errors.thread-id-prefix',
      section: '§2.9 #12',
      evidence: ['ISS'],
      operation: op.getRun,
      title:
        'An id of the wrong kind in the path is refused: thread_id undefined, as early SDKs of version 5 sent it.',
      async run(t) {
        (await t.get(`/threads/undefined/runs/${RUN}`)).error({
          status: 400,
          message: "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
          type: 'invalid_request_error',
          param: 'thread_id',
        });
      },
    },
    {
      id: 'errors.file-id-prefix',
      section: '§2.9 #13',
      evidence: ['ISS'],
      operation: op.createThread,
      title: 'A file id of the wrong kind is refused, with the path of the field.',
      async run(t) {
        const file_id = '31abac64-0000';
        const messages = [{ ...user('Hello'), attachments: [{ file_id, tools: [{ type: 'file_search' }] }] }];
        (await t.post('/threads', { messages })).error({
          status: 400,
          message: `Invalid 'messages[0].attachments[0].file_id': '${file_id}'. Expected an ID that begins with 'file'.`,
          type: 'invalid_request_error',
          param: 'messages[0].attachments[0].file_id',
        });
      },
    },
    {
      id: 'errors.assistant-id-missing',
      section: '§2.9 #14',
      evidence: ['CODE'],
      title: 'A run without assistant_id is refused.',
      async run(t) {
        (await t.post(`/threads/${await newThread(t)}/runs`, {})).error({
          status: 400,
          message: "Missing required parameter: 'assistant_id'.",
          type: 'invalid_request_error',
          param: 'assistant_id',
          code: 'missing_required_parameter',
        });
      },
    },
    {
      id: 'errors.tool-outputs-missing',
      section: '§2.9 #14',
      evidence: ['CODE'],
      operation: op.submit,
      needs: ['model', 'tools'],
      title: 'A submit without tool_outputs is refused, not in the words of the validator of 2023.',
      async run(t) {
        const { threadId, runId } = await waitingRun(t);
        (await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, {})).error({
          status: 400,
          message: "Missing required parameter: 'tool_outputs'.",
          param: 'tool_outputs',
          code: 'missing_required_parameter',
        });
      },
    },
    {
      id: 'errors.empty-thread-id',
      section: '§2.9',
      evidence: ['ISS', 'INF'],
      takes: 'either',
      operation: op.createMessage,
      title:
        'POST /threads//messages, which SDKs send for an empty id, is a 400, and never makes a message: the original spoke of the unknown parameter role.',
      async run(t) {
        const answer = await t.post('/threads//messages', user('Hello'));
        answer.error({ status: 400, message: /^(Unknown parameter: 'role'\.|Invalid 'thread_id': '')/ });
      },
    },
    {
      id: 'errors.unsupported-file',
      section: '§2.9 #21',
      operation: op.createMessage,
      needs: ['files', 'file_search', 'vector_stores'],
      title: 'A file that retrieval does not support is refused, by its extension.',
      async run(t) {
        const file_id = await newFile(t, 'table.csv', 'a,b\n1,2\n');
        const message = { ...user('Hello'), attachments: [{ file_id, tools: [{ type: 'file_search' }] }] };
        (await t.post(`/threads/${await newThread(t)}/messages`, message)).error({
          status: 400,
          message:
            'Files with extensions [.csv] are not supported for retrieval. See https://platform.openai.com/docs/assistants/tools/file-search/supported-files',
          code: 'unsupported_file',
        });
      },
    },
    {
      id: 'errors.unsupported-model',
      section: '§2.9 #23',
      evidence: ['CODE'],
      needs: ['model'],
      title:
        'A model that cannot be used is named in a 400 of code unsupported_model, at once or when it is run.',
      async run(t) {
        const model = 'compat-no-such-model';
        const assistant = await t.post('/assistants', { model });
        const answer =
          assistant.status === 200
            ? await t.post('/threads/runs', {
                assistant_id: assistant.text('id'),
                thread: { messages: [user('Hello')] },
              })
            : assistant;
        answer.error({
          status: 400,
          message: `The requested model '${model}' cannot be used with the Assistants API.`,
          type: 'invalid_request_error',
          param: 'model',
          code: 'unsupported_model',
        });
      },
    },
    {
      id: 'errors.not-json',
      evidence: ['SPEC'],
      operation: op.createThread,
      title: 'A body that is not JSON is a 400 with the envelope.',
      run: async (t) => {
        (await t.post('/threads', '{"messages": [')).error({ status: 400, type: 'invalid_request_error' });
      },
    },
    {
      id: 'errors.not-an-object',
      evidence: ['SPEC'],
      operation: op.createThread,
      title: 'A body that is no object is a 400 with the envelope.',
      run: async (t) => {
        (await t.post('/threads', [])).error({ status: 400, type: 'invalid_request_error' });
      },
    },
    {
      id: 'errors.unknown-route',
      evidence: ['SPEC'],
      operation: op.getThread,
      title: 'A path that does not exist is a 404 with the envelope.',
      async run(t) {
        const answer = await t.get(`/threads/${await aThread(t)}/nonsense`);
        answer.error({ status: 404 }).is(schema.errorEnvelope);
      },
    },
  ],
);
