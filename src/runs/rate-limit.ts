/** Calls an upstream when its rate limit allows, instead of failing the run (§4.6). */
import { UpstreamError } from '../upstream/client.ts';
import { retryLater } from '../upstream/rate-limit.ts';
import { unlessAborted } from './abort.ts';
import type { Lanes } from './lanes.ts';
import type { Slot } from './slot.ts';

export interface Waiting {
  lanes: Lanes;
  lane: string;
  /** Given up while the run waits. */
  slot: Slot;
  /** Unix milliseconds: what can be had only later is not waited for. */
  deadline: number;
  /** Called before each wait. */
  onWait(): void;
}

/** `setTimeout` fires at once for anything longer. */
const LONGEST_WAIT_MS = 2_147_483_647;

/** What the rate limit of a run's upstream holds for. */
export const laneOf = (scope: { lane: string }, { run }: { run: { model: string } }) =>
  `${scope.lane} ${run.model}`;

/** @throws what `call` throws, and the signal's reason */
export async function whenAllowed<T>(
  call: () => Promise<T>,
  { lanes, lane, slot, deadline, onWait }: Waiting,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const ms = await lanes.heldFor(lane);
    if (ms > 0) {
      onWait();
      slot.free();
      await sleep(ms, signal);
      const taken = slot.take(1);
      // Nobody waits for the place any more when it is had at last.
      await unlessAborted(taken, signal).catch((error: unknown) => {
        void taken.then(() => slot.free());
        throw error;
      });
      continue;
    }
    try {
      return await call();
    } catch (error) {
      const later = error instanceof UpstreamError ? retryLater(error) : undefined;
      if (later === undefined || Date.now() + later >= deadline) throw error;
      await lanes.hold(lane, later);
    }
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_WAIT_MS));
  });
  await unlessAborted(passed, signal).finally(() => clearTimeout(timer));
}
