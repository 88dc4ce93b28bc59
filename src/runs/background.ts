/**
 * Model calls that the upstream makes in the background (§4.3): where a connection breaks or a process dies the call goes
 * on, and its events are read on from where they broke off.
 */
import type { BackgroundCall } from '../assistants/progress.ts';
import { failureIn } from '../translate/failure.ts';
import type { ResponseRequest, ResponseStreamEvent } from '../translate/types.ts';
import { type Upstream, UpstreamError } from '../upstream/client.ts';
import { linkedTo, unlessAborted } from './abort.ts';
import { iteratorOf } from './hand-over.ts';
import { pauseBefore, sleep } from './pause.ts';
import type { Clockwork, Scope } from './scope.ts';

type Stream = AsyncIterable<ResponseStreamEvent[]>;

/** A call as it is read. */
export interface Reading {
  events: Stream;
  /** Undefined until the upstream has named it: then before the first event is handed on. */
  call(): BackgroundCall | undefined;
}

type Surroundings = Pick<Scope, 'upstream' | 'clockwork'>;

/** How often in a row a call is asked for that gives nothing new. */
const TRIES = 5;
/** Milliseconds between two questions how a call stands whose events the upstream gives no more. */
const LOOK_MS = 1_000;

const ENDS: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);

const isEnd = (event: ResponseStreamEvent) => ENDS.has(event.type) || failureIn(event) !== undefined;

/**
 * Makes a call, and reads its events: each once, and none left out. Where the reading is ended before the upstream has
 * named the call, the call is cancelled as soon as it has.
 * @param signal ends the reading, not the call
 * @throws UpstreamError
 */
export async function makeCall(
  scope: Surroundings,
  body: ResponseRequest,
  signal: AbortSignal,
): Promise<Reading> {
  signal.throwIfAborted();
  const connection = new AbortController();
  let named = false;
  let settle = () => {};
  const leave = () => {
    if (named) return connection.abort(signal.reason);
    setTimeout(() => connection.abort(signal.reason), TIDY_MS).unref?.();
    letLoose(scope.clockwork, new Promise<void>((resolve) => (settle = resolve)));
  };
  signal.addEventListener('abort', leave, { once: true });
  const release = () => signal.removeEventListener('abort', leave);
  try {
    const answer = await scope.upstream.respond(body, connection.signal);
    const { events, call } = createReader(scope, body.include ?? [], signal, { release }).read(answer);
    const batches = events[Symbol.asyncIterator]();
    const first = await batches.next();
    named = true;
    if (!signal.aborted) return { events: startingWith(first, batches), call };
    connection.abort(signal.reason);
    const made = call();
    if (made) letGo(scope, made, true);
    throw signal.reason;
  } catch (error) {
    release();
    throw error;
  } finally {
    settle();
  }
}

function startingWith<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterableIterator<T> {
  let ahead: IteratorResult<T> | undefined = first;
  const next = () => {
    const read = ahead;
    ahead = undefined;
    return read ? Promise.resolve(read) : rest.next();
  };
  return iteratorOf(next, () => rest.return?.());
}

/**
 * The events of a call that another process had made, from its beginning.
 * @throws UpstreamError where the upstream does not know the call, or tells nothing of it
 */
export async function takeUpCall(
  scope: Surroundings,
  { id, include }: BackgroundCall,
  signal: AbortSignal,
): Promise<Reading> {
  const reader = createReader(scope, include, signal, { id });
  return reader.read(await reader.reopen());
}

