/** What every dialect does with a request that has no route, or that fails: only the words differ. */
import type { Hono } from 'hono';
import { ApiError } from '../assistants/errors.ts';
import { UpstreamError } from '../upstream/client.ts';
import type { Identity, Service } from './service.ts';

interface Env {
  Bindings: { identity: Identity };
  Variables: { requestId: string };
}

/** Its words. */
export interface Manner {
  newRequestId(): string;
  /** A complete answer for anything that was thrown. */
  errorResponse(error: unknown, requestId: string): Response;
  /** A route that exists, but not under this method. */
  unknownMethod(method: string, pathname: string): ApiError;
  unknownRoute(method: string, pathname: string): ApiError;
}

export interface Dialect {
  /** Never rejects. */
  fetch(request: Request, env: Env['Bindings']): Promise<Response>;
}

/** Any other is somebody's own word, and may be one that means something to JavaScript, such as `constructor`. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** @param app with its routes, and a middleware that sets `requestId` before them */
export function dialect<E extends Env>(app: Hono<E>, service: Service, manner: Manner): Dialect {
  const { newRequestId, errorResponse, unknownMethod, unknownRoute } = manner;

  app.notFound((c) => {
    const { method, path } = c.req;
    const other = app.routes.some(
      (route) => route.method !== 'ALL' && route.method !== method && matches(route.path, path),
    );
    const error = (other ? unknownMethod : unknownRoute)(method, new URL(c.req.url).pathname);
    return errorResponse(error, c.get('requestId'));
  });

  app.onError((thrown, c) => {
    // What the upstream says to a call made on the way (a vector store, a file) is said to the client.
    const error = thrown instanceof UpstreamError ? thrown.toApiError() : thrown;
    if (!(error instanceof ApiError) || error.status >= 500) {
      const details = { request_id: c.get('requestId'), method: c.req.method, path: c.req.path };
      service.onError(error, details, c.env.identity);
    }
    return errorResponse(error, c.get('requestId'));
  });

  return {
    async fetch(request, env) {
      if (METHODS.has(request.method)) return app.fetch(request, env);
      return errorResponse(unknownMethod(request.method, new URL(request.url).pathname), newRequestId());
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
