/** §3.3: in which order the events of a stream come. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { EventList } from '../events.ts';
import { op } from './operations.ts';
import { breakingOff, cancelled, failing, withThread } from './stream-kinds.ts';
import { codeStream, plainStream, searchStream, toolStream } from './world.ts';

const RUN = ['thread.run.created', 'thread.run.queued', 'thread.run.in_progress'];
const MESSAGE = [
  'thread.run.step.created',
  'thread.run.step.in_progress',
  'thread.message.created',
  'thread.message.in_progress',
  'thread.message.delta+',
];
const ANSWER = [...MESSAGE, 'thread.message.completed', 'thread.run.step.completed'];
const TOOLS = ['thread.run.step.created', 'thread.run.step.in_progress', 'thread.run.step.delta+'];
const END = ['thread.run.completed', 'done'];

interface Order {
  id: string;
  section: string;
  title: string;
  expected: string[];
  get(t: Context): Promise<EventList>;
  evidence: Check['evidence'];
  needs?: Check['needs'];
  operation?: string;
}

const orders: Order[] = [
  {
    id: 'text',
    section: '§3.3(a)',
    title: 'A plain answer: run, step, message, deltas, and each is completed before what is around it.',
    expected: [...RUN, ...ANSWER, ...END],
    get: plainStream,
    evidence: ['REC-net'],
  },
  {
    id: 'function',
    section: '§3.3(b)',
    title: 'Function calls: one tool step that stays open, then requires_action.',
    expected: [...RUN, ...TOOLS, 'thread.run.requires_action', 'done'],
    get: async (t) => (await toolStream(t)).first,
    evidence: ['REC-net'],
    needs: ['tools', 'scripted'],
  },
  {
    id: 'submit',
    section: '§3.3(b)',
    title:
      'The stream of a submit: the old step is completed, the run is queued and in_progress again, then the answer.',
    expected: ['thread.run.step.completed', 'thread.run.queued', 'thread.run.in_progress', ...ANSWER, ...END],
    get: async (t) => (await toolStream(t)).second,
    evidence: ['REC-net'],
    needs: ['tools', 'scripted'],
    operation: op.submit,
  },
  {
    id: 'code-interpreter',
    section: '§3.3(c)',
    title: 'Code interpreter: a tool step with its deltas, completed before the answer begins.',
    expected: [...RUN, ...TOOLS, 'thread.run.step.completed', ...ANSWER, ...END],
    get: codeStream,
    evidence: ['REC-oll'],
    needs: ['scripted', 'code_interpreter'],
  },
  {
    id: 'file-search',
    section: '§3.3(d)',
    title: 'File search: a tool step with exactly one delta, completed before the answer begins.',
    expected: [
      ...RUN,
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.run.step.delta',
      'thread.run.step.completed',
      ...ANSWER,
      ...END,
    ],
    get: async (t) => (await searchStream(t)).events,
    evidence: ['REC-net'],
    needs: ['scripted', 'files', 'vector_stores', 'file_search'],
  },
  {
    id: 'thread-and-run',
    section: '§3.3(e)',
    title: 'POST /threads/runs: the same, after thread.created; initial messages have no events.',
    expected: ['thread.created', ...RUN, ...ANSWER, ...END],
    get: withThread,
    evidence: ['REC-net'],
    operation: op.createThreadAndRun,
  },
  {
    id: 'failure',
    section: '§3.3(f)',
    title: 'A failure closes the message as incomplete, the step as failed, then the run.',
    expected: [
      ...RUN,
      ...MESSAGE,
      'thread.message.incomplete',
      'thread.run.step.failed',
      'thread.run.failed',
      'done',
    ],
    get: failing,
    evidence: ['INF', 'SPEC'],
    needs: ['scripted'],
  },
  {
    id: 'cancel',
    section: '§3.3(g)',
    title: 'A cancelled run closes the message as incomplete, the step as cancelled, then the run.',
    expected: [
      ...RUN,
      ...MESSAGE,
      'thread.run.cancelling',
      'thread.message.incomplete',
      'thread.run.step.cancelled',
      'thread.run.cancelled',
      'done',
    ],
    get: cancelled,
    evidence: ['INF'],
    needs: ['scripted'],
    operation: op.cancelRun,
  },
  {
    id: 'incomplete',
    section: '§3.3(h)',
    title: 'An answer cut off by max tokens: message incomplete, step completed, run incomplete.',
    expected: [
      ...RUN,
      ...MESSAGE,
      'thread.message.incomplete',
      'thread.run.step.completed',
      'thread.run.incomplete',
      'done',
    ],
    get: breakingOff,
    evidence: ['REC-rb', 'ISS'],
    needs: ['scripted'],
  },
];

export const streamOrder: Check[] = group(
  {
    dialect: 'openai',
    area: 'streams',
    operation: op.createRun,
    section: '§3.3',
    needs: ['model', 'streaming'],
  },
  orders.map(({ id, expected, get, ...rest }) => ({
    id: `order.${id}`,
    ...rest,
    run: async (t: Context) => {
      (await get(t)).order(...expected);
    },
  })),
);