function createReader(
  { upstream, clockwork }: Surroundings,
  include: readonly string[],
  signal: AbortSignal,
  begun: { id?: string; release?: () => void },
) {
  let { id, release = () => {} } = begun;
  /** Number of the newest event. */
  let last: number | undefined;
  let again = false;
  /** The call can be streamed from any event on. Otherwise its end is awaited, which says everything. */
  let streams = true;
  let over = false;
  let tries = 0;

  /** Whether an event is to be handed on. */
  function isNew(event: ResponseStreamEvent): boolean {
    if (isEnd(event)) {
      over = true;
      return true;
    }
    // After a gap in what was taken up again only the end is of use.
    if (again && !streams) return false;
    const { sequence_number: at } = event as { sequence_number?: unknown };
    if (again && typeof at === 'number' && last !== undefined && at <= last) return false;
    streams &&= typeof at === 'number' && (last === undefined || at === last + 1);
    if (typeof at === 'number') last = at;
    if ('response' in event) id ??= event.response?.id;
    return streams || !again;
  }

  async function* eventsFrom(first: Stream): AsyncGenerator<ResponseStreamEvent[]> {
    let stream = first;
    try {
      for (;;) {
        let broken: UpstreamError | undefined;
        let gave = false;
        try {
          for await (const batch of stream) {
            const fresh = batch.filter(isNew);
            gave ||= fresh.length > 0;
            if (gave || !streams) tries = 0;
            if (fresh.length > 0) yield fresh;
            if (over || (again && !streams)) break;
          }
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
          broken = error;
        }
        if (over) return;
        if (id === undefined) throw broken ?? cutOff();
        // What ends well and gives nothing will give nothing the next time.
        if (again && !gave && !broken) streams = false;
        if (streams)
          clockwork.log('info', 'A stream of the upstream broke off, and is read on.', {
            response: id,
            error: broken,
          });
        stream = await reopen(broken);
      }
    } finally {
      release();
    }
  }

  /** @throws UpstreamError what broke the stream, or where nothing had what keeps it from being opened */
  async function reopen(broken?: UpstreamError): Promise<Stream> {
    again = true;
    let wrong = broken;
    for (;;) {
      if (tries >= TRIES) throw wrong ?? cutOff();
      const pause = streams ? (tries > 0 ? pauseBefore(tries - 1) : 0) : LOOK_MS;
      tries += 1;
      if (pause > 0) await unlessAborted(sleep(pause), signal);
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        wrong ??= error;
        if (mayPass(error)) continue;
        // OpenAI streams none that is older than five minutes; how it stands can be asked all the same.
        if (!streams || GONE.has(error.status)) throw wrong;
        streams = false;
      }
    }
  }

  function open(): Promise<Stream> {
    release();
    // The SDK leaves a listener on every signal it is given.
    const link = linkedTo(signal);
    release = link.release;
    const from = { include, stream: streams, after: streams ? last : undefined };
    return unlessAborted(upstream.follow(id as string, from, link.signal), signal);
  }

  return {
    reopen,
    read: (first: Stream): Reading => ({
      events: eventsFrom(first),
      call: () => (id === undefined ? undefined : { id, include }),
    }),
  };
}

/** The upstream has no such response, or not for this caller. */
const GONE: ReadonlySet<number> = new Set([401, 403, 404]);

/** Worth another try. */
const mayPass = ({ status }: UpstreamError) =>
  status < 400 || status >= 500 || [408, 409, 429].includes(status);

export const cutOff = () =>
  new UpstreamError('The upstream closed the stream before the response was complete.');

/** How long, in milliseconds, the upstream may take over what nobody waits for. */
const TIDY_MS = 10_000;

/**
 * Leaves nothing behind of a call whose results are stored, or are not wanted any more. Nobody waits for it, and where it
 * fails the upstream keeps the response as long as it keeps any.
 * @param running the call may not be over: it is cancelled first
 */
export function letGo(
  { upstream, clockwork }: { upstream?: Upstream | undefined; clockwork: Clockwork },
  { id }: BackgroundCall,
  running: boolean,
): void {
  if (!upstream) return;
  const path = `/responses/${encodeURIComponent(id)}`;
  const tidy = async () => {
    const signal = AbortSignal.timeout(TIDY_MS);
    // Deleted it is in any case.
    if (running) await upstream.json('POST', `${path}/cancel`, undefined, signal).catch(() => {});
    await upstream.json('DELETE', path, undefined, signal);
  };
  const work = tidy().catch((error: unknown) => {
    if (error instanceof UpstreamError && error.status === 404) return;
    clockwork.log('warn', 'A response was left behind at the upstream.', { response: id, error });
  });
  letLoose(clockwork, work);
}

/** @param work never rejects */
function letLoose({ loose, waitUntil }: Clockwork, work: Promise<void>): void {
  loose.add(work);
  void work.then(() => loose.delete(work));
  waitUntil(work);
}
