/** What every route of this dialect works with. */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Scope } from '../../runs/scope.ts';
import { type AnyEnv, answerWith } from '../context.ts';
import { responseHeaders } from './headers.ts';
import { readBody } from './parse.ts';
import { checkId } from './paths.ts';
import type { Bodies } from './schemas.ts';
import { checkStoreIds } from './store-ids.ts';
import { validate } from './validation.ts';

export interface Env extends AnyEnv {
  /** `bodies`: of POST requests. */
  Variables: AnyEnv['Variables'] & { bodies: Bodies };
}

export type Ctx = Context<Env>;

export function scopeOf(c: Ctx): Promise<Scope> {
  const { idsAhead } = c.var;
  return c.env.service.scopeFor(c.env.identity, idsAhead && { idsAhead });
}

/** The JSON body as it was sent; it can be asked for again. */
export async function jsonOf(c: Ctx): Promise<unknown> {
  const { identity, service } = c.env;
  const body = c.var.body ?? { json: await readBody(identity.text ?? c.req.raw, service.maxBodyBytes) };
  c.set('body', body);
  return body.json;
}

/** The JSON body, validated; 4xx errors carry the contract's texts. */
export async function bodyOf<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  const body = validate(schema, await jsonOf(c));
  checkStoreIds(body, c.env.service.profileFor(c.env.identity).vectorStoreIdPrefix);
  return body;
}

export function queryOf<T>(c: Ctx, schema: z.ZodType<T>): T {
  const { url } = c.req;
  return validate(schema, url.includes('?') ? new URL(url).searchParams : new URLSearchParams());
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

/** An object as the answer, of status 200. */
export function answer(c: Ctx, object: object, headers: Record<string, string> = {}): Response {
  return answerWith(c.env, object, { ...headers, ...responseHeaders(c.env) });
}
