/** DashScope's Assistant API: its routes, and what holds for each of them (docs/contracts/dashscope.md §A). */
import { Hono } from 'hono';
import { ApiError, badRequest } from '../../assistants/errors.ts';
import { UpstreamError } from '../../upstream/client.ts';
import type { Service } from '../service.ts';
import { assistants } from './assistants.ts';
import type { Env } from './context.ts';
import { errorResponse, newRequestId } from './envelope.ts';
import { files } from './files.ts';
import { messages } from './messages.ts';
import { dashScopeRoute } from './route.ts';
import { runs, threadAndRun } from './runs.ts';
import { steps } from './steps.ts';
import { threads } from './threads.ts';

/** Any other is somebody's own word, and may be one that means something to JavaScript, such as `constructor`. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Never rejects. */
export function dashScopeDialect(service: Service) {
  const app = new Hono<Env>({ getPath: (request) => pathOf(new URL(request.url).pathname) });

  app.use(async (c, next) => {
    c.set('service', service);
    c.set('requestId', newRequestId());
    await next();
    c.res.headers.set('x-request-id', c.get('requestId'));
  });

  app.route('/assistants', assistants);
  // Before /threads/:thread_id, which would take "runs" for a thread's id.
  app.post('/threads/runs', threadAndRun);
  app.route('/threads/:thread_id/runs/:run_id/steps', steps);
  app.route('/threads/:thread_id/runs', runs);
  app.route('/threads/:thread_id/messages', messages);
  app.route('/threads', threads);
  app.route('/files', files);

  app.notFound((c) => {
    // An SDK turns an empty id into `/threads/` or `/threads//messages`.
    if (/\/(\/|$)/.test(c.req.path))
      return errorResponse(badRequest('The id in the URL is empty.'), c.get('requestId'));
    const other = app.routes.some(
      ({ method, path }) => method !== 'ALL' && method !== c.req.method && matches(path, c.req.path),
    );
    const error = other ? unknownMethod(c.req.method) : new ApiError('Not found!', { status: 404 });
    return errorResponse(error, c.get('requestId'));
  });

  app.onError((thrown, c) => {
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
      return errorResponse(unknownMethod(request.method), newRequestId());
    },
  };
}

const unknownMethod = (method: string) =>
  new ApiError(`${method} is not allowed for this URL.`, { status: 405 });

const pathOf = (pathname: string) => dashScopeRoute(pathname) ?? pathname;

/** Whether a concrete path is one of a route's, e.g. `/threads/:thread_id`. */
function matches(route: string, path: string): boolean {
  const [wanted, given] = [route.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}
