/** What every dialect does around its routes, and with a request that has none, or that fails: only the words differ. */
import type { Hono } from 'hono';
import { ApiError } from '../assistants/errors.ts';
import { UpstreamError } from '../upstream/client.ts';
import type { Exchange } from './context.ts';
import { pathnameOf } from './pathname.ts';
import type { Identity, Service } from './service.ts';

interface Env {
  Bindings: Exchange;
}

/** Its words. */
export interface Manner {
  newRequestId(): string;
  /** A complete answer for anything that was thrown. */
  errorResponse(error: unknown, requestId: string): Response;
  /** A route that exists, but not under this method. */
  unknownMethod(method: string, pathname: string): ApiError;
  unknownRoute(method: string, pathname: string): ApiError;
  /** The part of a path that the routes are written for; a path that is no route's stays whole. */
  routePath(pathname: string): string;
  /** @throws ApiError for a request that is refused whatever its route */
  check(request: Request, pathname: string, path: string): void;
  /** Headers that all answers have; those made by {@link answerWith} have them from the start. */
  headers(exchange: Exchange): Record<string, string>;
}

export interface Dialect {
  /** Never rejects. */
  fetch(request: Request, identity: Identity): Promise<Response>;
}

/** Any other is somebody's own word, and may be one that means something to JavaScript, such as `constructor`. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Where Hono finds the path that it routes by: in what {@link dialect} hands it. */
export const inExchange = {
  getPath: (request: Request, given?: { env?: Exchange }) => given?.env?.path ?? pathnameOf(request),
};

/**
 * @param app made with {@link inExchange}, with its routes. What holds for all of them is done here and not in a
 * middleware, so that Hono has only the route itself to call.
 */
export function dialect<E extends Env>(app: Hono<E>, service: Service, manner: Manner): Dialect {
  const { errorResponse, unknownMethod, unknownRoute } = manner;

  app.notFound((c) => {
    const { method, path } = c.req;
    const other = app.routes.some(
      (route) => route.method !== 'ALL' && route.method !== method && matches(route.path, path),
    );
    const error = (other ? unknownMethod : unknownRoute)(method, pathnameOf(c.req));
    return errorResponse(error, c.env.requestId);
  });

  app.onError((thrown, c) => {
    // What the upstream says to a call made on the way (a vector store, a file) is said to the client.
    const error = thrown instanceof UpstreamError ? thrown.toApiError() : thrown;
    if (!(error instanceof ApiError) || error.status >= 500) {
      const details = { request_id: c.env.requestId, method: c.req.method, path: c.req.path };
      service.onError(error, details, c.env.identity);
    }
    return errorResponse(error, c.env.requestId);
  });

  return {
    async fetch(request, identity) {
      const pathname = pathnameOf(request);
      const exchange: Exchange = {
        identity,
        service,
        requestId: manner.newRequestId(),
        path: manner.routePath(pathname),
        startedAt: performance.now(),
      };
      try {
        if (!METHODS.has(request.method)) throw unknownMethod(request.method, pathname);
        manner.check(request, pathname, exchange.path);
      } catch (error) {
        return errorResponse(error, exchange.requestId);
      }
      const response = await app.fetch(request, exchange);
      if (response !== exchange.made?.response) {
        // Not by Hono's `c.header`, which makes a new response out of one that is there.
        for (const [name, value] of Object.entries(manner.headers(exchange)))
          response.headers.set(name, value);
      }
      return response;
    },
  };
}

/** Whether a concrete path is one of a route's, e.g. `/threads/:thread_id`. */
function matches(route: string, path: string): boolean {
  const [wanted, given] = [route.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}
