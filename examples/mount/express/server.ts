/**
 * The Assistants API inside an Express app, at /v1.
 *
 *     npm install rethread express @hono/node-server
 */
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { createAssistants } from 'rethread';

const assistants = createAssistants({ store: process.env.RETHREAD_STORE ?? 'file:.rethread' });

const app = express();
// Put your own check of who may come in before this line; and express.json() behind it, for it would take the bodies.
app.all('/v1/{*path}', getRequestListener(assistants.fetch));
app.use(express.json());
app.post('/echo', (request, response) => void response.json(request.body));

export const server = app.listen(Number(process.env.PORT ?? 3000));
server.on('close', () => assistants.close());
