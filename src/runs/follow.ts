/** A run's events for one listener, whoever carries the run out and whenever the listener comes (§3.1). */
import { closing } from '../assistants/errors.ts';
import { goesOn, type PhaseStart } from '../assistants/runs.ts';
import { retrieveThread } from '../assistants/threads.ts';
import type { Thread } from '../assistants/types.ts';
import { endsStream, lastNumber, type NumberedEvent } from './bus.ts';
import { iteratorOf } from './hand-over.ts';
import { type Seen, seenBefore, storedEvents, Told } from './replay.ts';
import type { Scope } from './scope.ts';
import { settledRun } from './settle.ts';
import type { Started } from './start.ts';

/** The events of a phase that has just been begun, here or by an earlier request for the same, up to the end of its stream. */
export async function followPhase(
  scope: Scope,
  { run, before, ...start }: Started,
  signal: AbortSignal,
): Promise<AsyncIterable<NumberedEvent[]>> {
  const { thread_id: threadId, id: runId } = run;
  if (before) return phaseAgain(scope, { threadId, runId, ...start }, false, signal);
  return fromBus(scope, threadId, runId, start.position, signal);
}

/**
 * The events that a phase was answered with before, from its beginning, whoever carries the run out.
 * @param withThread the run came with its thread: the stream opens with `thread.created`
 */
export async function phaseAgain(
  scope: Scope,
  phase: { threadId: string; runId: string } & PhaseStart,
  withThread: boolean,
  signal: AbortSignal,
): Promise<AsyncIterable<NumberedEvent[]>> {
  const { threadId, runId, position } = phase;
  const record = await settledRun(scope, threadId, runId);
  const seen = record && seenBefore(record, phase);
  const { events, numbered } = await resumeRun(scope, threadId, runId, position, signal, seen);
  return withThread && !numbered
    ? withCreation(await retrieveThread(scope.domain, threadId), events)
    : events;
}

async function* withCreation(
  data: Thread,
  events: AsyncIterable<NumberedEvent[]>,
): AsyncGenerator<NumberedEvent[]> {
  yield [{ event: 'thread.created', data, id: 0 }];
  yield* events;
}

/**
 * The events after number `after`, for somebody who comes back. Where they are no longer at hand, the run's end is awaited
 * and told from what is stored, and the numbers do not go on where `after` left off.
 * @param known what the client has seen of the run, where that can be told
 */
export async function resumeRun(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
  known?: Seen,
): Promise<{ events: AsyncIterable<NumberedEvent[]>; numbered: boolean }> {
  if (await scope.clockwork.bus.holds(runId, after)) {
    return { events: fromBus(scope, threadId, runId, after, signal), numbered: true };
  }
  const seen = after === 0 ? new Told().seen : (known ?? 'unknown');
  return { events: fromStore(scope, threadId, runId, seen, 0, signal), numbered: false };
}

/** As the bus gives them; what it lost, or another process did, from the store. */
function fromBus(
  scope: Scope,
  threadId: string,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncIterableIterator<NumberedEvent[]> {
  const { bus } = scope.clockwork;
  const batches = bus.read(runId, after, signal);
  const told = new Told();
  let cursor = after;
  let ended = false;
  let idle = 0;
  let rest: AsyncIterator<NumberedEvent[]> | undefined;

  async function* missing(): AsyncGenerator<NumberedEvent[]> {
    if (ended || signal.aborted) return;
    if (bus.closed) throw closing();
    // Another process has ended the run, or carries it on from the beginning of its phase.
    const before = after === 0 ? [] : await bus.past(runId);
    told.add(before.filter(({ id }) => id <= after));
    yield* fromStore(scope, threadId, runId, told.seen, cursor, signal);
  }

  const next = async () => {
    while (!rest) {
      const read = await batches.next();
      if (read.done) {
        rest = missing();
      } else if (read.value.length > 0) {
        idle = 0;
        told.add(read.value);
        const last = read.value.at(-1) as NumberedEvent;
        cursor = lastNumber(last);
        ended = endsStream(last);
        return read;
      } else if (!(await isAlive(scope, threadId, runId)) && ++idle > 1) {
        // It has ended, and what told so was lost on its way.
        await batches.return?.();
        rest = missing();
      }
    }
    return rest.next();
  };
  return iteratorOf(next, () => (rest ?? batches).return?.());
}

/** Looks after the run, too. */
async function isAlive(scope: Scope, threadId: string, runId: string): Promise<boolean> {
  const record = await settledRun(scope, threadId, runId);
  return record !== undefined && goesOn(record.run);
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
