/**
 * What an export consists of and an import takes: the objects of the Assistants API as its routes answer them (§1.7), one
 * of them being one entry. Whoever kept answers of the original, or of DashScope, can bring them along as they are.
 *
 * An export of rethread adds a first line, `{"object":"rethread.export"}`, a member `rethread` to runs, and the files
 * that runs made, with their bytes.
 */
import { z } from 'zod';
import { resolveTools } from '../assistants/tools.ts';
import {
  type Assistant,
  type Attachment,
  type Message,
  type Run,
  type RunStep,
  TERMINAL_STATUSES,
  type Thread,
  type ToolResources,
} from '../assistants/types.ts';
import type { FileObject } from '../files/minted.ts';
import { fromDashScope, isDashScope } from './from-dashscope.ts';

/** What a run keeps beside what its object shows. */
export interface RunExtra {
  /** Ids of the files it made. */
  files: string[];
  resources: ToolResources;
}

export type Entry =
  | { type: 'header' }
  | { type: 'assistant'; value: Assistant }
  | { type: 'thread'; value: Thread }
  | { type: 'message'; value: Message }
  | { type: 'run'; value: Run; extra?: RunExtra | undefined }
  | { type: 'step'; value: RunStep }
  | { type: 'file'; value: FileObject; content: string };

export const HEADER = { object: 'rethread.export', version: 1 } as const;

/** Something that is no object of the Assistants API, or not whole. */
export class EntryError extends Error {}

const id = (prefix: string) =>
  z
    .string()
    .max(512, 'longer than 512 characters')
    .startsWith(prefix, `expected an id that begins with '${prefix}'`);
const time = z.number('expected a time in seconds since 1970').int().min(0);
const metadata = z.record(z.string(), z.string()).nullish();
const resources = z.looseObject({}).nullish();

const part = z.union(
  [
    z.looseObject({
      type: z.literal('text'),
      text: z.looseObject({ value: z.string(), annotations: z.array(z.looseObject({})).optional() }),
    }),
    z.looseObject({ type: z.literal('image_file'), image_file: z.looseObject({ file_id: z.string() }) }),
    z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
    z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  { error: 'expected a text, image_file, image_url or refusal part' },
);

const schemas = {
  assistant: z.looseObject({
    id: id('asst'),
    created_at: time,
    model: z.string().min(1),
    tools: z.array(z.looseObject({ type: z.string() })).nullish(),
    tool_resources: resources,
    metadata,
  }),
  thread: z.looseObject({ id: id('thread'), created_at: time, tool_resources: resources, metadata }),
  'thread.message': z.looseObject({
    id: id('msg'),
    created_at: time,
    thread_id: id('thread'),
    role: z.enum(['user', 'assistant']),
    content: z.array(part),
    attachments: z.array(z.looseObject({})).nullish(),
    file_ids: z.array(z.string()).nullish(),
    run_id: z.string().nullish(),
    status: z.enum(['in_progress', 'incomplete', 'completed']).nullish(),
    metadata,
  }),
  'thread.run': z.looseObject({
    id: id('run'),
    created_at: time,
    thread_id: id('thread'),
    assistant_id: z.string(),
    status: z.enum([
      'queued',
      'in_progress',
      'requires_action',
      'cancelling',
      'cancelled',
      'failed',
      'completed',
      'incomplete',
      'expired',
    ]),
    tools: z.array(z.looseObject({ type: z.string() })).nullish(),
    metadata,
    rethread: z.object({ files: z.array(z.string()), resources: z.looseObject({}) }).optional(),
  }),
  'thread.run.step': z.looseObject({
    id: id('step'),
    created_at: time,
    thread_id: id('thread'),
    run_id: id('run'),
    status: z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired']),
    type: z.enum(['message_creation', 'tool_calls']),
    step_details: z.looseObject({ type: z.enum(['message_creation', 'tool_calls']) }),
    metadata,
  }),
  file: z.looseObject({ id: id('file'), created_at: time, filename: z.string(), content: z.base64() }),
};

type Kind = keyof typeof schemas;
type Given<K extends Kind> = z.infer<(typeof schemas)[K]>;

const isKind = (name: unknown): name is Kind => typeof name === 'string' && Object.hasOwn(schemas, name);

/** One object, checked, with what older versions of the API left out filled in. @throws EntryError says what is wrong */
export function parseEntry(json: unknown): Entry {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new EntryError('expected an object of the Assistants API');
  return parseObject(isDashScope(json) ? fromDashScope(json) : json);
}

function parseObject(json: object): Entry {
  const { object } = json as { object?: unknown };
  if (object === HEADER.object) return headerOf(json);
  if (!isKind(object)) {
    throw new EntryError(
      `expected an object of the Assistants API, whose member 'object' is one of ${Object.keys(schemas).join(', ')}; got ${shown(object)}`,
    );
  }
  const { success, error } = schemas[object].safeParse(json);
  // The object itself, whose members then stay in their order.
  if (success) return builders[object](json as never);
  const [issue] = error.issues;
  throw new EntryError(`${object}: ${issue?.path.join('.')}: ${issue?.message}`);
}

const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value)?.slice(0, 60));

