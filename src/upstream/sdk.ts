/** rethread's own copy of the SDK, through which every call upstream goes: retries, back-off and errors are the SDK's. */
import type OpenAI from 'openai';
import type { Fetch } from './fetch.ts';
import { withRateLimitsTold } from './rate-limit.ts';
import { withReadableErrors } from './readable-errors.ts';

/** Where calls go and how. */
export interface Line {
  baseURL: string;
  fetch: Fetch;
  maxRetries: number;
  /** Milliseconds until the answer's headers. */
  timeout: number;
}

/** One call, in the SDK's terms. */
export interface Call {
  body?: unknown;
  headers: Record<string, string>;
  query: Record<string, unknown>;
  signal?: AbortSignal | undefined;
  stream?: boolean;
  /** What else goes to fetch. */
  fetchOptions: Record<string, unknown>;
}

/** @throws the SDK's errors, once it has given up */
export async function send(
  line: Line,
  method: 'get' | 'post' | 'delete',
  path: string,
  call: Call,
): Promise<Response> {
  const { client } = await sdkFor(line);
  return client[method](path, call).asResponse();
}

/**
 * Posts JSON. The first attempt is the SDK's request without what the SDK does around one, which takes as long as the way of ten
 * deltas. Where it does not succeed, the SDK is told so as of an attempt of its own, and goes on from there.
 * @throws as {@link send}
 */
export async function sendJson(line: Line, path: string, call: Call): Promise<Response> {
  const { client, jsonHeaders } = await sdkFor(line);
  const { body, query, signal, fetchOptions } = call;
  const headers = new Headers(jsonHeaders);
  for (const [name, value] of Object.entries(call.headers)) headers.set(name, value);
  const request = {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: signal ?? null,
    ...fetchOptions,
  };
  const url = client.buildURL(path, query);
  const attempt = client.fetchWithTimeout(url, request, line.timeout, new AbortController());
  const response = await attempt.catch(() => undefined);
  if (response?.ok) return response;
  const told = { ...fetchOptions, [ATTEMPT]: { made: attempt } } as Record<string, unknown>;
  return client.post(path, { ...call, fetchOptions: told }).asResponse();
}

/** In what goes to fetch: what came of an attempt that has been made already. */
const ATTEMPT = Symbol('attempt');
type WithAttempt = RequestInit & { [ATTEMPT]?: { made: Promise<Response> | undefined } };

function withAttemptsTold(fetch: Fetch): Fetch {
  return (url, given: WithAttempt = {}) => {
    const { [ATTEMPT]: attempt, ...init } = given;
    const made = attempt?.made;
    if (!made) return fetch(url, init);
    // The next ones are to be made.
    attempt.made = undefined;
    return made;
  };
}

interface Sdk {
  client: OpenAI;
  /** Those that the SDK sends with JSON, whoever calls. */
  jsonHeaders: Headers;
}

let loading: Promise<typeof import('openai')> | undefined;

/** Loaded when the first call is made, and asked for only then: loaders may be slow to find it. */
function load(): Promise<typeof import('openai')> {
  loading ??= import('openai');
  return loading;
}

/** By the fetch that calls go out through; what is a caller's own goes with each call. */
const sdks = new WeakMap<Fetch, Map<string, Promise<Sdk>>>();

function sdkFor(line: Line): Promise<Sdk> {
  const known = sdks.get(line.fetch) ?? new Map<string, Promise<Sdk>>();
  sdks.set(line.fetch, known);
  const key = `${line.maxRetries} ${line.timeout} ${line.baseURL}`;
  const sdk = known.get(key) ?? make(line);
  known.set(key, sdk);
  return sdk;
}

async function make({ baseURL, fetch, maxRetries, timeout }: Line): Promise<Sdk> {
  const { default: SDK } = await load();
  const client = new SDK({
    apiKey: 'sent-by-the-caller',
    baseURL,
    fetch: withAttemptsTold(withRateLimitsTold(withReadableErrors(fetch))) as typeof globalThis.fetch,
    defaultHeaders: { Authorization: null },
    maxRetries,
    timeout,
    organization: null,
    project: null,
    // A browser page that wraps its client has chosen so already; the SDK's own guard is not ours to repeat.
    dangerouslyAllowBrowser: true,
    logLevel: 'off',
  });
  const { req } = await client.buildRequest({ method: 'post', path: '/', body: {} });
  return { client, jsonHeaders: new Headers(req.headers) };
}
