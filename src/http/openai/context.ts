/** What every route of this dialect works with. */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Scope } from '../../runs/scope.ts';
import type { Identity, Service } from '../service.ts';
import { readBody } from './parse.ts';
import { checkId } from './paths.ts';
import { validate } from './validation.ts';

export interface Env {
  Bindings: { identity: Identity };
  Variables: { service: Service; requestId: string; startedAt: number };
}

export type Ctx = Context<Env>;

export function scopeOf(c: Ctx): Promise<Scope> {
  return c.var.service.scopeFor(c.env.identity);
}

/** The JSON body, validated; 4xx errors carry the contract's texts. */
export async function bodyOf<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  return validate(schema, await readBody(c.req.raw, c.var.service.maxBodyBytes));
}

export function queryOf<T>(c: Ctx, schema: z.ZodType<T>): T {
  return validate(schema, new URL(c.req.url).searchParams);
}

const PREFIX = {
  thread_id: 'thread',
  run_id: 'run',
  message_id: 'msg',
  assistant_id: 'asst',
  step_id: 'step',
} as const;

/** An id out of the path, its prefix checked (§2.9 #12). */
export function idOf(c: Ctx, param: keyof typeof PREFIX): string {
  const value = c.req.param(param) ?? '';
  checkId(param, value, PREFIX[param]);
  return value;
}
