/** Reads what an upstream answers: the events of a stream, or JSON. */
import { createParser } from 'eventsource-parser';
import type { ResponseStreamEvent } from '../translate/types.ts';
import type { Profile } from './profile.ts';
import { textOfChunks } from './text-of-chunks.ts';
import { UpstreamError } from './upstream-error.ts';

/** Takes the caller's own credentials out of a text. */
export type Mask = (text: string) => string;

/** The connection broke after the answer had begun. */
export function lost(mask: Mask) {
  return (error: unknown): never => {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    throw new UpstreamError(mask(`The connection to the upstream was lost: ${error.message}${cause}`));
  };
}

export async function jsonOf(response: Response, mask: Mask): Promise<unknown> {
  const text = await response.text().catch(lost(mask));
  try {
    return JSON.parse(mask(text));
  } catch {
    throw new UpstreamError('The upstream sent a body that is not JSON.', { status: 502 });
  }
}

/**
 * The events of a response, all those of one network chunk in one array. A provider that answers with a plain JSON
 * body in spite of `stream: true` gives one event, by default the closing one.
 */
export function readEvents(
  response: Response,
  mask: Mask,
  profile: Profile,
): AsyncGenerator<ResponseStreamEvent[]> {
  if (!response.body)
    throw new UpstreamError('The upstream answered without a body.', { status: response.status });
  return response.headers.get('content-type')?.startsWith('application/json')
    ? closingEventOf(response, mask, profile)
    : eventsOf(chunksOf(response.body), mask, profile);
}

async function* closingEventOf(
  response: Response,
  mask: Mask,
  { restore }: Profile,
): AsyncGenerator<ResponseStreamEvent[]> {
  yield [restore(closingEvent(await jsonOf(response, mask)))];
}

async function* eventsOf(
  chunks: AsyncIterator<Uint8Array>,
  mask: Mask,
  { restore }: Profile,
): AsyncGenerator<ResponseStreamEvent[]> {
  let events: ResponseStreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      // Chunks are masked as a whole: only the first event may have begun in the one before.
      if (data !== '[DONE]') events.push(restore(parse(events.length === 0 ? mask(data) : data)));
    },
  });
  const textOf = textOfChunks();
  let ended = false;
  try {
    for (;;) {
      let read: IteratorResult<Uint8Array>;
      try {
        read = await chunks.next();
      } catch (error) {
        ended = true;
        return lost(mask)(error);
      }
      ended = read.done === true;
      if (read.done) return;
      let broken: unknown;
      try {
        parser.feed(mask(textOf(read.value)));
      } catch (error) {
        broken = error;
      }
      const batch = events;
      events = [];
      if (batch.length > 0) yield batch;
      if (broken) throw broken;
    }
  } finally {
    if (!ended) void readTail(chunks);
  }
}

/** The chunks of a body. node-fetch, which SDK v4 brings along, gives a Node stream where others give a web stream. */
function chunksOf(body: object): AsyncIterator<Uint8Array> {
  if (!('getReader' in body)) return (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  return {
    // As an iterator's own, without the promises that a stream's iterator puts around each.
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** How long, in milliseconds, the end of a body is waited for that nobody reads any more. */
const TAIL_MS = 1_000;

/**
 * A reader that leaves early has usually seen the last event and only not the end of the body: that is read in the
 * background, since a body that is cancelled takes its connection along and the next call needs a new one.
 */
async function readTail(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  const giveUp = setTimeout(() => void chunks.return?.()?.catch(() => {}), TAIL_MS);
  giveUp.unref?.();
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The connection is gone, and with it what was left to read.
  } finally {
    clearTimeout(giveUp);
  }
}

function parse(data: string): ResponseStreamEvent {
  try {
    return JSON.parse(data) as ResponseStreamEvent;
  } catch {
    throw new UpstreamError('The upstream sent an event that is not JSON.');
  }
}

function closingEvent(response: unknown): ResponseStreamEvent {
  const {
    status: given,
    error,
    output,
    background,
  } = (response ?? {}) as { status?: string; error?: unknown; output?: unknown; background?: unknown };
  // In the background it goes on, and there is more to ask for.
  if (background === true && (given === 'queued' || given === 'in_progress'))
    return { type: `response.${given}`, sequence_number: 0, response } as ResponseStreamEvent;
  // Some gateways report errors with status 200.
  if (error && output === undefined) return { type: 'error', error } as unknown as ResponseStreamEvent;
  const status = given === 'failed' || given === 'incomplete' ? given : 'completed';
  return { type: `response.${status}`, sequence_number: 0, response } as ResponseStreamEvent;
}
