/** §1.7: the table of what a run has in which status. */
import { type Check, type Evidence, group, type Need } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import {
  finishedRun,
  hangingRun,
  outputsFor,
  plainRun,
  plainStream,
  polled,
  toolStream,
  waitingRun,
} from './world.ts';

type Times = Partial<Record<(typeof TIMES)[number], 'set' | 'null'>>;
const TIMES = [
  'started_at',
  'expires_at',
  'completed_at',
  'failed_at',
  'cancelled_at',
  'required_action',
  'usage',
] as const;

interface StatusRow {
  status: string;
  has: Times;
  get(t: Context): Promise<Received>;
  operation?: string;
  section?: string;
  evidence?: readonly Evidence[];
  needs?: readonly Need[];
  id?: string;
}

const cancelled = (t: Context) =>
  t.once('cancelled run', async (own) => {
    const { threadId, runId } = await hangingRun(own);
    const answer = (await own.post(`/threads/${threadId}/runs/${runId}/cancel`)).ok();
    const run = await polled(own, threadId, runId, (status) => status === 'cancelled');
    return { answer, run };
  });

/** The table of §1.7. */
const statuses: StatusRow[] = [
  {
    status: 'in_progress',
    has: {
      started_at: 'set',
      expires_at: 'set',
      completed_at: 'null',
      failed_at: 'null',
      cancelled_at: 'null',
      required_action: 'null',
      usage: 'null',
    },
    needs: ['streaming'],
    operation: op.createRun,
    get: async (t) => (await plainStream(t)).one('thread.run.in_progress'),
  },
  {
    status: 'requires_action',
    has: {
      started_at: 'set',
      expires_at: 'set',
      completed_at: 'null',
      failed_at: 'null',
      cancelled_at: 'null',
      required_action: 'set',
    },
    needs: ['tools'],
    get: async (t) => (await waitingRun(t)).run,
  },
  {
    id: 'queued-again',
    status: 'queued',
    has: {
      started_at: 'set',
      expires_at: 'set',
      completed_at: 'null',
      required_action: 'null',
      usage: 'null',
    },
    needs: ['tools'],
    operation: op.submit,
    async get(t) {
      const { threadId, runId, calls } = await waitingRun(t);
      return (await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor(calls))).ok();
    },
  },
  {
    id: 'in_progress-again',
    status: 'in_progress',
    has: {
      started_at: 'set',
      expires_at: 'set',
      completed_at: 'null',
      required_action: 'null',
      usage: 'null',
    },
    needs: ['tools', 'streaming', 'scripted'],
    operation: op.submit,
    get: async (t) => (await toolStream(t)).second.one('thread.run.in_progress'),
  },
  {
    status: 'completed',
    has: {
      started_at: 'set',
      expires_at: 'null',
      completed_at: 'set',
      failed_at: 'null',
      cancelled_at: 'null',
      required_action: 'null',
      usage: 'set',
    },
    get: async (t) => (await plainRun(t)).done,
  },
  {
    status: 'incomplete',
    has: {
      started_at: 'set',
      expires_at: 'null',
      completed_at: 'set',
      failed_at: 'null',
      cancelled_at: 'null',
      required_action: 'null',
      usage: 'set',
    },
    needs: ['scripted'],
    evidence: ['REC-rb'],
    get: async (t) =>
      (await finishedRun(t, [[{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }]])).run,
  },
  {
    status: 'failed',
    has: {
      started_at: 'set',
      expires_at: 'null',
      completed_at: 'null',
      failed_at: 'set',
      cancelled_at: 'null',
      required_action: 'null',
    },
    needs: ['scripted'],
    evidence: ['CODE'],
    get: async (t) => (await finishedRun(t, [[{ fail: 'server_error', message: 'It broke.' }]])).run,
  },
  {
    status: 'cancelling',
    has: {
      started_at: 'set',
      expires_at: 'set',
      completed_at: 'null',
      failed_at: 'null',
      cancelled_at: 'null',
      required_action: 'null',
      usage: 'null',
    },
    needs: ['scripted'],
    evidence: ['REC-rb'],
    operation: op.cancelRun,
    get: async (t) => (await cancelled(t)).answer,
  },
  {
    status: 'cancelled',
    has: {
      started_at: 'set',
      expires_at: 'null',
      completed_at: 'null',
      failed_at: 'null',
      cancelled_at: 'set',
      required_action: 'null',
    },
    needs: ['scripted'],
    evidence: ['REC-rb', 'CODE'],
    get: async (t) => (await cancelled(t)).run,
  },
];

const told = (has: Times) =>
  Object.entries(has)
    .map(([field, state]) => `${field} ${state}`)
    .join(', ');

const rows = statuses.map(({ id, status, has, get, operation = op.getRun, needs = [], ...rest }) => ({
  id: `run.status.${id ?? status}`,
  operation,
  needs: ['model', ...needs] as Need[],
  ...rest,
  title: `A run that is ${status}${id?.endsWith('again') ? ' again after outputs' : ''} has ${told(has)}.`,
  async run(t: Context) {
    const run = (await get(t)).field('status', status);
    for (const field of TIMES) {
      const state = has[field];
      const value = run.get(field);
      if (state === 'null') run.field(field, null);
      else if (state === 'set')
        run.holds(value !== null && value !== undefined, `${field} that is set`, value);
    }
  },
}));

export const runStatuses: Check[] = group(
  { dialect: 'openai', area: 'runs', section: '§1.7', evidence: ['REC-net'] },
  rows,
);
