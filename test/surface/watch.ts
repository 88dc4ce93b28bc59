/** Looks at every answer on its way to the client: objects against §1.7, streams against §3.1–§3.5. */
import { createParser } from 'eventsource-parser';
import { checkEvent, checkResponse } from '../schemas.ts';
import { type Reading, read, type StreamEvent } from '../translate/legal.ts';

export interface Answer {
  method: string;
  /** Path and query behind the mount, e.g. `/threads/thread_1/runs?limit=1`. */
  path: string;
  requestHeaders: Headers;
  status: number;
  headers: Headers;
  /** Events of a stream, as far as the client has read it. */
  events: StreamEvent[];
  /** A stream as it was sent, as far as the client has read it. */
  text: string;
}

export interface Watch {
  /** Everything that was not as the contract has it; empty is good. */
  problems: string[];
  answers: Answer[];
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const OURS = /^.*?(\/(?:assistants|threads)(?:\/.*|\?.*)?)$/;
const ENDINGS = /^thread\.run\.(completed|incomplete|failed|cancelled|expired|requires_action)$/;

/** A fetch that looks at what the given one answers to requests of the Assistants API. */
export function watched(fetch: Fetch, watch: Watch): Fetch {
  const readings = new Map<string, Reading>();
  return async (input, init = {}) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : String(input));
    const [, path] = OURS.exec(url.pathname + url.search) ?? [];
    if (!path) return response;
    const answer: Answer = {
      method: (init.method ?? 'GET').toUpperCase(),
      path,
      requestHeaders: new Headers(init.headers as HeadersInit),
      status: response.status,
      headers: response.headers,
      events: [],
      text: '',
    };
    watch.answers.push(answer);
    if (!/^req_/.test(response.headers.get('x-request-id') ?? ''))
      watch.problems.push(`${answer.method} ${path}: no x-request-id (§1.2)`);
    if (response.headers.get('content-type')?.startsWith('text/event-stream'))
      return watchStream(response, answer, watch, readings);
    const text = await response.text();
    try {
      checkResponse(answer.method, path, response.status, JSON.parse(text));
    } catch (error) {
      watch.problems.push(String(error));
    }
    return new Response(text, response);
  };
}

function watchStream(response: Response, answer: Answer, watch: Watch, readings: Map<string, Reading>) {
  const decoder = new TextDecoder();
  const complain = (problem: unknown) => watch.problems.push(`${answer.method} ${answer.path}: ${problem}`);
  const parser = createParser({
    onEvent({ event = '', data }) {
      if (answer.events.at(-1)?.event === 'done') complain(`${event} comes after done`);
      answer.events.push({ event, data: event === 'done' ? data : JSON.parse(data) });
    },
  });
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        answer.text += text;
        parser.feed(text);
        controller.enqueue(chunk);
      },
      flush() {
        checkStream(answer, readings, complain);
      },
    }),
  );
  return new Response(body, response);
}

function checkStream(
  { path, events }: Answer,
  readings: Map<string, Reading>,
  complain: (problem: unknown) => void,
) {
  if (events.at(-1)?.event !== 'done') return complain('the stream ended without done (§3.1)');
  const sent = events.slice(0, -1);
  for (const { event, data } of sent) {
    try {
      checkEvent(event, data);
    } catch (error) {
      complain(error);
    }
  }
  const last = sent.at(-1);
  if (!last || !(ENDINGS.test(last.event) || last.event === 'error'))
    complain('no event that ends a stream (§3.1)');
  // A stream that is taken up again begins anywhere; what it brings is compared by its own tests.
  if (/[?&]stream=true/.test(path)) return;
  const run = sent.find(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))?.data as
    | { id: string }
    | undefined;
  if (!run) return;
  const reading = read(sent.map(asLaterClientsSeeIt), readings.get(run.id));
  for (const problem of reading.problems.splice(0)) complain(problem);
  readings.set(run.id, reading);
}

/** The form of 2024 that openai 4 gets (§3.3 h) under its later name. */
function asLaterClientsSeeIt({ event, data }: StreamEvent): StreamEvent {
  const early = event === 'thread.run.completed' && (data as { status?: string }).status === 'incomplete';
  return { event: early ? 'thread.run.incomplete' : event, data };
}
