/**
 * The gateway as one web-standard handler: the Assistants API for every client that can set a base URL, and the
 * upstream behind it for everything else.
 */
import { ApiError } from '../assistants/errors.ts';
import { createEngine } from '../engine.ts';
import { errorResponse, newRequestId } from '../http/openai/envelope.ts';
import { localRoute } from '../http/openai/route.ts';
import type { Fetch } from '../upstream/client.ts';
import { createIdentify } from './identity.ts';
import { createLimits } from './limits.ts';
import { createObserver } from './observe.ts';
import type { GatewayOptions } from './options.ts';
import { passThrough } from './passthrough.ts';

export interface Gateway {
  /** Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Opens the store, so that a wrong setting is told at start. */
  open(): Promise<void>;
  /** Takes no new requests, lets runs end for `timeout` milliseconds, closes the store. */
  close(timeout: number): Promise<void>;
}

/** @param fetch the way to the upstream; a simulator's, for instance */
export function createGateway(options: GatewayOptions, fetch: Fetch = globalThis.fetch as Fetch): Gateway {
  const {
    upstream: _u,
    upstreamKey: _k,
    auth: _a,
    tenants: _t,
    runsPerTenant,
    streamsPerTenant,
    ...general
  } = options;
  const observer = createObserver(() => engine.live());
  const engine = createEngine(general, {
    observeRun: observer.observeRun,
    admitRun: (tenant, held) => limits.admitRun(tenant, held),
  });
  const identify = createIdentify(options, fetch);
  const limits = createLimits(runsPerTenant ?? 1000, streamsPerTenant ?? 1000);
  let closing = false;

  async function answer(request: Request, pathname: string): Promise<Response> {
    const identity = identify(request);
    if (!localRoute(pathname)) return passThrough(request, identity);
    if (request.method === 'POST' && /\/runs$/.test(pathname)) {
      limits.admitStream(identity.tenant);
    }
    return limits.counted(identity.tenant, await engine.handle(request, identity));
  }

  async function operators(pathname: string): Promise<Response | undefined> {
    if (pathname === '/healthz') return Response.json({ status: 'ok' });
    if (pathname === '/readyz') return readiness();
    if (pathname !== '/metrics') return undefined;
    const { contentType, body } = await observer.metrics();
    return new Response(body, { headers: { 'content-type': contentType } });
  }

  async function readiness(): Promise<Response> {
    if (closing) return Response.json({ status: 'closing' }, { status: 503 });
    try {
      const store = await engine.open();
      await store.get('ready');
      return Response.json({ status: 'ready', store: store.kind });
    } catch (error) {
      return Response.json({ status: 'unavailable', store: (error as Error).message }, { status: 503 });
    }
  }

  return {
    async fetch(request) {
      const began = performance.now();
      const { pathname } = new URL(request.url);
      const own = request.method === 'GET' ? await operators(pathname) : undefined;
      if (own) return own;
      const response = await answer(request, pathname).catch((error: unknown) =>
        errorResponse(asUpstreamFailure(error), newRequestId()),
      );
      observer.request(
        request.method,
        routeOf(pathname),
        response.status,
        (performance.now() - began) / 1000,
      );
      return response;
    },
    async open() {
      await engine.open();
    },
    async close(timeout) {
      closing = true;
      await engine.close(timeout);
    },
  };
}

/** A path with its ids taken out, so that metrics do not grow with the data. */
function routeOf(pathname: string): string {
  return (localRoute(pathname)?.path ?? '(upstream)').replace(
    /\/(asst|thread|run|msg|step|file)[_-][^/]*/g,
    '/:$1',
  );
}

/** What a pass-through could not reach is the upstream's failure, not the gateway's. */
function asUpstreamFailure(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  const reason =
    error instanceof Error && error.cause instanceof Error ? error.cause.message : (error as Error).message;
  return new ApiError(`The upstream could not be reached: ${reason}`, { status: 502, type: 'server_error' });
}
