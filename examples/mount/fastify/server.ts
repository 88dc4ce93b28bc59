/**
 * The Assistants API inside a Fastify app, at /v1.
 *
 *     npm install rethread fastify @hono/node-server
 */
import { getRequestListener } from '@hono/node-server';
import Fastify from 'fastify';
import { createAssistants } from 'rethread';

const assistants = createAssistants({ store: process.env.RETHREAD_STORE ?? 'file:.rethread' });
const listener = getRequestListener(assistants.fetch);

const app = Fastify();
app.post('/echo', async (request) => request.body);

// A scope of its own: there, and only there, Fastify leaves the bodies alone.
app.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _body, done) => done(null));
  // Put your own check of who may come in here, e.g. scope.addHook('onRequest', …).
  scope.all('/v1/*', async (request, reply) => {
    reply.hijack();
    await listener(request.raw, reply.raw);
  });
});
app.addHook('onClose', () => assistants.close());

await app.listen({ port: Number(process.env.PORT ?? 3000) });
export const { server } = app;
