/** The OpenAI dialect of the Assistants API, version 2: its routes, and what holds for each of them (§1.1, §1.2). */
import { Hono } from 'hono';
import { ApiError } from '../../assistants/errors.ts';
import { UpstreamError } from '../../upstream/client.ts';
import type { Service } from '../service.ts';
import { assistants } from './assistants.ts';
import type { Env } from './context.ts';
import { errorResponse, newRequestId, unknownMethod, unknownRoute } from './envelope.ts';
import { files } from './files.ts';
import { checkBetaHeader, responseHeaders } from './headers.ts';
import { messages } from './messages.ts';
import { once } from './once.ts';
import { checkPath } from './paths.ts';
import { routePath } from './route.ts';
import { runs, threadAndRun } from './runs.ts';
import { bodiesWith } from './schemas.ts';
import { steps } from './steps.ts';
import { threads } from './threads.ts';

/** Any other is somebody's own word, and may be one that means something to JavaScript, such as `constructor`. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Never rejects. */
export function openaiDialect(service: Service) {
  const bodies = bodiesWith(service.knowsTool);
  const app = new Hono<Env>({ getPath: (request) => routePath(new URL(request.url).pathname) });

  app.use(async (c, next) => {
    c.set('service', service);
    c.set('bodies', bodies);
    c.set('startedAt', performance.now());
    c.set('requestId', newRequestId());
    checkPath(new URL(c.req.url).pathname);
    if (/^\/(assistants|threads)(\/|$)/.test(c.req.path)) checkBetaHeader(c.req.raw.headers);
    await next();
    // Not by `c.header`, which makes a new response out of one that is there.
    for (const [name, value] of Object.entries(responseHeaders(c.get('requestId'), c.get('startedAt')))) {
      c.res.headers.set(name, value);
    }
  });

  app.use(once);

  app.route('/assistants', assistants);
  // Before /threads/:thread_id, which would take "runs" for a thread's id.
  app.post('/threads/runs', threadAndRun);
  app.route('/threads/:thread_id/runs/:run_id/steps', steps);
  app.route('/threads/:thread_id/runs', runs);
  app.route('/threads/:thread_id/messages', messages);
  app.route('/threads', threads);
  app.route('/files', files);

  app.notFound((c) => {
    const { pathname } = new URL(c.req.url);
    const other = app.routes.some(
      ({ method, path }) => method !== 'ALL' && matches(path, c.req.path) && method !== c.req.method,
    );
    const error = other ? unknownMethod(c.req.method, pathname) : unknownRoute(c.req.method, pathname);
    return errorResponse(error, c.get('requestId'));
  });

  app.onError((thrown, c) => {
    // What the upstream says to a call made on the way (a vector store, a file) is said to the client (§2.9 no. 21).
    const error = thrown instanceof UpstreamError ? thrown.toApiError() : thrown;
    if (!(error instanceof ApiError) || error.status >= 500) {
      const details = { request_id: c.get('requestId'), method: c.req.method, path: c.req.path };
      service.onError(error, details, c.env.identity);
    }
    return errorResponse(error, c.get('requestId'));
  });
  return {
    async fetch(request: Request, env: Env['Bindings']): Promise<Response> {
      if (METHODS.has(request.method)) return app.fetch(request, env);
      const { pathname } = new URL(request.url);
      return errorResponse(unknownMethod(request.method, pathname), newRequestId());
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
