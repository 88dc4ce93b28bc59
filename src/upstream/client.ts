/**
 * The one way out: every call to the provider goes through here, with the caller's own address, key and fetch.
 *
 * Retries, back-off and `retry-after` are the SDK's own; the stream is read with an SSE parser, everything that arrived
 * together handed on together.
 */
import { createParser } from 'eventsource-parser';
import type OpenAI from 'openai';
import { ApiError } from '../assistants/errors.ts';
import { maskSecrets } from '../translate/failure.ts';
import type { ResponseRequest, ResponseStreamEvent } from '../translate/types.ts';
import type { Fetch } from './fetch.ts';
import type { Profile } from './profile.ts';
import { withRateLimitsTold } from './rate-limit.ts';
import { withReadableErrors } from './readable-errors.ts';

export type { Fetch } from './fetch.ts';

/** Where to call and as whom. In process this is read off the caller's own request. */
export interface Caller {
  /** Without a trailing slash, e.g. `https://api.openai.com/v1`. */
  baseURL: string;
  /** Credentials, organisation, project and default headers. */
  headers: Record<string, string>;
  /** E.g. Azure's `api-version`. */
  query: Record<string, string>;
  fetch: Fetch;
  /** What else the caller's SDK hands to its fetch: `agent`, `dispatcher`, … */
  fetchOptions: Record<string, unknown>;
}

export interface UpstreamOptions {
  profile: Profile;
  /** Default 2, as in the SDKs. */
  maxRetries?: number | undefined;
  /** Milliseconds until the answer's headers; default 10 minutes. */
  timeout?: number | undefined;
}

export interface Upstream {
  readonly profile: Profile;
  readonly baseURL: string;
  /** How often a call is tried again. */
  readonly maxRetries: number;
  /**
   * Starts a response. Resolves when the upstream has accepted it.
   * @throws UpstreamError
   */
  respond(body: ResponseRequest, signal: AbortSignal): Promise<AsyncIterable<ResponseStreamEvent[]>>;
  /** Any other route, JSON in and out. A path may be a whole URL: another service of the same provider. */
  json<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    headers?: Record<string, string>,
  ): Promise<T>;
  /** A file's bytes. */
  bytes(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Uploads one file as multipart form data. */
  upload<T>(path: string, file: File, fields?: Record<string, string>): Promise<T>;
}

/** What the upstream answered instead of what was asked for; `status` 0 where nothing was answered at all. */
export class UpstreamError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly type: string | null;
  readonly param: string | null;
  readonly headers: Headers | undefined;

  /** No cause is kept: what the SDK throws quotes the upstream's answer, and that may quote the key. */
  constructor(message: string, init: Partial<Omit<UpstreamError, 'message' | 'name' | 'cause'>> = {}) {
    super(maskSecrets(message));
    this.name = 'UpstreamError';
    this.status = init.status ?? 0;
    this.code = init.code ?? null;
    this.type = init.type ?? null;
    this.param = init.param ?? null;
    this.headers = init.headers;
  }

  /** The same failure as an HTTP answer to our own client, who may try again when the upstream says so. */
  toApiError(): ApiError {
    const status = this.status >= 400 ? this.status : 502;
    const said = ['retry-after', 'retry-after-ms', 'x-should-retry'].map(
      (name) => [name, this.headers?.get(name)] as const,
    );
    return new ApiError(this.message, {
      status,
      type: this.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: this.param,
      code: this.code,
      headers: Object.fromEntries(said.filter((header): header is [string, string] => Boolean(header[1]))),
      cause: this,
    });
  }
}

/** As in the SDKs. */
const DEFAULT_RETRIES = 2;

/** The SDK sets these itself; what the caller's SDK had set for its own request must not go along. */
const NOT_FORWARDED =
  /^(x-stainless-|content-|accept|openai-beta$|host$|connection$|user-agent$|idempotency-key$|transfer-)/;

