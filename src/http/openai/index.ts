/** The OpenAI dialect of the Assistants API, version 2: its routes, and what holds for each of them (§1.1, §1.2). */
import { Hono } from 'hono';
import { type Dialect, dialect, inExchange } from '../dialect.ts';
import type { Service } from '../service.ts';
import { assistants } from './assistants.ts';
import type { Env } from './context.ts';
import { errorResponse, newRequestId, unknownMethod, unknownRoute } from './envelope.ts';
import { files } from './files.ts';
import { checkBetaHeader, responseHeaders } from './headers.ts';
import { messages } from './messages.ts';
import { onceInOpenAI } from './once.ts';
import { checkPath } from './paths.ts';
import { routePath } from './route.ts';
import { runs } from './runs.ts';
import { bodiesWith } from './schemas.ts';
import { steps } from './steps.ts';
import { threads } from './threads.ts';

export function openaiDialect(service: Service): Dialect {
  const bodies = bodiesWith(service.knowsTool);
  const app = new Hono<Env>(inExchange);

  // Here and not for all methods: a GET then has its route and nothing to go through on the way.
  app.post('*', (c, next) => {
    c.set('bodies', bodies);
    return onceInOpenAI(c, next);
  });

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
    routePath,
    check({ headers }, pathname, path) {
      checkPath(pathname);
      if (/^\/(assistants|threads)(\/|$)/.test(path)) checkBetaHeader(headers);
    },
    headers: responseHeaders,
  });
}
