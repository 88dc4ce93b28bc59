/** `Idempotency-Key` in this dialect (src/http/once.ts). */
import type { Next } from 'hono';
import { once } from '../once.ts';
import { type Ctx, jsonOf, scopeOf } from './context.ts';
import { presentObject } from './present.ts';
import { streamFrom } from './stream.ts';

const asIs = <T>(object: T): T => object;

export function onceInOpenAI(c: Ctx, next: Next): Promise<Response | undefined> {
  return once(c, next, {
    dialect: 'openai',
    scope: () => scopeOf(c),
    content: () => jsonOf(c),
    headers: ['openai-poll-after-ms'],
    show: { assistant: presentObject, thread: asIs, message: asIs, run: presentObject },
    again: asIs,
    stream: (scope, run, events, position) => streamFrom(c, scope, run, events, position),
  });
}