/** Headers of an incoming request that belong to the caller rather than to that one request. */
export function callerHeaders(headers: Iterable<[string, string]>): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !NOT_FORWARDED.test(name.toLowerCase())));
}

export function createUpstream(caller: Caller, options: UpstreamOptions): Upstream {
  const mask = masking(caller);
  const { headers, query, fetchOptions } = caller;

  const call = async (
    method: 'get' | 'post' | 'delete',
    path: string,
    request: {
      body?: unknown;
      headers?: Record<string, string>;
      signal?: AbortSignal | undefined;
      stream?: boolean;
    },
  ): Promise<Response> => {
    try {
      const sdk = await clientFor(caller, options);
      const own = { ...headers, ...request.headers };
      return await sdk[method](path, { ...request, headers: own, query, fetchOptions }).asResponse();
    } catch (error) {
      throw toUpstreamError(error, mask);
    }
  };

  return {
    profile: options.profile,
    baseURL: caller.baseURL,
    maxRetries: options.maxRetries ?? DEFAULT_RETRIES,
    async respond(body, signal) {
      const { profile } = options;
      const own = new Set(Object.keys(caller.headers).map((name) => name.toLowerCase()));
      const headers = Object.fromEntries(
        Object.entries(profile.headers).filter(([name]) => !own.has(name.toLowerCase())),
      );
      const adapted = profile.adapt(body);
      const response = await call('post', '/responses', { body: adapted, headers, signal, stream: true });
      return readEvents(response, mask, profile);
    },
    async json<T>(
      method: 'GET' | 'POST' | 'DELETE',
      path: string,
      body?: unknown,
      signal?: AbortSignal,
      headers: Record<string, string> = {},
    ) {
      return during(signal, async (own) => {
        const response = await call(method.toLowerCase() as 'get', path, { body, signal: own, headers });
        return (await jsonOf(response, mask)) as T;
      });
    },
    async bytes(path, signal) {
      return during(signal, async (own) => {
        const response = await call('get', path, { signal: own });
        return new Uint8Array(await response.arrayBuffer().catch(lost(mask)));
      });
    },
    async upload<T>(path: string, file: File, fields: Record<string, string> = {}) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', file, file.name);
      // As bytes: node-fetch, which SDK v4 brings along, knows no FormData but its own.
      const encoded = new Response(form);
      const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
      const body = new Uint8Array(await encoded.arrayBuffer());
      return (await jsonOf(await call('post', path, { body, headers }), mask)) as T;
    },
  };
}

let loading: Promise<typeof import('openai')> | undefined;

/** rethread's own copy of the SDK. Loaded when the first call is made, and asked for only then: loaders may be slow to find it. */
function loadSdk(): Promise<typeof import('openai')> {
  loading ??= import('openai');
  return loading;
}

/** Clients of the SDK by the fetch they go out through; what is a caller's own goes with each request. */
const clients = new WeakMap<Fetch, Map<string, OpenAI>>();

async function clientFor({ baseURL, fetch: send }: Caller, options: UpstreamOptions): Promise<OpenAI> {
  const { maxRetries = DEFAULT_RETRIES, timeout = 600_000 } = options;
  const { default: SDK } = await loadSdk();
  const known = clients.get(send) ?? new Map<string, OpenAI>();
  clients.set(send, known);
  const key = `${maxRetries} ${timeout} ${baseURL}`;
  const client =
    known.get(key) ??
    new SDK({
      apiKey: 'sent-by-the-caller',
      baseURL,
      fetch: withRateLimitsTold(withReadableErrors(send)) as typeof fetch,
      defaultHeaders: { Authorization: null },
      maxRetries,
      timeout,
      organization: null,
      project: null,
      // A browser page that wraps its client has chosen so already; the SDK's own guard is not ours to repeat.
      dangerouslyAllowBrowser: true,
      logLevel: 'off',
    });
  known.set(key, client);
  return client;
}

