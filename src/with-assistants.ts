/**
 * The first door: puts the handler in front of a client's own fetch.
 *
 * All SDK majors send everything through `this.fetch`, so nothing of the client is replaced but that; helpers, types,
 * retries and error classes stay the SDK's own.
 */
import { type Assistants, type MountedAssistants, mountAssistants } from './create-assistants.ts';
import { type LocalRoute, localRoute } from './http/openai/route.ts';
import { OptionsError, parseOptions, type RethreadOptions } from './options.ts';
import { supplyBeta } from './supply-beta.ts';
import { type Caller, callerHeaders, type Fetch } from './upstream/client.ts';

/** What every client of every SDK major has. */
export interface ClientLike {
  baseURL: string;
}

/** The parts that are private in the SDK's types. */
interface ClientInside extends ClientLike {
  fetch: WrappedFetch;
}

/** Marks a fetch of ours and leads back to the one that was there. */
const INNER = Symbol.for('rethread.inner-fetch');
type WrappedFetch = Fetch & { [INNER]?: Fetch };

/**
 * Returns the same client, whose `beta.assistants` and `beta.threads` work again over the Responses API. Everything
 * else the client does goes on as before. Clients that are wrapped with the same options share one store.
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
  const engine = isEngine(options) ? options : sharedEngine(options as RethreadOptions);
  const inner = inside.fetch[INNER] ?? inside.fetch;
  inside.fetch = wrap(inner, engine, new URL(inside.baseURL).pathname.replace(/\/+$/, ''));
  supplyBeta(client);
  return client;
}

const isEngine = (options: RethreadOptions | Assistants): options is MountedAssistants => 'handle' in options;

function wrap(inner: Fetch, engine: MountedAssistants, basePath: string): WrappedFetch {
  const wrapped: WrappedFetch = async (input, init = {}) => {
    const url = new URL(addressOf(input));
    const route = localRoute(url.pathname, basePath);
    if (!route) return inner(input, init);
    const { method, headers, body, signal } = init;
    const request = new Request(url, {
      ...(method && { method }),
      ...(headers && { headers }),
      ...(body != null && { body }),
      ...(signal && { signal }),
    });
    return orAborted(engine.handle(request, callerOf(inner, url, route, request, init)), signal);
  };
  wrapped[INNER] = inner;
  return wrapped;
}

function addressOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : String(input);
}

/** Parameters of the Assistants routes; what else a URL carries, e.g. `api-version`, is the client's own. */
const ROUTE_PARAMETERS = /^(limit|order|after|before|run_id|stream|starting_after|include(\[\d*\])?)$/;

/** The caller, read off its own request: also a client made by `withOptions` calls upstream as itself. */
function callerOf(inner: Fetch, url: URL, route: LocalRoute, request: Request, init: RequestInit): Caller {
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
  const key = JSON.stringify(parseOptions(options, 'withAssistants options'), (_, value) => {
    const plain =
      typeof value !== 'object' ||
      value === null ||
      [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
    return plain && typeof value !== 'function' ? value : referenceTo(value);
  });
  const engine = engines.get(key) ?? mountAssistants(options);
  engines.set(key, engine);
  return engine;
}

/** Functions and instances are equal only to themselves. */
function referenceTo(value: object): string {
  const known = references.get(value) ?? ++referenceCount;
  references.set(value, known);
  return `ref:${known}`;
}
