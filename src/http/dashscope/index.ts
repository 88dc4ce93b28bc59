/** DashScope's Assistant API: its routes, and what holds for each of them (docs/contracts/dashscope.md §A). */
import { Hono } from 'hono';
import { ApiError, badRequest } from '../../assistants/errors.ts';
import { type Dialect, dialect, inExchange } from '../dialect.ts';
import type { Service } from '../service.ts';
import { assistants } from './assistants.ts';
import type { Env } from './context.ts';
import { errorResponse, newRequestId, responseHeaders } from './envelope.ts';
import { files } from './files.ts';
import { messages } from './messages.ts';
import { onceInDashScope } from './once.ts';
import { dashScopeRoute } from './route.ts';
import { runs } from './runs.ts';
import { steps } from './steps.ts';
import { threads } from './threads.ts';

export function dashScopeDialect(service: Service): Dialect {
  const app = new Hono<Env>(inExchange);

  app.post('*', onceInDashScope);

  app.route('/assistants', assistants);
  app.route('/threads/:thread_id/runs/:run_id/steps', steps);
  app.route('/threads/:thread_id/runs', runs);
  app.route('/threads/:thread_id/messages', messages);
  app.route('/threads', threads);
  app.route('/files', files);

  return dialect(app, service, {
    newRequestId,
    errorResponse,
    unknownMethod,
    unknownRoute,
    routePath: (pathname) => dashScopeRoute(pathname) ?? pathname,
    check(_request, _pathname, path) {
      // An SDK turns an empty id into `/threads/` or `/threads//messages`.
      if (/\/(\/|$)/.test(path)) throw badRequest('The id in the URL is empty.');
    },
    headers: responseHeaders,
  });
}

const unknownMethod = (method: string) =>
  new ApiError(`${method} is not allowed for this URL.`, { status: 405 });

const unknownRoute = () => new ApiError('Not found!', { status: 404 });