/** The SDK leaves a listener on every signal it is given: one that outlives the call is not handed to it. */
async function during<T>(
  signal: AbortSignal | undefined,
  work: (own: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (!signal) return work(undefined);
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(own.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

type Mask = (text: string) => string;

/** Headers and parameters whose values nobody else may see. */
const SECRET = /auth|key|token|secret|cookie|password|signature/i;
/** What is shorter is no key, and might stand in any text. */
const SHORTEST_SECRET = 8;

/** Takes the caller's own credentials out of a text, whatever they look like: upstreams quote them in their errors. */
function masking({ headers, query }: Caller): Mask {
  const secrets = [...Object.entries(headers), ...Object.entries(query)]
    .filter(([name]) => SECRET.test(name))
    .map(([, value]) => value.replace(/^(Bearer|Basic)\s+/i, ''))
    .filter((secret) => secret.length >= SHORTEST_SECRET);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

function toUpstreamError(error: unknown, mask: Mask): unknown {
  if (!(error instanceof Error) || error.name === 'APIUserAbortError') return error;
  const api = error as Error & {
    status?: number;
    code?: string | null;
    type?: string;
    param?: string | null;
    error?: { message?: string };
    headers?: Headers;
  };
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new UpstreamError(mask(api.error?.message ?? `${error.message}${cause}`), {
    status: api.status ?? 0,
    code: api.code ?? null,
    type: api.type ?? null,
    param: api.param ?? null,
    ...(api.headers && { headers: api.headers }),
  });
}

/** The connection broke after the answer had begun. */
function lost(mask: Mask) {
  return (error: unknown): never => {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    throw new UpstreamError(mask(`The connection to the upstream was lost: ${error.message}${cause}`));
  };
}

async function jsonOf(response: Response, mask: Mask): Promise<unknown> {
  const text = await response.text().catch(lost(mask));
  try {
    return JSON.parse(mask(text));
  } catch {
    throw new UpstreamError('The upstream sent a body that is not JSON.', { status: 502 });
  }
}

/**
 * The events of a response, all those of one network chunk in one array. A provider that answers with a plain JSON
 * body in spite of `stream: true` gives one closing event.
 */
async function* readEvents(
  response: Response,
  mask: Mask,
  { restore }: Profile,
): AsyncGenerator<ResponseStreamEvent[]> {
  if (!response.body)
    throw new UpstreamError('The upstream answered without a body.', { status: response.status });
  if (response.headers.get('content-type')?.startsWith('application/json')) {
    yield [restore(closingEvent(await jsonOf(response, mask)))];
    return;
  }
  let events: ResponseStreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data !== '[DONE]') events.push(restore(parse(mask(data))));
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(response.body, mask)) {
    let broken: unknown;
    try {
      parser.feed(decoder.decode(chunk, { stream: true }));
    } catch (error) {
      broken = error;
    }
    const batch = events;
    events = [];
    if (batch.length > 0) yield batch;
    if (broken) throw broken;
  }
}

/** How long, in milliseconds, the end of a body is waited for that nobody reads any more. */
const TAIL_MS = 1_000;

/**
 * The chunks of a body. A reader that leaves early has usually seen the last event and only not the end of the body: that
 * is read in the background, since a body that is cancelled takes its connection along and the next call needs a new one.
 */
async function* chunksOf(body: unknown, mask: Mask): AsyncGenerator<Uint8Array> {
  // node-fetch, which SDK v4 brings along, gives a Node stream here: what both kinds share is the async iterator.
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      ended = done === true;
      if (ended) return;
      yield value;
    }
  } catch (error) {
    ended = true;
    lost(mask)(error);
  } finally {
    if (!ended) void readTail(chunks);
  }
}

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
  } = (response ?? {}) as { status?: string; error?: unknown; output?: unknown };
  // Some gateways report errors with status 200.
  if (error && output === undefined) return { type: 'error', error } as unknown as ResponseStreamEvent;
  const status = given === 'failed' || given === 'incomplete' ? given : 'completed';
  return { type: `response.${status}`, sequence_number: 0, response } as ResponseStreamEvent;
}
