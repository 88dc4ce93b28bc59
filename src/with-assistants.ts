/**
 * The first door: puts the handler in front of a client's own fetch.
 *
 * All SDK majors send everything through `this.fetch`, so nothing of the client is replaced but that; helpers, types,
 * retries and error classes stay the SDK's own.
 */

import { badRequest } from './assistants/errors.ts';
import { type Assistants, type MountedAssistants, mountAssistants } from './create-assistants.ts';
import { errorResponse, newRequestId } from './http/openai/envelope.ts';
import { type LocalRoute, localRoute } from './http/openai/route.ts';
import { OptionsError, parseOptions, type RethreadOptions } from './options.ts';
import { sendRetryKeys, withoutRetryKey } from './retry-key.ts';
import { supplyBeta } from './supply-beta.ts';
import { type Caller, callerHeaders, type Fetch } from './upstream/client.ts';

/** What every client of every SDK major has. */
export interface ClientLike {
  baseURL: string;
}

/** The parts that are private in the SDK's types. */
interface ClientInside extends ClientLike {
  fetch: WrappedFetch;
  idempotencyHeader?: string;
  /** Not in version 4. */
  withOptions?: (...options: unknown[]) => ClientLike;
}

/** Marks a fetch of ours and leads back to the one that was there. */
const INNER = Symbol.for('rethread.inner-fetch');
type WrappedFetch = Fetch & { [INNER]?: Fetch };

/** Marks a `withOptions` of ours, likewise. */
const PLAIN = Symbol.for('rethread.plain-with-options');

/**
 * Returns the same client, whose `beta.assistants` and `beta.threads` work again over the Responses API. Everything
 * else the client does goes on as before. Clients that are wrapped with the same options share one store; `log` and
 * `waitUntil` are each client's own.
 *
 * @example
 * const openai = withAssistants(new OpenAI());
 * const thread = await openai.beta.threads.create();
 *
 * @param options or an {@link Assistants} made before, which the caller can close
 * @throws OptionsError for options that cannot be used, or something that is no client
 */
export function withAssistants<Client extends ClientLike>(
  client: Client,
  options: RethreadOptions | Assistants = {},
): Client {
  const inside = client as unknown as ClientInside;
  if (typeof inside?.fetch !== 'function' || typeof inside.baseURL !== 'string') {
    throw new OptionsError(
      'withAssistants: expected a client of the openai package, e.g. withAssistants(new OpenAI())',
    );
  }
  const inner = inside.fetch[INNER] ?? inside.fetch;
  inside.fetch = wrap(inner, handlerFor(options), inside);
  sendRetryKeys(inside);
  supplyBeta(client);
  wrapClones(inside, options);
  return client;
}

/** A clone inherits the fetch of its original, and neither its address nor resources that were supplied to it. */
function wrapClones(client: ClientInside, options: RethreadOptions | Assistants): void {
  const known = client.withOptions as (ClientInside['withOptions'] & { [PLAIN]?: unknown }) | undefined;
  if (!known) return;
  const plain = (known[PLAIN] ?? known) as NonNullable<ClientInside['withOptions']>;
  const withOptions = (...changes: unknown[]) =>
    withAssistants(plain.apply(client, changes) as ClientLike, options);
  Object.defineProperty(client, 'withOptions', {
    value: Object.assign(withOptions, { [PLAIN]: plain }),
    configurable: true,
    writable: true,
  });
}

/** @param text the body, if the request is without the one it came with */
type Handle = (request: Request, caller: Caller, text: string | undefined) => Promise<Response>;

function handlerFor(options: RethreadOptions | Assistants): Handle {
  if ('handle' in options) {
    const mounted = options as MountedAssistants;
    return (request, caller, text) => mounted.handle(request, caller, { text });
  }
  const { log, waitUntil } = options as RethreadOptions;
  const engine = sharedEngine(options as RethreadOptions);
  return (request, caller, text) => engine.handle(request, caller, { log, waitUntil, text });
}

function wrap(inner: Fetch, handle: Handle, client: ClientLike): WrappedFetch {
  const wrapped: WrappedFetch = async (input, init) => {
    const url = addressOf(input);
    const route = url && localRoute(url.pathname, basePathOf(client));
    if (!route) return inner(input, withoutRetryKey(init));
    const text = textOf(input, init);
    let request: Request;
    try {
      request = text === undefined ? requestOf(input, init) : requestWithoutBody(url, init);
    } catch (error) {
      // What a fetch throws is taken for a broken connection, and tried again.
      return errorResponse(badRequest(`Invalid request: ${(error as Error).message}`), newRequestId());
    }
    // A request that came without a signal has one of its own, which never aborts.
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
    return orAborted(handle(request, callerOf(inner, url, route, request, init), text), signal);
  };
  wrapped[INNER] = inner;
  return wrapped;
}

