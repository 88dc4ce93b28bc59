/**
 * The request bodies and queries of this dialect (§A.3 to §A.7). What is optional may be null, since SDKs send null for what
 * was not set, and members that are not listed are passed over.
 */
import { z } from 'zod';
import type { AssistantTool } from '../../assistants/types.ts';
import { parseOptions } from '../openai/expectations.ts';
import {
  metadata as checkedMetadata,
  decimal,
  integer,
  jsonSchema,
  list,
  refuse,
  text,
} from '../openai/fields.ts';
import * as problems from '../openai/problems.ts';

const LONGEST_TEXT = 10_485_760;

const optional = <T extends z.ZodType>(field: T) =>
  field.nullish().transform((value) => value ?? undefined) as z.ZodType<z.output<T> | undefined>;

const words = optional(text({ max: LONGEST_TEXT }));

/** Overrides of a run: an empty one overrides nothing. */
const override = words.transform((value) => value || undefined);

/**
 * Up to 16 pairs (§A.3). Values that are no texts are kept as texts. The Python SDK sends null for what was not set, so
 * null changes nothing (§A.4).
 */
const metadata = z
  .preprocess((value) => (isPlain(value) ? asTexts(value) : value), checkedMetadata)
  .optional()
  .transform((value) => value ?? undefined);

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asTexts = (pairs: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(pairs).map(([key, value]) => [
      key,
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
    ]),
  );

const fileId = text({ max: 512, filled: true });
const fileIds = optional(list(fileId, { of: 'strings', max: 10_000 }));

// Tools (§A.10)

const type = text({ max: 256, filled: true });

const functionTool = z
  .object({
    type,
    function: z.object({
      name: text({ max: 256, filled: true }),
      description: words,
      parameters: optional(jsonSchema),
    }),
  })
  .transform(({ function: { name, description, parameters } }) => ({
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      ...(parameters !== undefined && { parameters }),
    },
  }));

/** Kept as it came, whatever its type: which types can be run is asked when a run is made. */
const otherTool = jsonSchema.pipe(z.looseObject({ type }));

const tool = z.unknown().transform((value, field): AssistantTool => {
  const schema = isPlain(value) && value['type'] === 'function' ? functionTool : otherTool;
  const { success, data, error } = schema.safeParse(value, parseOptions);
  if (success) return data as AssistantTool;
  field.issues.push({ ...error.issues[0] } as z.core.$ZodRawIssue);
  return z.NEVER;
});

const tools = optional(list(tool, { max: 128 }));

// Sampling

const sampling = {
  temperature: optional(decimal(0, 2)),
  top_p: optional(decimal(0, 1)),
  top_k: optional(integer(0)),
  max_tokens: optional(integer(1)),
};

// Assistants (§A.4)

const model = text({ max: 512, filled: true });

const assistantFields = {
  name: words,
  description: words,
  instructions: words,
  tools,
  file_ids: fileIds,
  metadata,
  ...sampling,
};

/** POST /assistants */
export const assistantCreate = z.object({ model, ...assistantFields });
export type AssistantCreate = z.output<typeof assistantCreate>;

/** POST /assistants/{assistant_id}; the vendor's own sample leaves `model` out */
export const assistantUpdate = z.object({ model: optional(model), ...assistantFields });
export type AssistantUpdate = z.output<typeof assistantUpdate>;

/** POST /assistants/{assistant_id}/files */
export const assistantFileCreate = z.object({ file_id: fileId });

// Threads and messages (§A.5, §A.6)

/** Java's client lets `assistant` through as well. */
export const messageCreate = z.object({
  role: z.enum(['user', 'assistant']),
  content: text({ max: LONGEST_TEXT, filled: true }),
  file_ids: fileIds,
  metadata,
});
export type MessageCreate = z.output<typeof messageCreate>;

/** POST /threads */
export const threadCreate = z.object({ messages: optional(list(messageCreate)), metadata });
export type ThreadCreate = z.output<typeof threadCreate>;

/** POST on a thread, a message or a run that exists */
export const metadataUpdate = z.object({ metadata });

// Runs (§A.7)

const truncationStrategy = z.object({
  type: z.enum(['auto', 'last_messages']),
  last_messages: optional(integer(1)),
});

/** Java sends more than the API documents; a value it cannot mean is passed over. */
const toolChoice = z
  .union([
    z.enum(['none', 'auto', 'required']),
    z.object({ type: z.literal('function'), function: z.object({ name: z.string().min(1) }) }),
  ])
  .optional()
  .catch(undefined);

const runFields = {
  assistant_id: text({ max: 512, filled: true }),
  model: override,
  instructions: override,
  additional_instructions: override,
  additional_messages: optional(list(messageCreate)),
  tools,
  metadata,
  stream: optional(z.boolean()),
  ...sampling,
  max_prompt_tokens: optional(integer(1)),
  max_completion_tokens: optional(integer(1)),
  truncation_strategy: optional(truncationStrategy),
  tool_choice: toolChoice,
  parallel_tool_calls: optional(z.boolean()),
};

/** POST /threads/{thread_id}/runs. `response_format`, which Java sends unasked, is none of its members. */
export const runCreate = z.object(runFields);
export type RunCreate = z.output<typeof runCreate>;

/** POST /threads/runs */
export const threadAndRunCreate = z.object({ ...runFields, thread: optional(threadCreate) });

/** POST …/submit_tool_outputs (§A.7.1) */
export const submitToolOutputs = z.object({
  tool_outputs: list(z.object({ tool_call_id: optional(z.string()), output: text({ max: LONGEST_TEXT }) })),
  stream: optional(z.boolean()),
});
export type ToolOutputs = z.output<typeof submitToolOutputs>['tool_outputs'];

// Lists (§A.3)

/** More than this is not given at once, whatever was asked for. */
const MAX_LIMIT = 100;

const limit = z.string().transform((digits, field): number => {
  const count = Number(digits);
  if (!/^-?\d+$/.test(digits))
    refuse({ value: digits, issues: field.issues }, problems.wrongType('an integer', digits));
  else if (count < 1)
    refuse(
      { value: digits, issues: field.issues },
      problems.numberOutOfBounds('integer', 'below', 1, digits),
    );
  return Math.min(count, MAX_LIMIT);
});

/** The first value of each key; one without a value counts as not sent. */
const firstValues = (query: unknown) =>
  Object.fromEntries([...(query as URLSearchParams)].filter(([, value]) => value !== '').reverse());

export const listQuery = z.preprocess(
  firstValues,
  z.object({
    limit: limit.optional(),
    order: z.enum(['asc', 'desc']).optional(),
    after: z.string().optional(),
    before: z.string().optional(),
  }),
);
export type ListQuery = z.output<typeof listQuery>;
