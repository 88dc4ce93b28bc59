/** What every route of this dialect works with. */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { badRequest } from '../../assistants/errors.ts';
import { mintUuid } from '../../assistants/ids.ts';
import type { Scope } from '../../runs/scope.ts';
import { readJson } from '../openai/parse.ts';
import { validate } from '../openai/validation.ts';
import type { Identity, Service } from '../service.ts';
import { messageIdIn } from './ids.ts';

export interface Env {
  Bindings: { identity: Identity };
  Variables: { service: Service; requestId: string };
}

export type Ctx = Context<Env>;

/** What is made here gets UUIDs (§A.3). */
export function scopeOf(c: Ctx): Promise<Scope> {
  return c.get('service').scopeFor(c.env.identity, { mintId: mintUuid });
}

/**
 * The JSON body, validated. Nothing, null and the empty string count as `{}`: the Python SDK sends `""` for a thread
 * without arguments (§A.5).
 */
export async function bodyOf<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  const value = (await readJson(c.req.raw, c.get('service').maxBodyBytes, notJson)) ?? {};
  return validate(schema, value === '' ? {} : value);
}

const notJson = () => badRequest('The request body is not valid JSON in UTF-8.');

export function queryOf<T>(c: Ctx, schema: z.ZodType<T>): T {
  return validate(schema, new URL(c.req.url).searchParams);
}

/** An id out of the path. One that names nothing is a 404 of the domain, whatever it looks like. */
export function idOf(
  c: Ctx,
  param: 'assistant_id' | 'thread_id' | 'run_id' | 'message_id' | 'step_id',
): string {
  const value = c.req.param(param) ?? '';
  return param === 'message_id' ? messageIdIn(value) : value;
}

/** An object with its `request_id` (§A.1). */
export function answer(c: Ctx, object: object, status: ContentfulStatusCode = 200): Response {
  return c.json({ ...object, request_id: c.get('requestId') }, status);
}
