/** A run's events for one listener, whoever carries the run out and whenever the listener comes (§3.1). */
import type { AssistantEvent } from '../assistants/types.ts';
import { endsStream, type NumberedEvent } from './bus.ts';
import { NOTHING_SEEN, type Seen, storedEvents } from './replay.ts';
import type { Scope } from './scope.ts';

export interface Following {
  events: AsyncIterable<NumberedEvent[]>;
  /** Numbers mean something: they go on where `after` left off. */
  numbered: boolean;
}

/**
 * The events after number `after`, up to the one that ends the stream. Where they are no longer at hand the run's end is
 * awaited, and told from what is stored.
 */
export function followRun(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
): Following {
  const { bus } = scope.clockwork;
  if (bus.holds(runId, after)) {
    return { events: fromBus(scope, threadId, runId, after, signal), numbered: true };
  }
  const seen = after === 0 ? NOTHING_SEEN : 'unknown';
  return { events: stored(storedEvents(scope, threadId, runId, seen, signal)), numbered: false };
}

async function* stored(events: Promise<AssistantEvent[]>): AsyncGenerator<NumberedEvent[]> {
  yield (await events).map((event, at) => ({ ...event, id: at + 1 }));
}

async function* fromBus(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent[]> {
  const { bus } = scope.clockwork;
  const known = bus.read(runId, 0);
  let last: NumberedEvent | undefined;
  for await (const batch of bus.read(runId, after, signal)) {
    last = batch.at(-1);
    yield batch;
  }
  await known.return(undefined);
  if (signal.aborted || (last && endsStream(last))) return;
}

export type { Seen };
