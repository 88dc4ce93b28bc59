/** The objects of §1.7 and the events of §3, as far as every implementation must have them; more keys are welcome. */
import { z } from 'zod';

export const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[A-Za-z0-9]{24}$`));
/** Integer seconds; milliseconds don't fit (§1.3). */
export const seconds = z.int().min(1_000_000_000).max(9_999_999_999);
const maybe = <T extends z.ZodType>(schema: T) => schema.nullable();

export const usage = z
  .looseObject({
    prompt_tokens: z.int().min(0),
    completion_tokens: z.int().min(0),
    total_tokens: z.int().min(0),
  })
  .refine(
    (sum) => sum.total_tokens === sum.prompt_tokens + sum.completion_tokens,
    'total_tokens is not the sum',
  );

export const assistant = z.looseObject({
  id: z.string(),
  object: z.literal('assistant'),
  created_at: seconds,
  name: maybe(z.string()),
  description: maybe(z.string()),
  model: z.string(),
  instructions: maybe(z.string()),
  tools: z.array(z.looseObject({ type: z.string() })),
  top_p: maybe(z.number()),
  temperature: maybe(z.number()),
  tool_resources: maybe(z.looseObject({})),
  metadata: z.record(z.string(), z.string()),
  response_format: z.unknown(),
});

export const thread = z.looseObject({
  id: z.string(),
  object: z.literal('thread'),
  created_at: seconds,
  metadata: z.record(z.string(), z.string()),
  tool_resources: maybe(z.looseObject({})),
});

const part = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('text'),
    text: z.looseObject({ value: z.string(), annotations: z.array(z.looseObject({ type: z.string() })) }),
  }),
  z.looseObject({ type: z.literal('image_file'), image_file: z.looseObject({ file_id: z.string() }) }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

export const message = z.looseObject({
  id: z.string(),
  object: z.literal('thread.message'),
  created_at: seconds,
  assistant_id: maybe(z.string()),
  thread_id: z.string(),
  run_id: maybe(z.string()),
  role: z.enum(['user', 'assistant']),
  content: z.array(part),
  attachments: maybe(z.array(z.unknown())),
  metadata: z.record(z.string(), z.string()),
});

export const RUN_STATUSES = [
  'queued',
  'in_progress',
  'requires_action',
  'cancelling',
  'cancelled',
  'failed',
  'completed',
  'incomplete',
  'expired',
] as const;

export const run = z.looseObject({
  id: z.string(),
  object: z.literal('thread.run'),
  created_at: seconds,
  assistant_id: z.string(),
  thread_id: z.string(),
  status: z.enum(RUN_STATUSES),
  started_at: maybe(seconds),
  expires_at: maybe(seconds),
  cancelled_at: maybe(seconds),
  failed_at: maybe(seconds),
  completed_at: maybe(seconds),
  required_action: maybe(z.looseObject({ type: z.literal('submit_tool_outputs') })),
  last_error: maybe(z.looseObject({ code: z.string(), message: z.string() })),
  model: z.string(),
  instructions: maybe(z.string()),
  tools: z.array(z.looseObject({ type: z.string() })),
  metadata: z.record(z.string(), z.string()),
  usage: maybe(usage),
});

export const step = z.looseObject({
  id: z.string(),
  object: z.literal('thread.run.step'),
  created_at: seconds,
  run_id: z.string(),
  assistant_id: z.string(),
  thread_id: z.string(),
  type: z.enum(['message_creation', 'tool_calls']),
  status: z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired']),
  cancelled_at: maybe(seconds),
  completed_at: maybe(seconds),
  failed_at: maybe(seconds),
  last_error: maybe(z.looseObject({ code: z.string(), message: z.string() })),
  step_details: z.looseObject({ type: z.string() }),
  usage: maybe(usage),
});

export const listOf = (item: z.ZodType) =>
  z.looseObject({
    object: z.literal('list'),
    data: z.array(item),
    first_id: maybe(z.string()),
    last_id: maybe(z.string()),
    has_more: z.boolean(),
  });

export const errorEnvelope = z.looseObject({
  error: z.looseObject({
    message: z.string().min(1),
    type: z.string().min(1),
    param: maybe(z.string()),
    code: maybe(z.string()),
  }),
});

/** Names of §3.1. */
export const EVENT_NAMES: readonly string[] = [
  'thread.created',
  ...['created', ...RUN_STATUSES].map((status) => `thread.run.${status}`),
  ...['created', 'in_progress', 'delta', 'completed', 'failed', 'cancelled', 'expired'].map(
    (name) => `thread.run.step.${name}`,
  ),
  ...['created', 'in_progress', 'delta', 'completed', 'incomplete'].map((name) => `thread.message.${name}`),
  'error',
  'done',
];
