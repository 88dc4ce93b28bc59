/** Assistants, threads and messages (§1.7). */
import { z } from 'zod';
import {
  fileId,
  idOf,
  maybeSeconds,
  metadata,
  nil,
  reasoningEffort,
  responseFormat,
  ruled,
  seconds,
  tool,
  toolResources,
} from './parts.ts';

export const assistant = z.strictObject({
  id: idOf('asst_'),
  object: z.literal('assistant'),
  created_at: seconds,
  name: z.string().nullable(),
  description: z.string().nullable(),
  model: z.string().min(1),
  instructions: z.string().nullable(),
  tools: z.array(tool),
  top_p: z.number(),
  temperature: z.number(),
  reasoning_effort: reasoningEffort,
  tool_resources: toolResources,
  metadata,
  response_format: responseFormat,
});

export const thread = z.strictObject({
  id: idOf('thread_'),
  object: z.literal('thread'),
  created_at: seconds,
  metadata,
  tool_resources: toolResources,
});

// Messages

const annotation = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file_citation'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_citation: z.strictObject({ file_id: fileId }),
  }),
  z.strictObject({
    type: z.literal('file_path'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_path: z.strictObject({ file_id: fileId }),
  }),
]);
export const detail = z.enum(['auto', 'low', 'high']);
const text = z
  .strictObject({ value: z.string(), annotations: z.array(annotation) })
  .refine(
    ({ value, annotations }) => annotations.every((a) => value.slice(a.start_index, a.end_index) === a.text),
    'an annotation does not stand where it says',
  );
const content = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: fileId, detail: detail.optional() }),
  }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string(), detail }) }),
  z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

const incompleteMessage = z.strictObject({
  reason: z.enum(['content_filter', 'max_tokens', 'run_cancelled', 'run_expired', 'run_failed']),
});
export const message = z
  .strictObject({
    id: idOf('msg_'),
    object: z.literal('thread.message'),
    created_at: seconds,
    assistant_id: idOf('asst_').nullable(),
    thread_id: idOf('thread_'),
    run_id: idOf('run_').nullable(),
    role: z.enum(['user', 'assistant']),
    content: z.array(content),
    attachments: z.array(
      z.strictObject({
        file_id: fileId.optional(),
        tools: z.array(z.strictObject({ type: z.enum(['code_interpreter', 'file_search']) })).optional(),
      }),
    ),
    metadata,
    status: z.enum(['in_progress', 'incomplete', 'completed']),
    incomplete_details: incompleteMessage.nullable(),
    completed_at: maybeSeconds,
    incomplete_at: maybeSeconds,
  })
  .check(
    ruled(({ status, role, run_id }) => ({
      incomplete_details: status === 'incomplete' ? incompleteMessage : nil,
      incomplete_at: status === 'incomplete' ? seconds : nil,
      completed_at: status === 'completed' ? maybeSeconds : nil,
      assistant_id: run_id === null ? nil : idOf('asst_'),
      run_id: role === 'user' ? nil : z.any(),
    })),
  );
