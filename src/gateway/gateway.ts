/**
 * The gateway as one web-standard handler: the Assistants API for every client that can set a base URL, and the
 * upstream behind it for everything else.
 */
import { ApiError, closing } from '../assistants/errors.ts';
import { createEngine } from '../engine.ts';
import { dashScopeRoute, speaksDashScope } from '../http/dashscope/route.ts';
import { unknownRoute } from '../http/openai/envelope.ts';
import { type LocalRoute, localRoute } from '../http/openai/route.ts';
import { pathnameOf } from '../http/pathname.ts';
import { refuse } from '../http/refuse.ts';
import type { Identity } from '../http/service.ts';
import { hash } from '../store/hash.ts';
import type { Fetch } from '../upstream/client.ts';
import { createIdentities, keyOwner, tenantOwner, type Visitor } from './identity.ts';
import { createKeyCheck } from './key-check.ts';
import { digestOf, findKey, keyOf, missingKey } from './keys.ts';
import { createLimits, type Limits } from './limits.ts';
import { createObserver } from './observe.ts';
import type { GatewayOptions } from './options.ts';
import { hasNativeApi, passThrough } from './passthrough.ts';
import { routeName } from './route-name.ts';
import { openTenantDirectory, type TenantDirectory } from './tenants.ts';
import { upstreamFetch } from './upstream-fetch.ts';

/** Routes for whoever runs the gateway. */
const OPERATORS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

export interface Gateway {
  /** Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Opens the store, so that a wrong setting is told at start. */
  open(): Promise<void>;
  /** Takes no new requests, and lets runs end for `timeout` milliseconds. */
  drain(timeout: number): Promise<void>;
  /** Drains, and closes the store; streams that have not ended are cut off. */
  close(timeout: number): Promise<void>;
}

/** @param fetch the way to the upstream; a simulator's, for instance */
export function createGateway(options: GatewayOptions, fetch: Fetch = upstreamFetch): Gateway {
  const { general, tenants = {}, runsPerTenant = 1000, streamsPerTenant = 1000 } = split(options);
  const observer = createObserver(() => engine.live());
  const { baseURL, identify, standIn } = createIdentities(options, fetch);
  const engine = createEngine(general, {
    everyTenant: (store) => openTenantDirectory(store).data(),
    observeRun: observer.observeRun,
    admitRun: (tenant, held) => limits.admitRun(tenant, held),
    // A caller's own key is neither stored nor sent on: its runs are carried out where it came in.
    delegates: (tenant) =>
      options.queue !== undefined &&
      (options.auth ?? 'passthrough') !== 'passthrough' &&
      standIn(tenant) !== undefined,
    works: options.queue !== undefined && !options.apiOnly,
    standIn({ tenant }) {
      const caller = standIn(tenant);
      return caller && { tenant, caller };
    },
  });
  const limits = createLimits(runsPerTenant, streamsPerTenant);
  const metricsKey = options.metricsKey === undefined ? undefined : [{ digest: hash(options.metricsKey) }];
  let draining = false;

  const checkKey = options.trustKeys ? async () => {} : createKeyCheck();
  let directory: TenantDirectory | undefined;

  /** Keys that a tenant lists now may have come in on their own before; their data are then the tenant's. */
  const predecessors = new Map(
    Object.entries(tenants).map(([name, { keys }]) => [
      tenantOwner(name),
      keys.map((key) => keyOwner(digestOf(key))),
    ]),
  );

  async function answer(request: Request, pathname: string, route?: LocalRoute): Promise<Response> {
    if (draining) throw closing();
    const visitor = identify(request);
    if (!route && !isDashScopes(request, pathname, baseURL)) {
      if (options.assistantsOnly) throw unknownRoute(request.method, pathname);
      return passThrough(request, visitor.caller).catch((error: unknown) => {
        throw asUpstreamFailure(error);
      });
    }
    if (visitor.unknownKey !== undefined) await checkKey(request, visitor);
    directory ??= openTenantDirectory(await engine.open(), (level, message, details) =>
      options.log?.(level, message, details),
    );
    const tenant = await directory.dataOf(visitor.owner, visitor.scope, predecessors.get(visitor.owner));
    const guest = new Guest(visitor, tenant, limits);
    try {
      return await engine.handle(request, guest);
    } finally {
      guest.answered();
    }
  }

  async function operators({ headers }: Request, pathname: string): Promise<Response> {
    if (pathname === '/healthz') return Response.json({ status: 'ok' });
    if (pathname === '/readyz') return readiness();
    if (metricsKey && !findKey(metricsKey, hash(keyOf(headers) ?? ''))) throw missingKey();
    const { contentType, body } = await observer.metrics();
    return new Response(body, { headers: { 'content-type': contentType } });
  }

  async function readiness(): Promise<Response> {
    if (draining) return Response.json({ status: 'closing' }, { status: 503 });
    try {
      return Response.json({ status: 'ready', ...(await engine.ready()) });
    } catch (error) {
      return Response.json({ status: 'unavailable', reason: (error as Error).message }, { status: 503 });
    }
  }

  async function reply(request: Request, pathname: string): Promise<Response> {
    if (request.method === 'GET' && OPERATORS.has(pathname)) return operators(request, pathname);
    return (await engine.image(request)) ?? answer(request, pathname);
  }

  return {
    async fetch(request) {
      const began = performance.now();
      const pathname = pathnameOf(request);
      const route = localRoute(pathname);
      // What has a route is no operator's, and no image.
      const replied = route ? answer(request, pathname, route) : reply(request, pathname);
      const response = await replied.catch((error: unknown) => {
        if (!(error instanceof ApiError))
          options.log?.('error', 'A request failed.', { method: request.method, path: pathname, error });
        return refuse(request, error);
      });
      const seconds = (performance.now() - began) / 1000;
      observer.request(
        request.method,
        route ? routeName(route.path) : '(upstream)',
        response.status,
        seconds,
      );
      return response;
    },
    async open() {
      await engine.open();
    },
    async drain(timeout) {
      draining = true;
      await engine.drain(timeout);
    },
    async close(timeout) {
      draining = true;
      await engine.close(timeout);
    },
  };
}

