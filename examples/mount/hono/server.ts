/**
 * The Assistants API inside a Hono app, at /v1.
 *
 *     npm install rethread hono @hono/node-server
 *
 * On Bun, Deno and Workers the last lines are your platform's; the rest stays as it is.
 */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createAssistants } from 'rethread';

const assistants = createAssistants({ store: process.env.RETHREAD_STORE ?? 'file:.rethread' });

const app = new Hono();
app.get('/', (c) => c.text('The rest of your app.'));
// Put your own check of who may come in before this line.
app.all('/v1/*', (c) => assistants.fetch(c.req.raw));

export const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) });
server.on('close', () => assistants.close());
