/** DashScope's Assistant API: its routes, and what holds for each of them (docs/contracts/dashscope.md §A). */
import { Hono } from 'hono';
import { ApiError, badRequest } from '../../assistants/errors.ts';
import { type Dialect, dialect } from '../dialect.ts';
import type { Service } from '../service.ts';
import { assistants } from './assistants.ts';
import type { Env } from './context.ts';
import { errorResponse, newRequestId } from './envelope.ts';
import { files } from './files.ts';
import { messages } from './messages.ts';
import { onceInDashScope } from './once.ts';
import { dashScopeRoute } from './route.ts';
import { runs, threadAndRun } from './runs.ts';
import { steps } from './steps.ts';
import { threads } from './threads.ts';

export function dashScopeDialect(service: Service): Dialect {
  const app = new Hono<Env>({ getPath: (request) => pathOf(new URL(request.url).pathname) });

  app.use(async (c, next) => {
    c.set('service', service);
    c.set('requestId', newRequestId());
    // An SDK turns an empty id into `/threads/` or `/threads//messages`.
    if (/\/(\/|$)/.test(c.req.path)) throw badRequest('The id in the URL is empty.');
    await next();
    c.res.headers.set('x-request-id', c.get('requestId'));
  });

  app.use(onceInDashScope);

  app.route('/assistants', assistants);
  // Before /threads/:thread_id, which would take "runs" for a thread's id.
  app.post('/threads/runs', threadAndRun);
  app.route('/threads/:thread_id/runs/:run_id/steps', steps);
  app.route('/threads/:thread_id/runs', runs);
  app.route('/threads/:thread_id/messages', messages);
  app.route('/threads', threads);
  app.route('/files', files);

  return dialect(app, service, { newRequestId, errorResponse, unknownMethod, unknownRoute });
}

const unknownMethod = (method: string) =>
  new ApiError(`${method} is not allowed for this URL.`, { status: 405 });

const unknownRoute = () => new ApiError('Not found!', { status: 404 });

const pathOf = (pathname: string) => dashScopeRoute(pathname) ?? pathname;
