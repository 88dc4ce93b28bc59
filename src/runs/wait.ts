/** Holds an answer until a run has come to where somebody wants to know (§5.1). */
import { goesOn, type RunRecord } from '../assistants/runs.ts';
import type { Watch } from './bus.ts';
import type { Scope } from './scope.ts';
import { settledRun } from './settle.ts';

/** How often a run of another process is looked at: one whose end is told here, and one of which nobody tells. */
const LOOK_MS = { shared: 2_000, alone: 250 };

/** The run as soon as it is over or waits for its caller, or as it is after `ms`. */
export async function whileWaiting(
  scope: Scope,
  threadId: string,
  runId: string,
  ms: number,
  signal: AbortSignal,
): Promise<RunRecord | undefined> {
  const { live, bus } = scope.clockwork;
  const deadline = Date.now() + ms;
  let watch: Watch | undefined;
  try {
    for (;;) {
      const record = await settledRun(scope, threadId, runId);
      const left = deadline - Date.now();
      if (!record || !goesOn(record.run) || left <= 0 || signal.aborted) return record;
      const phase = live.get(runId);
      if (phase) await pause(left, signal, phase.done);
      else if (!bus.shared) await pause(Math.min(left, LOOK_MS.alone), signal);
      else if (watch) await watch.next(Math.min(left, LOOK_MS.shared), signal);
      // From here on its end is not missed; it may have come before.
      else watch = bus.watch(runId);
    }
  } finally {
    watch?.close();
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
