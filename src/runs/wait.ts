/** Holds an answer until a run has come to where somebody wants to know (§5.1). */
import { isOver, type RunRecord } from '../assistants/runs.ts';
import type { Scope } from './scope.ts';
import { settledRun } from './settle.ts';

/** A run of another process sends no events here: it is looked at this often. */
const LOOK_MS = 250;

/** The statuses in which an SDK's poll helper asks again. */
const goesOn = ({ run }: RunRecord) => !isOver(run) && run.status !== 'requires_action';

/** The run as soon as it is over or waits for its caller, or as it is after `ms`. */
export async function whileWaiting(
  scope: Scope,
  threadId: string,
  runId: string,
  ms: number,
  signal: AbortSignal,
): Promise<RunRecord | undefined> {
  const { live } = scope.clockwork;
  const deadline = Date.now() + ms;
  for (;;) {
    const record = await settledRun(scope, threadId, runId);
    const left = deadline - Date.now();
    if (!record || !goesOn(record) || left <= 0 || signal.aborted) return record;
    const phase = live.get(runId);
    if (phase) await pause(left, signal, phase.done);
    else await pause(Math.min(left, LOOK_MS), signal);
  }
}

/** Resolves after `ms`, or sooner when the client goes away or `work` is done; leaves no timer behind. */
function pause(ms: number, signal: AbortSignal, work?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
    void work?.then(wake);
  });
}
