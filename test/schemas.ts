/**
 * Every object that the Assistants API sends, strict about keys and nulls (§1.7): to be run on each answer that a test gets.
 * Written from the contract, independent of the code under test.
 */
import { z } from 'zod';

import { deletedOf, errorEnvelope, listOf } from './schemas/envelopes.ts';
import { EVENTS } from './schemas/events.ts';
import { assistant, message, thread } from './schemas/messages.ts';
import { freshRun, run, step } from './schemas/runs.ts';

const ROUTES: readonly (readonly [method: string, path: RegExp, schema: z.ZodType])[] = [
  ['POST', /^\/assistants$/, assistant],
  ['GET', /^\/assistants$/, listOf(assistant)],
  ['GET', /^\/assistants\/[^/]+$/, assistant],
  ['POST', /^\/assistants\/[^/]+$/, assistant],
  ['DELETE', /^\/assistants\/[^/]+$/, deletedOf('asst_', 'assistant.deleted')],
  ['POST', /^\/threads\/runs$/, freshRun],
  ['POST', /^\/threads$/, thread],
  ['GET', /^\/threads$/, listOf(thread)],
  ['GET', /^\/threads\/[^/]+$/, thread],
  ['POST', /^\/threads\/[^/]+$/, thread],
  ['DELETE', /^\/threads\/[^/]+$/, deletedOf('thread_', 'thread.deleted')],
  ['GET', /\/messages$/, listOf(message)],
  ['POST', /\/messages$/, message],
  ['DELETE', /\/messages\/[^/]+$/, deletedOf('msg_', 'thread.message.deleted')],
  ['GET', /\/messages\/[^/]+$/, message],
  ['POST', /\/messages\/[^/]+$/, message],
  ['GET', /\/runs$/, listOf(run)],
  ['POST', /\/runs$/, freshRun],
  ['GET', /\/runs\/[^/]+\/steps$/, listOf(step)],
  ['GET', /\/runs\/[^/]+\/steps\/[^/]+$/, step],
  ['POST', /\/runs\/[^/]+\/(cancel|submit_tool_outputs)$/, run],
  ['GET', /\/runs\/[^/]+$/, run],
  ['POST', /\/runs\/[^/]+$/, run],
];

function check(schema: z.ZodType, value: unknown, what: string): void {
  const result = schema.safeParse(value);
  if (!result.success)
    throw new Error(
      `${what} is not as §1.7 has it:\n${z.prettifyError(result.error)}\n${JSON.stringify(value)}`,
    );
}

/**
 * Throws unless a JSON answer is legal for its route (§1.1): an object of the right kind with status 200, or the error envelope.
 * @param path with or without an origin, `/v1` and a query
 */
export function checkResponse(method: string, path: string, status: number, json: unknown): void {
  const what = `the answer to ${method} ${path}`;
  if (status >= 400) {
    check(errorEnvelope, json, what);
    return;
  }
  if (status !== 200) throw new Error(`${what} has status ${status}; every success is 200 (§1.1)`);
  const route = path.replace(/[?#].*$/, '').replace(/^.*?(?=\/(assistants|threads)(\/|$))/, '');
  const found = ROUTES.find(([m, pattern]) => m === method && pattern.test(route));
  if (!found) throw new Error(`${what}: no such route in §1.1`);
  check(found[2], json, what);
}

/** Throws unless this is an event of a run's stream with the object that belongs to it (§3.1). */
export function checkEvent(event: string, data: unknown): void {
  const schema = EVENTS.get(event);
  if (!schema) throw new Error(`no event is called ${event} (§3.1)`);
  check(schema, data, `the data of ${event}`);
}
