/** Server-sent events as the Assistants API frames them (§3.1); a dialect may frame them its own way. */
import type { JsonOfTexts } from '../assistants/text-deltas.ts';
import { EventChunks, EventStream, type StreamEnd } from './event-stream.ts';
import { errorObject } from './openai/envelope.ts';

export interface SseEvent {
  event: string;
  data?: unknown;
  /** Or the data of as many events in a row as there are texts. */
  texts?: JsonOfTexts;
  /** Position in the run's stream, for clients that pick it up again; of several events that of the first. */
  id?: number;
}

type Put = (before: string, json: string, after: string) => void;

/** How events become text. */
export interface Framing {
  /** @param put given each frame in three parts: what stands before the data, the data as JSON, and what ends it */
  frame(event: SseEvent, ids: boolean, put: Put): void;
  /** What a stream ends with when all went well. */
  done: string;
  /** What it ends with when its source threw. */
  failed(error: unknown, requestId: string): string;
}

export interface SseOptions<Event> {
  /** What a client is shown of events that came together. */
  show: (batch: readonly Event[]) => readonly SseEvent[];
  /** By default that of OpenAI. */
  framing?: Framing;
  /** Added to the stream's own; `x-request-id` is quoted in the error event. */
  headers?: Record<string, string>;
  /** Silence after which a comment is sent, in milliseconds; 0 sends none. */
  keepAliveMs?: number;
  /** Writes `id:` lines. The original had none, so the default is false. */
  ids?: boolean;
  /** Ends the stream as if the client had gone; its reader sees the signal's reason. */
  signal?: AbortSignal;
  /** Called once, however the stream ends; `error` is what the source threw. */
  onClose?: ((end: StreamEnd, error?: unknown) => void) | undefined;
}

const DONE = 'event: done\ndata: [DONE]\n\n';

/** Line ends to the line splitter of early openai 4 releases, but not to JSON, which leaves them as they are. */
const EXTRA_LINE_ENDS = [
  ['\u0085', '\\u0085'],
  ['\u2028', '\\u2028'],
  ['\u2029', '\\u2029'],
] as const;

/** Each event's JSON on a single line, whatever the reader takes for the end of a line. Nothing beside the JSON has any of these. */
function singleLines(chunk: string): string {
  return EXTRA_LINE_ENDS.reduce((text, [char, escaped]) => text.replaceAll(char, escaped), chunk);
}

const frame: Framing['frame'] = ({ event, data, texts, id }, ids, put) => {
  const name = `event: ${event}\ndata: `;
  const numbered = ids && id !== undefined;
  if (!texts) return put(numbered ? `id: ${id}\n${name}` : name, JSON.stringify(data), '\n\n');
  const before = name + texts.before;
  const after = `${texts.after}\n\n`;
  texts.values.forEach((value, at) => {
    put(numbered ? `id: ${id + at}\n${before}` : before, JSON.stringify(value), after);
  });
};

/** In characters. The SDKs' parsers copy what is left of a chunk once for each event in it, so that long ones cost them much. */
const LONGEST_CHUNK = 4_096;

/** Events that came together, in few chunks and none of them long. */
function chunksOf(batch: readonly SseEvent[], { frame }: Framing, ids: boolean): string[] {
  const chunks: string[] = [];
  let open: string[] = [];
  let length = 0;
  const close = () => {
    // Put together once, and not piece by piece.
    chunks.push(singleLines(open.join('')));
    open = [];
    length = 0;
  };
  const put: Put = (before, json, after) => {
    open.push(before, json, after);
    length += before.length + json.length + after.length;
    if (length >= LONGEST_CHUNK) close();
  };
  for (const event of batch) frame(event, ids, put);
  if (length > 0) close();
  return chunks;
}

/** One event as text. */
export function framed({ frame }: Pick<Framing, 'frame'>, event: SseEvent): string {
  let text = '';
  frame(event, false, (before, json, after) => {
    text += before + json + after;
  });
  return text;
}

const OPENAI: Framing = {
  frame,
  done: DONE,
  failed: (error, requestId) =>
    framed({ frame }, { event: 'error', data: errorObject(error, requestId) }) + DONE,
};

/**
 * Streams events until their source ends, then `event: done`.
 *
 * A batch goes out as one chunk, and the next is asked for only once the reader wants more. When the source throws, the client gets
 * an `error` event in the wrapped form that every SDK understands (§3.2), then `done`.
 */
export function sseResponse<Event>(
  batches: AsyncIterable<readonly Event[]>,
  {
    show,
    framing = OPENAI,
    headers = {},
    keepAliveMs = 15_000,
    ids = false,
    signal,
    onClose,
  }: SseOptions<Event>,
): EventStream {
  const requestId = headers['x-request-id'] ?? 'unknown';
  const chunks = new EventChunks(batches[Symbol.asyncIterator](), {
    chunksOf: (batch) => chunksOf(show(batch), framing, ids),
    done: framing.done,
    failed: (error) => framing.failed(error, requestId),
    signal,
    keepAliveMs,
    onClose,
  });
  return new EventStream(chunks, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // Asks proxies in between not to hold the stream back.
    'x-accel-buffering': 'no',
    ...headers,
  });
}
