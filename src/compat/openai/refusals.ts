/** Checks that say which request is refused, or taken, as rows of a table. */
import type { Check, Evidence, Need } from '../check.ts';
import type { Context } from '../context.ts';
import type { ExpectedError } from '../received.ts';
import { op } from './operations.ts';
import { aThread, newAssistant, newMessage, newThread, plainRun, waitingRun } from './world.ts';

type Value = unknown | ((t: Context) => Promise<unknown>);

export interface Row {
  id: string;
  /** Of POST; what it is about says where the request goes. */
  operation: string;
  /** Completes "POST /assistants refuses …" or "POST /assistants takes …". */
  what: string;
  body: Value;
  section?: string;
  evidence?: readonly Evidence[];
  needs?: readonly Need[];
  takes?: Check['takes'];
}

export interface Refusal extends Row {
  error: Omit<ExpectedError, 'status'>;
}

export interface Taken extends Row {
  /** What the answer has, by path. */
  gives?: Record<string, unknown>;
}

/** Where a POST of an operation goes, to something of the check's own. */
const places: Record<string, (t: Context) => Promise<string>> = {
  [op.createAssistant]: async () => '/assistants',
  [op.modifyAssistant]: async (t) => `/assistants/${await newAssistant(t)}`,
  [op.createThread]: async () => '/threads',
  [op.modifyThread]: async (t) => `/threads/${await newThread(t)}`,
  [op.createMessage]: async (t) => `/threads/${await newThread(t)}/messages`,
  async [op.modifyMessage](t) {
    const threadId = await newThread(t);
    return `/threads/${threadId}/messages/${await newMessage(t, threadId)}`;
  },
  [op.createThreadAndRun]: async () => '/threads/runs',
  [op.createRun]: async (t) =>
    `/threads/${await newThread(t, { messages: [{ role: 'user', content: 'Hello' }] })}/runs`,
  async [op.modifyRun](t) {
    const { threadId, runId } = await plainRun(t);
    return `/threads/${threadId}/runs/${runId}`;
  },
  async [op.submit](t) {
    const { threadId, runId } = await waitingRun(t);
    return `/threads/${threadId}/runs/${runId}/submit_tool_outputs`;
  },
  [op.listMessages]: async (t) => `/threads/${await aThread(t)}/messages`,
};

const NEEDS: Record<string, readonly Need[]> = { [op.modifyRun]: ['model'], [op.submit]: ['model', 'tools'] };

const sent = async (t: Context, { operation, body }: Row) => {
  const place = await places[operation]?.(t);
  if (place === undefined) throw new Error(`nowhere to send a request of ${operation}`);
  return t.post(place, typeof body === 'function' ? await body(t) : body);
};

const common = ({ id, operation, section, evidence, needs = [], takes }: Row) => ({
  id,
  operation,
  needs: [...needs, ...(NEEDS[operation] ?? [])],
  ...(section !== undefined && { section }),
  ...(evidence && { evidence }),
  ...(takes && { takes }),
});

export const refused = (row: Refusal) => ({
  ...common(row),
  title: `${row.operation} refuses ${row.what}.`,
  run: async (t: Context) => {
    (await sent(t, row)).error({ status: 400, type: 'invalid_request_error', ...row.error });
  },
});

export const taken = (row: Taken) => ({
  ...common(row),
  title: `${row.operation} takes ${row.what}.`,
  run: async (t: Context) => {
    (await sent(t, row)).ok().fields(row.gives ?? {});
  },
});

// The platform's sentences (§2.9 #14-20)

export const unknown = (param: string) => ({
  message: `Unknown parameter: '${param}'.`,
  param,
  code: 'unknown_parameter',
});

export const missing = (param: string) => ({
  message: `Missing required parameter: '${param}'.`,
  param,
  code: 'missing_required_parameter',
});

export const tooLong = (param: string, most: number, length = most + 1) => ({
  message: `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${length} instead.`,
  param,
  code: 'string_above_max_length',
});

export const tooMany = (param: string, most: number, length = most + 1) => ({
  message: `Invalid '${param}': array too long. Expected an array with maximum length ${most}, but got an array with length ${length} instead.`,
  param,
  code: 'array_above_max_length',
});

export const wrongType = (param: string, expected: string, got: string) => ({
  message: `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`,
  param,
  code: 'invalid_type',
});

export const notOneOf = (param: string, value: string, supported: string) => ({
  message: `Invalid value: '${value}'. Supported values are: ${supported}.`,
  param,
  code: 'invalid_value',
});
