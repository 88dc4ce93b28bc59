/** Runs and their steps (§1.7). */
import { z } from 'zod';
import {
  fileId,
  idOf,
  jsonObject,
  maybeSeconds,
  metadata,
  nil,
  type Rules,
  ranker,
  reasoningEffort,
  responseFormat,
  ruled,
  seconds,
  tool,
  toolChoice,
  toolResources,
  usage,
} from './parts.ts';

// Runs

const requiredAction = z.strictObject({
  type: z.literal('submit_tool_outputs'),
  submit_tool_outputs: z.strictObject({
    tool_calls: z
      .array(
        z.strictObject({
          id: z.string().min(1),
          type: z.literal('function'),
          function: z.strictObject({ name: z.string(), arguments: z.string() }),
        }),
      )
      .min(1),
  }),
});
const runError = z.strictObject({
  code: z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']),
  message: z.string().min(1),
});
/** `content_filter` is not in the specification, but the real API ended runs that way (§4.6). */
const incompleteRun = z.strictObject({
  reason: z.enum(['max_completion_tokens', 'max_prompt_tokens', 'content_filter']),
});

const runShape = z.strictObject({
  id: idOf('run_'),
  object: z.literal('thread.run'),
  created_at: seconds,
  assistant_id: idOf('asst_'),
  thread_id: idOf('thread_'),
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
  started_at: maybeSeconds,
  expires_at: maybeSeconds,
  cancelled_at: maybeSeconds,
  failed_at: maybeSeconds,
  completed_at: maybeSeconds,
  required_action: requiredAction.nullable(),
  last_error: runError.nullable(),
  model: z.string().min(1),
  instructions: z.string().nullable(),
  tools: z.array(tool),
  tool_resources: toolResources,
  metadata,
  temperature: z.number(),
  top_p: z.number(),
  reasoning_effort: reasoningEffort,
  max_completion_tokens: z.int().nullable(),
  max_prompt_tokens: z.int().nullable(),
  truncation_strategy: z.strictObject({
    type: z.enum(['auto', 'last_messages']),
    last_messages: z.int().nullable(),
  }),
  incomplete_details: incompleteRun.nullable(),
  usage: usage.nullable(),
  response_format: responseFormat,
  tool_choice: toolChoice,
  parallel_tool_calls: z.boolean(),
});

type RunShape = z.output<typeof runShape>;

/** The table of §1.7. A run that never started may be cancelled or expire, so those leave `started_at` open. */
function runRules({ status, created_at }: RunShape): Rules {
  const open = z.int().min(created_at + 1);
  const ended: Rules = { started_at: seconds, expires_at: nil };
  const byStatus: Record<RunShape['status'], Rules> = {
    queued: { expires_at: open, usage: nil },
    in_progress: { started_at: seconds, expires_at: open, usage: nil },
    requires_action: {
      started_at: seconds,
      expires_at: open,
      usage: nil,
      required_action: requiredAction,
    },
    cancelling: { expires_at: open, usage: nil },
    cancelled: { expires_at: nil, cancelled_at: seconds },
    failed: { ...ended, failed_at: seconds, last_error: runError },
    completed: { ...ended, completed_at: seconds, usage },
    incomplete: { ...ended, completed_at: seconds, usage, incomplete_details: incompleteRun },
    expired: { expires_at: nil },
  };
  const otherwise: Rules = {
    completed_at: nil,
    failed_at: nil,
    cancelled_at: nil,
    required_action: nil,
    last_error: nil,
    incomplete_details: nil,
  };
  return { ...otherwise, ...byStatus[status] };
}

export const run = runShape.check(ruled(runRules));

/** A run as it comes out of its creation: nothing has started. */
export const freshRun = run.check(ruled<RunShape>(() => ({ status: z.literal('queued'), started_at: nil })));

// Run steps

const functionCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string(), output: z.string().nullable() }),
});
const codeOutput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('logs'), logs: z.string() }),
  z.strictObject({ type: z.literal('image'), image: z.strictObject({ file_id: fileId }) }),
]);
export const searchResult = z.strictObject({
  file_id: fileId,
  file_name: z.string(),
  score: z.number().min(0).max(1),
  attributes: jsonObject,
  content: z.array(z.strictObject({ type: z.literal('text'), text: z.string() })).optional(),
});
const toolCall = z.discriminatedUnion('type', [
  functionCall,
  z.strictObject({
    id: z.string().min(1),
    type: z.literal('code_interpreter'),
    code_interpreter: z.strictObject({ input: z.string(), outputs: z.array(codeOutput) }),
  }),
  z.strictObject({
    id: z.string().min(1),
    type: z.literal('file_search'),
    file_search: z.strictObject({
      ranking_options: z.strictObject({ ranker, score_threshold: z.number() }),
      results: z.array(searchResult),
    }),
  }),
]);
const stepDetails = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('message_creation'),
    message_creation: z.strictObject({ message_id: idOf('msg_') }),
  }),
  z.strictObject({ type: z.literal('tool_calls'), tool_calls: z.array(toolCall) }),
]);
const stepError = z.strictObject({
  code: z.enum(['server_error', 'rate_limit_exceeded']),
  message: z.string().min(1),
});

const stepShape = z.strictObject({
  id: idOf('step_'),
  object: z.literal('thread.run.step'),
  created_at: seconds,
  run_id: idOf('run_'),
  assistant_id: idOf('asst_'),
  thread_id: idOf('thread_'),
  type: z.enum(['message_creation', 'tool_calls']),
  status: z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired']),
  cancelled_at: maybeSeconds,
  completed_at: maybeSeconds,
  expires_at: maybeSeconds,
  expired_at: maybeSeconds,
  failed_at: maybeSeconds,
  last_error: stepError.nullable(),
  step_details: stepDetails,
  usage: usage.nullable(),
  metadata,
});

export const step = stepShape
  .check(
    ruled<z.output<typeof stepShape>>(({ type, status }) => ({
      step_details: z.looseObject({ type: z.literal(type) }),
      completed_at: status === 'completed' ? seconds : nil,
      failed_at: status === 'failed' ? seconds : nil,
      cancelled_at: status === 'cancelled' ? seconds : nil,
      expired_at: status === 'expired' ? maybeSeconds : nil,
      last_error: status === 'failed' ? stepError : nil,
      usage: status === 'completed' ? usage : status === 'in_progress' ? nil : usage.nullable(),
    })),
  )
  .refine(({ status, step_details: details }) => {
    if (status !== 'completed' || details.type !== 'tool_calls') return true;
    const outputs = details.tool_calls.flatMap((call) =>
      call.type === 'function' ? [call.function.output] : [],
    );
    // All are missing where the response was cut short behind its calls: nobody was ever asked for them (§4.5).
    return outputs.every((output) => output !== null) || outputs.every((output) => output === null);
  }, 'a function call of a completed step has no output');