function headerOf(json: object): Entry {
  const { version } = json as { version?: unknown };
  if (version !== HEADER.version)
    throw new EntryError(`this export has version ${shown(version)}; install a newer rethread to import it`);
  return { type: 'header' };
}

const builders: { [K in Kind]: (given: Given<K>) => Entry } = {
  assistant: (given) => ({ type: 'assistant', value: assistantOf(given) }),
  thread: (given) => ({
    type: 'thread',
    value: filled(given, { tool_resources: {}, metadata: {} }) as unknown as Thread,
  }),
  'thread.message': (given) => ({ type: 'message', value: messageOf(given) }),
  'thread.run': (given) => ({
    type: 'run',
    value: runOf(given),
    extra: given.rethread as RunExtra | undefined,
  }),
  'thread.run.step': (given) => ({ type: 'step', value: stepOf(given) }),
  file: ({ content, ...file }) => ({ type: 'file', value: file as unknown as FileObject, content }),
};

/** What is missing, or null where that means nothing, is added at the end. */
function filled<T extends object>(given: T, defaults: Record<string, unknown>): T {
  const missing = Object.entries(defaults).filter(([name, value]) => {
    const own = (given as Record<string, unknown>)[name];
    return own === undefined || (own === null && value !== null);
  });
  return { ...given, ...Object.fromEntries(missing) };
}

/** Version 1 called file search "retrieval". */
const toolsOf = (tools: { type: string }[] | null | undefined) =>
  resolveTools(
    (tools ?? []).map((tool) => (tool.type === 'retrieval' ? { type: 'file_search' } : tool)) as never,
  );

function assistantOf({ file_ids: _, ...given }: Given<'assistant'>): Assistant {
  const tools = toolsOf(given.tools);
  return filled(
    { ...given, tools },
    {
      name: null,
      description: null,
      instructions: null,
      top_p: 1,
      temperature: 1,
      reasoning_effort: null,
      tool_resources: {},
      metadata: {},
      response_format: 'auto',
    },
  ) as unknown as Assistant;
}

function messageOf({ file_ids, ...given }: Given<'thread.message'>): Message {
  const attached = (file_ids ?? []).map(
    (file_id): Attachment => ({ file_id, tools: [{ type: 'file_search' }] }),
  );
  const content = given.content.map((one) =>
    one.type === 'text' ? { ...one, text: filled(one.text as object, { annotations: [] }) } : one,
  );
  const { created_at, status } = given;
  return filled(
    {
      ...given,
      content,
      ...(given.run_id === '' && { run_id: null }),
      // Its run is not carried on here.
      ...(status === 'in_progress' && {
        status: 'incomplete',
        incomplete_at: created_at,
        incomplete_details: { reason: 'run_expired' },
      }),
    },
    {
      assistant_id: null,
      run_id: null,
      attachments: attached,
      metadata: {},
      status: 'completed',
      completed_at: status === 'incomplete' || status === 'in_progress' ? null : created_at,
      incomplete_at: null,
      incomplete_details: null,
    },
  ) as unknown as Message;
}

function runOf({ rethread: _, ...given }: Given<'thread.run'>): Run {
  const over = TERMINAL_STATUSES.has(given.status);
  // Nobody carries it on here, and it must not hold its thread.
  const ended = over ? {} : { status: 'expired', expires_at: null, required_action: null };
  return filled(
    { ...given, tools: toolsOf(given.tools), ...ended },
    {
      started_at: null,
      expires_at: null,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      required_action: null,
      last_error: null,
      model: 'unknown',
      instructions: null,
      tool_resources: {},
      metadata: {},
      temperature: 1,
      top_p: 1,
      reasoning_effort: null,
      max_completion_tokens: null,
      max_prompt_tokens: null,
      truncation_strategy: { type: 'auto', last_messages: null },
      incomplete_details: null,
      usage: null,
      response_format: 'auto',
      tool_choice: 'auto',
      parallel_tool_calls: true,
    },
  ) as unknown as Run;
}

function stepOf(given: Given<'thread.run.step'>): RunStep {
  const ended = given.status === 'in_progress' ? { status: 'expired', expired_at: given.created_at } : {};
  return filled(
    { ...given, ...ended },
    {
      assistant_id: '',
      expires_at: null,
      expired_at: null,
      cancelled_at: null,
      completed_at: null,
      failed_at: null,
      last_error: null,
      usage: null,
      metadata: {},
    },
  ) as unknown as RunStep;
}
