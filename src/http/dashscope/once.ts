/** `Idempotency-Key` in this dialect (src/http/once.ts). */
import type { Next } from 'hono';
import { hash } from '../../store/hash.ts';
import { once } from '../once.ts';
import { type Ctx, formOf, jsonOf, scopeOf } from './context.ts';
import { presentAssistant, presentMessage, presentRun, presentThread } from './objects.ts';
import { streamRun } from './stream.ts';

export function onceInDashScope(c: Ctx, next: Next): Promise<Response | undefined> {
  return once(c, next, {
    dialect: 'dashscope',
    scope: () => scopeOf(c),
    content: async () => (c.req.path === '/files' ? partsOf(await formOf(c)) : jsonOf(c)),
    headers: [],
    show: {
      assistant: presentAssistant,
      thread: presentThread,
      message: (message) => presentMessage(message, 'one'),
      run: (run) => presentRun(run, 'created'),
    },
    // It is the id of a request, not of what was done (§A.1).
    again: (json) => JSON.stringify({ ...JSON.parse(json), request_id: c.env.requestId }),
    stream: (_scope, run, events) => streamRun(c, run, events),
  });
}

/** A form without its boundary, which every attempt makes up anew. */
function partsOf(form: FormData): Promise<unknown[]> {
  return Promise.all(
    [...form].map(async ([name, part]) => {
      if (typeof part === 'string') return [name, part];
      return [name, part.name, hash(new Uint8Array(await part.arrayBuffer()))];
    }),
  );
}
