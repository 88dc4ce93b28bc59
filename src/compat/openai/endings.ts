import type { Context } from '../context.ts';
import type { Turn } from '../script.ts';
import { finishedRun, hangingRun, polled, type StartedRun } from './world.ts';

export const whereOf = ({ threadId, runId }: Pick<StartedRun, 'threadId' | 'runId'>) =>
  `/threads/${threadId}/runs/${runId}`;

const FAILS: Turn = [{ fail: 'server_error', message: 'It broke.' }];
const BREAKS_OFF: Turn = [{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }];

export async function cancelledRun(t: Context): Promise<StartedRun> {
  const run = await hangingRun(t);
  await t.post(`${whereOf(run)}/cancel`);
  await polled(t, run.threadId, run.runId, (status) => status === 'cancelled');
  return run;
}

/** Runs that have come to an end, by the status they ended in. */
export const ended: Record<string, (t: Context) => Promise<StartedRun>> = {
  completed: (t) => finishedRun(t, [[{ say: 'Hello.' }]]),
  failed: (t) => finishedRun(t, [FAILS]),
  incomplete: (t) => finishedRun(t, [BREAKS_OFF]),
  cancelled: cancelledRun,
};
