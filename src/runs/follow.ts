/** A run's events for one listener, whoever carries the run out and whenever the listener comes (§3.1). */
import { ApiError } from '../assistants/errors.ts';
import { endsStream, type NumberedEvent } from './bus.ts';
import { type Seen, seenIn, storedEvents } from './replay.ts';
import type { Scope } from './scope.ts';

/** The events of a phase that this process has just begun: those after number `position`, up to the end of its stream. */
export function followPhase(
  scope: Scope,
  threadId: string,
  runId: string,
  position: number,
  signal: AbortSignal,
): AsyncIterable<NumberedEvent[]> {
  return fromBus(scope, threadId, runId, position, signal);
}

/**
 * The events after number `after`, for somebody who comes back. Where they are no longer at hand, the run's end is awaited
 * and told from what is stored, and the numbers do not go on where `after` left off.
 */
export function resumeRun(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
): { events: AsyncIterable<NumberedEvent[]>; numbered: boolean } {
  if (scope.clockwork.bus.holds(runId, after)) {
    return { events: fromBus(scope, threadId, runId, after, signal), numbered: true };
  }
  const seen = after === 0 ? seenIn([]) : 'unknown';
  return { events: fromStore(scope, threadId, runId, seen, 0, signal), numbered: false };
}

async function* fromBus(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent[]> {
  const { bus } = scope.clockwork;
  yield* bus.read(runId, after, signal);
  if (signal.aborted) return;
  if (bus.closed) throw new ApiError('rethread is closing.', { status: 503, type: 'server_error' });
  const past = bus.past(runId);
  const last = past.at(-1);
  if (last && endsStream(last)) return;
  // Another process has ended the run, or carries it on.
  yield* fromStore(scope, threadId, runId, seenIn(past), last?.id ?? 0, signal);
}

async function* fromStore(
  scope: Scope,
  threadId: string,
  runId: string,
  seen: Seen | 'unknown',
  position: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent[]> {
  const events = await storedEvents(scope, threadId, runId, seen, signal);
  yield events.map((event, at) => ({ ...event, id: position + at + 1 }));
}
