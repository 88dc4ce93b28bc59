/** What every route of this dialect works with. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { badRequest } from '../../assistants/errors.ts';
import { mintUuid } from '../../assistants/ids.ts';
import type { Scope } from '../../runs/scope.ts';
import { type AnyEnv, answerWith } from '../context.ts';
import { readJson, readLimited } from '../openai/parse.ts';
import { validate } from '../openai/validation.ts';
import { responseHeaders } from './envelope.ts';
import { messageIdIn } from './ids.ts';

export interface Env extends AnyEnv {
  Variables: AnyEnv['Variables'] & {
    /** The form, once it has been read. */
    form?: FormData;
  };
}

export type Ctx = Context<Env>;

/** What is made here gets UUIDs (§A.3). */
export function scopeOf(c: Ctx): Promise<Scope> {
  const { idsAhead } = c.var;
  return c.env.service.scopeFor(c.env.identity, { mintId: mintUuid, ...(idsAhead && { idsAhead }) });
}

/**
 * The JSON body; it can be asked for again. Nothing, null and the empty string count as `{}`: the Python SDK sends `""`
 * for a thread without arguments (§A.5).
 */
export async function jsonOf(c: Ctx): Promise<unknown> {
  if (c.var.body) return c.var.body.json;
  const value = (await readJson(c.req.raw, c.env.service.maxBodyBytes, notJson)) ?? {};
  const json = value === '' ? {} : value;
  c.set('body', { json });
  return json;
}

/** The same, validated. */
export async function bodyOf<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  return validate(schema, await jsonOf(c));
}

/** The form, read no further than the limit; it can be asked for again. */
export async function formOf(c: Ctx): Promise<FormData> {
  if (c.var.form) return c.var.form;
  const chunks = await readLimited(c.req.raw, c.env.service.maxBodyBytes);
  const headers = { 'content-type': c.req.header('content-type') ?? '' };
  try {
    const form = await new Response(new Blob(chunks as Uint8Array<ArrayBuffer>[]), { headers }).formData();
    c.set('form', form);
    return form;
  } catch {
    throw badRequest("Expected multipart/form-data with the files in parts named 'files'.");
  }
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

/** An object with its `request_id` (§A.1) as the answer, of status 200. */
export function answer(c: Ctx, object: object): Response {
  return answerWith(c.env, { ...object, request_id: c.env.requestId }, responseHeaders(c.env));
}
