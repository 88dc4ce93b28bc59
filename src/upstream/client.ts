/**
 * The one way out: every call to the provider goes through here, with the caller's own address, key and fetch.
 *
 * Retries, back-off and `retry-after` are the SDK's own; the stream is read with an SSE parser, everything that arrived
 * together handed on together.
 */
import type { ResponseRequest, ResponseStreamEvent } from '../translate/types.ts';
import { jsonOf, lost, type Mask, readEvents } from './events.ts';
import type { Fetch } from './fetch.ts';
import type { Profile } from './profile.ts';
import { type Call, type Line, send, sendJson } from './sdk.ts';
import { UpstreamError } from './upstream-error.ts';

export type { Fetch } from './fetch.ts';
export { UpstreamError } from './upstream-error.ts';

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
  /** Responses are to be made in the background, if the profile has them. */
  background?: boolean | undefined;
}

export interface Upstream {
  readonly profile: Profile;
  readonly baseURL: string;
  /** How often a call is tried again. */
  readonly maxRetries: number;
  /** Responses are made in the background. */
  readonly background: boolean;
  /**
   * Starts a response. Resolves when the upstream has accepted it.
   * @throws UpstreamError
   */
  respond(body: ResponseRequest, signal: AbortSignal): Promise<AsyncIterable<ResponseStreamEvent[]>>;
  /**
   * The events of a response that is made in the background: those after number `after`, by default all, as they come; or
   * without `stream` one event that says how it stands.
   * @throws UpstreamError
   */
  follow(
    id: string,
    from: { include: readonly string[]; stream: boolean; after?: number | undefined },
    signal: AbortSignal,
  ): Promise<AsyncIterable<ResponseStreamEvent[]>>;
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

/** As in the SDKs. */
const DEFAULT_RETRIES = 2;
const DEFAULT_TIMEOUT_MS = 600_000;

/** The SDK sets these itself; what the caller's SDK had set for its own request must not go along. */
const NOT_FORWARDED =
  /^(x-stainless-|content-|accept|openai-beta$|host$|connection$|user-agent$|idempotency-key$|transfer-)/;

/** Headers of an incoming request that belong to the caller rather than to that one request. */
export function callerHeaders(headers: Iterable<[string, string]>): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !NOT_FORWARDED.test(name.toLowerCase())));
}

export function createUpstream(caller: Caller, options: UpstreamOptions): Upstream {
  return new CallersUpstream(caller, options);
}

class CallersUpstream implements Upstream {
  readonly profile: Profile;
  readonly background: boolean;
  readonly #caller: Caller;
  readonly #line: Line;
  readonly #mask: Mask;

  constructor(caller: Caller, { profile, background, maxRetries, timeout }: UpstreamOptions) {
    const { baseURL, fetch } = caller;
    this.profile = profile;
    this.background = background === true && profile.background;
    this.#caller = caller;
    this.#line = {
      baseURL,
      fetch,
      maxRetries: maxRetries ?? DEFAULT_RETRIES,
      timeout: timeout ?? DEFAULT_TIMEOUT_MS,
    };
    this.#mask = masking(caller);
  }

  get baseURL() {
    return this.#line.baseURL;
  }

  get maxRetries() {
    return this.#line.maxRetries;
  }

  async respond(body: ResponseRequest, signal: AbortSignal) {
    const { profile } = this;
    const own = new Set(Object.keys(this.#caller.headers).map((name) => name.toLowerCase()));
    const headers = Object.fromEntries(
      Object.entries(profile.headers).filter(([name]) => !own.has(name.toLowerCase())),
    );
    const asked = this.#owned({ body: profile.adapt(body), headers, signal, stream: true });
    const response = await sendJson(this.#line, '/responses', asked).catch(this.#failed);
    return readEvents(response, this.#mask, profile);
  }

  async follow(
    id: string,
    { include, stream, after }: { include: readonly string[]; stream: boolean; after?: number | undefined },
    signal: AbortSignal,
  ) {
    const from = { ...(stream && { stream }), ...(after !== undefined && { starting_after: after }) };
    const query = { ...from, ...(include.length > 0 && { include }) };
    const response = await this.#call('get', `/responses/${encodeURIComponent(id)}`, {
      query,
      signal,
      stream,
    });
    return readEvents(response, this.#mask, this.profile);
  }

  async json<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    headers: Record<string, string> = {},
  ) {
    return during(signal, async (own) => {
      const request = { body, signal: own, headers };
      const response = await this.#call(method.toLowerCase() as 'get', path, request);
      return (await jsonOf(response, this.#mask)) as T;
    });
  }

  async bytes(path: string, signal?: AbortSignal) {
    return during(signal, async (own) => {
      const response = await this.#call('get', path, { signal: own });
      return new Uint8Array(await response.arrayBuffer().catch(lost(this.#mask)));
    });
  }

  async upload<T>(path: string, file: File, fields: Record<string, string> = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', file, file.name);
    // As bytes: node-fetch, which SDK v4 brings along, knows no FormData but its own.
    const encoded = new Response(form);
    const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
    const body = new Uint8Array(await encoded.arrayBuffer());
    return (await jsonOf(await this.#call('post', path, { body, headers }), this.#mask)) as T;
  }

  #call(method: 'get' | 'post' | 'delete', path: string, request: Partial<Call>): Promise<Response> {
    return send(this.#line, method, path, this.#owned(request)).catch(this.#failed);
  }

  /** With what is the caller's own. */
  #owned(request: Partial<Call>): Call {
    const { headers, query, fetchOptions } = this.#caller;
    return {
      ...request,
      headers: { ...headers, ...request.headers },
      query: { ...query, ...request.query },
      fetchOptions,
    };
  }

  readonly #failed = (error: unknown): never => {
    throw toUpstreamError(error, this.#mask);
  };
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
