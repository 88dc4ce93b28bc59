/** The events of a run's stream (§3.1, §3.4). */
import { z } from 'zod';
import { errorEnvelope } from './envelopes.ts';
import { detail, message, thread } from './messages.ts';
import { fileId, idOf, ranker } from './parts.ts';
import { freshRun, run, searchResult, step } from './runs.ts';

const index = z.int().min(0);
const annotationDelta = z.discriminatedUnion('type', [
  z.strictObject({
    index,
    type: z.literal('file_citation'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_citation: z.strictObject({ file_id: fileId, quote: z.string().optional() }),
  }),
  z.strictObject({
    index,
    type: z.literal('file_path'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_path: z.strictObject({ file_id: fileId }),
  }),
]);
const contentDelta = z.discriminatedUnion('type', [
  z.strictObject({
    index,
    type: z.literal('text'),
    text: z.strictObject({
      value: z.string().optional(),
      annotations: z.array(annotationDelta).optional(),
    }),
  }),
  z.strictObject({
    index,
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: fileId, detail: detail.optional() }),
  }),
  z.strictObject({ index, type: z.literal('refusal'), refusal: z.string() }),
]);
/** Recorded deltas have no role. */
const messageDelta = z.strictObject({
  id: idOf('msg_'),
  object: z.literal('thread.message.delta'),
  delta: z.strictObject({ content: z.array(contentDelta).min(1) }),
});

const codeOutputDelta = z.discriminatedUnion('type', [
  z.strictObject({ index, type: z.literal('logs'), logs: z.string() }),
  z.strictObject({ index, type: z.literal('image'), image: z.strictObject({ file_id: fileId }) }),
]);
const toolCallDelta = z.discriminatedUnion('type', [
  z.strictObject({
    index,
    id: z.string().min(1).optional(),
    type: z.literal('function'),
    function: z.strictObject({
      name: z.string().optional(),
      arguments: z.string().optional(),
      output: z.string().nullable().optional(),
    }),
  }),
  z.strictObject({
    index,
    id: z.string().min(1).optional(),
    type: z.literal('code_interpreter'),
    code_interpreter: z.strictObject({
      input: z.string().optional(),
      outputs: z.array(codeOutputDelta).optional(),
    }),
  }),
  z.strictObject({
    index,
    id: z.string().min(1).optional(),
    type: z.literal('file_search'),
    file_search: z.strictObject({
      ranking_options: z.strictObject({ ranker, score_threshold: z.number() }),
      results: z.array(searchResult).max(0),
    }),
  }),
]);
const stepDelta = z.strictObject({
  id: idOf('step_'),
  object: z.literal('thread.run.step.delta'),
  delta: z.strictObject({
    step_details: z.strictObject({
      type: z.literal('tool_calls'),
      tool_calls: z.array(toolCallDelta).min(1),
    }),
  }),
});

const having = <T extends z.ZodType<{ status: string }>>(schema: T, statuses: readonly string[]) =>
  schema.refine(({ status }) => statuses.includes(status), `status is not ${statuses.join(' or ')}`);
/** Events whose name is their object's status. */
const named = <T extends z.ZodType<{ status: string }>>(
  prefix: string,
  schema: T,
  statuses: readonly string[],
) => statuses.map((status) => [`${prefix}.${status}`, having(schema, [status])] as const);

/** What belongs to each event's name. */
export const EVENTS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['thread.created', thread],
  ['thread.run.created', freshRun],
  ...named('thread.run', run, [
    'queued',
    'in_progress',
    'requires_action',
    'incomplete',
    'failed',
    'cancelling',
    'cancelled',
    'expired',
  ]),
  // The form of 2024 for openai 4 (§3.3 h).
  ['thread.run.completed', having(run, ['completed', 'incomplete'])],
  ['thread.run.step.created', having(step, ['in_progress'])],
  ...named('thread.run.step', step, ['in_progress', 'completed', 'failed', 'cancelled', 'expired']),
  ['thread.run.step.delta', stepDelta],
  [
    'thread.message.created',
    having(message, ['in_progress']).refine((m) => m.content.length === 0, 'content is not empty'),
  ],
  ...named('thread.message', message, ['in_progress', 'completed', 'incomplete']),
  ['thread.message.delta', messageDelta],
  ['error', errorEnvelope],
]);