/** Read at each request: programs change it while they run. */
function basePathOf({ baseURL }: ClientLike): string | undefined {
  return URL.canParse(baseURL) ? new URL(baseURL).pathname.replace(/\/+$/, '') : undefined;
}

const isRequest = (input: unknown): input is Request => input instanceof Request;

/** Undefined for what is no address: the fetch that was there has the words for that. */
function addressOf(input: string | URL | Request): URL | undefined {
  const address = isRequest(input) ? input.url : String(input);
  return URL.canParse(address) ? new URL(address) : undefined;
}

/**
 * The body of a request as SDKs make them: JSON that was posted, or nothing. Undefined for all others. To make a stream of
 * it, which a request does, and to read that would be a detour.
 */
function textOf(
  input: string | URL | Request,
  { method = 'GET', body }: RequestInit = {},
): string | undefined {
  if (isRequest(input) || !/^(GET|POST|DELETE)$/i.test(method)) return undefined;
  if (body === undefined || body === null) return '';
  return typeof body === 'string' && /^POST$/i.test(method) ? body : undefined;
}

/** All that is read of a request whose body is at hand. A real one copies the headers, and ties a signal to the one given. */
function requestWithoutBody(url: URL, { method = 'GET', headers, signal }: RequestInit = {}): Request {
  return {
    method: method.toUpperCase(),
    url: url.href,
    headers: headers instanceof Headers ? headers : new Headers(headers),
    signal: signal ?? new AbortController().signal,
    body: null,
  } as Request;
}

/** @throws TypeError for a method, header or body that fetch does not take either */
function requestOf(input: string | URL | Request, init: RequestInit = {}): Request {
  const { method, headers, body, signal } = init;
  return new Request(isRequest(input) ? input : String(input), {
    ...(method && { method }),
    ...(headers && { headers }),
    // A body that is a stream is sent only by those who say that they do not expect an answer before its end.
    ...(body != null && { body, duplex: 'half' }),
    ...(signal && { signal }),
  });
}

/** Parameters of the Assistants routes; what else a URL carries, e.g. `api-version`, is the client's own. */
const ROUTE_PARAMETERS = /^(limit|order|after|before|run_id|stream|starting_after|include(\[\d*\])?)$/;

/** The caller, read off its own request: also a client made by `withOptions` calls upstream as itself. */
function callerOf(
  inner: Fetch,
  url: URL,
  route: LocalRoute,
  request: Request,
  init: RequestInit = {},
): Caller {
  const { method: _m, headers: _h, body: _b, signal: _s, ...fetchOptions } = init;
  return {
    baseURL: url.origin + route.mount,
    headers: callerHeaders(request.headers),
    query: Object.fromEntries([...url.searchParams].filter(([name]) => !ROUTE_PARAMETERS.test(name))),
    fetch: inner,
    fetchOptions: fetchOptions as Record<string, unknown>,
  };
}

/** A fetch rejects as soon as its signal aborts, whatever it was waiting for. */
function orAborted(response: Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  if (!signal) return response;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void response.then((answer) => {
      signal.removeEventListener('abort', abort);
      resolve(answer);
    });
  });
}

const engines = new Map<string, MountedAssistants>();
const references = new WeakMap<object, number>();
let referenceCount = 0;

/** One engine for all clients of this process that are wrapped with equal options: a client may be made for each request. */
function sharedEngine(options: RethreadOptions): MountedAssistants {
  // Each client's own, and often a new function for each request: told of that client's requests only.
  const { log: _l, waitUntil: _w, ...shared } = parseOptions(options, 'withAssistants options');
  const key = JSON.stringify(shared, (_, value) => {
    const plain =
      typeof value !== 'object' ||
      value === null ||
      [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
    return plain && typeof value !== 'function' ? value : referenceTo(value);
  });
  const engine = engines.get(key) ?? mountAssistants(shared);
  engines.set(key, engine);
  return engine;
}

/** Functions and instances are equal only to themselves. */
function referenceTo(value: object): string {
  const known = references.get(value) ?? ++referenceCount;
  references.set(value, known);
  return `ref:${known}`;
}