/** A visitor whose data are known. */
class Guest implements Identity {
  readonly tenant: string;
  readonly #visitor: Visitor;
  readonly #limits: Limits;
  #returnStream: (() => void) | undefined;

  constructor(visitor: Visitor, tenant: string, limits: Limits) {
    this.tenant = tenant;
    this.#visitor = visitor;
    this.#limits = limits;
  }

  get caller() {
    return this.#visitor.caller;
  }

  admitStream() {
    this.#returnStream ??= this.#limits.takeStream(this.tenant);
  }

  streamBegins() {
    this.admitStream();
    const ended = this.#returnStream as () => void;
    this.#returnStream = undefined;
    return ended;
  }

  /** What was taken for a stream that has not begun is given back. */
  answered() {
    this.#returnStream?.();
  }
}

/** What the engine is told, and what is the gateway's own. */
function split({ runsPerTenant, streamsPerTenant, tenants, ...options }: GatewayOptions) {
  const {
    upstream: _u,
    upstreamKey: _k,
    auth: _a,
    keys: _s,
    trustKeys: _t,
    assistantsOnly: _o,
    metricsKey: _m,
    force: _f,
    apiOnly: _p,
    ...general
  } = options;
  return { general, tenants, runsPerTenant, streamsPerTenant };
}

/**
 * In DashScope’s dialect files are rethread’s own, unless the upstream is DashScope, which has them for more than this API;
 * in OpenAI's they are the upstream's, but for those that runs made.
 */
function isDashScopes(request: Request, pathname: string, upstream: string): boolean {
  const route = speaksDashScope(request) ? dashScopeRoute(pathname) : undefined;
  return route !== undefined && !hasNativeApi(upstream);
}

/** What a pass-through could not reach is the upstream's failure, not the gateway's. */
function asUpstreamFailure(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  const reason =
    error instanceof Error && error.cause instanceof Error ? error.cause.message : (error as Error).message;
  return new ApiError(`The upstream could not be reached: ${reason}`, { status: 502, type: 'server_error' });
}
