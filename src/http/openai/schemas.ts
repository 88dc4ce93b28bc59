/**
 * The request bodies and queries of the Assistants API (§1.6, §1.8).
 *
 * Defaults are not filled in here: a field that was not sent stays undefined, one that was cleared is null.
 * The order of the fields is the order in which problems are reported.
 */
import { z } from 'zod';
import type { AssistantTool } from '../../assistants/types.ts';
import { parseOptions } from './expectations.ts';
import { decimal, fileId, id, integer, jsonSchema, list, metadata, name, refuse, text } from './fields.ts';
import * as problems from './problems.ts';

export {
  includeQuery,
  type ListQuery,
  listQuery,
  type MessageListQuery,
  messageListQuery,
} from './queries.ts';

const instructions = text({ max: 256_000 }).nullable();
const model = text({ max: 512, filled: true });
const temperature = decimal(0, 2).nullable();
const topP = decimal(0, 1).nullable();
const reasoningEffort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullable();
/** The specification says at least 256; the live API took 16 (§1.6). */
const tokenBudget = integer(1).nullable();

// Tools

const codeInterpreter = z.strictObject({ type: z.literal('code_interpreter') });

const fileSearch = z.strictObject({
  type: z.literal('file_search'),
  file_search: z
    .strictObject({
      max_num_results: integer(1, 50).optional(),
      ranking_options: z
        .strictObject({
          score_threshold: decimal(0, 1),
          ranker: z.enum(['auto', 'default_2024_08_21']).optional(),
          // Always null, but answers carry it (§1.7) and clients send an assistant's own tools back.
          hybrid_search: z.null().optional(),
        })
        .optional(),
    })
    .optional(),
});

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name,
    description: z.string().optional(),
    parameters: jsonSchema.optional(),
    strict: z.boolean().nullable().optional(),
  }),
});

const builtInTool = z.discriminatedUnion('type', [codeInterpreter, fileSearch, functionTool]);

/** Whether a type is that of a tool beyond OpenAI's own (DESIGN decision 10). */
export type KnowsTool = (type: string) => boolean;

/** A tool of the registry is kept as it was sent. */
const toolOf = (knows: KnowsTool) =>
  z.unknown().transform((value, field): AssistantTool => {
    const type = (value as { type?: unknown } | null)?.type;
    const registered = typeof type === 'string' && knows(type);
    const result = (registered ? jsonSchema : builtInTool).safeParse(value, parseOptions);
    if (result.success) return result.data as AssistantTool;
    field.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
    return z.NEVER;
  });

/** 128 also where the specification says 20 for a run: a refusal could only break code that worked (§7 no. 16). */
const toolsOf = (knows: KnowsTool) => list(toolOf(knows), { max: 128 });

const toolChoice = z
  .union([
    z.enum(['none', 'auto', 'required']),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name }) }),
      z.strictObject({ type: z.literal('file_search') }),
      z.strictObject({ type: z.literal('code_interpreter') }),
    ]),
  ])
  .nullable();

const responseFormat = z
  .union([
    z.literal('auto'),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name,
          description: z.string().optional(),
          schema: jsonSchema.optional(),
          strict: z.boolean().nullable().optional(),
        }),
      }),
    ]),
  ])
  .nullable();

// Tool resources, which differ by verb (§1.6)

const codeInterpreterResources = z.strictObject({
  file_ids: list(fileId, { of: 'strings', max: 20 }).optional(),
});
/** How they begin is checked when the provider is known (store-ids.ts). */
const vectorStoreIds = list(text({ max: 512, filled: true }), { of: 'strings', max: 1 });

const staticChunking = z
  .strictObject({ max_chunk_size_tokens: integer(100, 4096), chunk_overlap_tokens: integer(0) })
  .check((field) => {
    const { chunk_overlap_tokens: overlap, max_chunk_size_tokens: size } = field.value;
    const half = Math.floor(size / 2);
    if (overlap > half)
      refuse(field, problems.numberOutOfBounds('integer', 'above', half, overlap), ['chunk_overlap_tokens']);
  });

const vectorStore = z.strictObject({
  file_ids: list(fileId, { of: 'strings' }).optional(),
  chunking_strategy: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('auto') }),
      z.strictObject({ type: z.literal('static'), static: staticChunking }),
    ])
    .optional(),
  metadata: metadata.optional(),
});

const toolResources = z
  .strictObject({
    code_interpreter: codeInterpreterResources.optional(),
    file_search: z.strictObject({ vector_store_ids: vectorStoreIds.optional() }).optional(),
  })
  .nullable();

/** With the helper that makes a vector store on the way. */
const toolResourcesWithStores = z
  .strictObject({
    code_interpreter: codeInterpreterResources.optional(),
    file_search: z
      .strictObject({
        vector_store_ids: vectorStoreIds.optional(),
        vector_stores: list(vectorStore, { max: 1 }).optional(),
      })
      .check((field) => {
        const { vector_store_ids: ids, vector_stores: stores } = field.value;
        if (ids && stores) refuse(field, problems.mutuallyExclusive('vector_store_ids', 'vector_stores'));
      })
      .optional(),
  })
  .nullable();

// Messages

const detail = z.enum(['auto', 'low', 'high']);

/** Images that models read (§1.6). */
const IMAGE_FORMATS = ['.jpeg', '.jpg', '.png', '.gif', '.webp'];

/** Extensions of files that are certainly not one of the formats above. */
const OTHER_FILES = new Set(
  '.bmp .tif .tiff .svg .heic .heif .avif .ico .psd .raw .pdf .txt .csv .json .doc .docx .mp3 .mp4 .mov .webm .zip'.split(
    ' ',
  ),
);

/**
 * An image's address: http(s), or inline data, which the original did not take (a superset). Only an extension that is there and
 * names another file type is refused (§2.9 no. 22): signed URLs often have none.
 */
const imageUrl = z.string().check((field) => {
  const { value } = field;
  if (/^data:image\//i.test(value)) return;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return refuse(field, problems.invalid('Expected a valid URL, but got a value with an invalid format.'));
  const extension = /\.[a-z0-9]{2,5}$/i.exec(url.pathname)?.[0].toLowerCase();
  if (extension !== undefined && OTHER_FILES.has(extension))
    refuse(
      field,
      problems.invalid(
        `Expected url to end in a supported format (${IMAGE_FORMATS.join(', ')}), but got '${extension}'.`,
      ),
    );
});

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text({ max: 256_000 }) }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: imageUrl, detail: detail.optional() }),
  }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: fileId, detail: detail.optional() }),
  }),
]);

const attachment = z.strictObject({
  file_id: fileId.optional(),
  tools: list(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('code_interpreter') }),
      z.strictObject({ type: z.literal('file_search') }),
    ]),
  ).optional(),
});

/** POST /threads/{thread_id}/messages, and every message inside another request. */
export const messageCreate = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([text({ max: 256_000, filled: true }), list(contentPart, { filled: true })]),
  attachments: list(attachment).nullable().optional(),
  metadata: metadata.optional(),
});
export type MessageCreate = z.output<typeof messageCreate>;

/** POST /threads/{thread_id}/messages/{message_id} (§2.8) */
export const messageUpdate = z.strictObject({ metadata: metadata.optional() });
export type MessageUpdate = z.output<typeof messageUpdate>;

// Assistants

const assistantFields = (knows: KnowsTool) => ({
  name: text({ max: 256 }).nullable().optional(),
  description: text({ max: 512 }).nullable().optional(),
  instructions: instructions.optional(),
  reasoning_effort: reasoningEffort.optional(),
  tools: toolsOf(knows).optional(),
});
const samplingFields = {
  metadata: metadata.optional(),
  temperature: temperature.optional(),
  top_p: topP.optional(),
  response_format: responseFormat.optional(),
};

const assistantCreateWith = (knows: KnowsTool) =>
  z.strictObject({
    model,
    ...assistantFields(knows),
    tool_resources: toolResourcesWithStores.optional(),
    ...samplingFields,
  });

const assistantUpdateWith = (knows: KnowsTool) =>
  z.strictObject({
    model: model.optional(),
    ...assistantFields(knows),
    tool_resources: toolResources.optional(),
    ...samplingFields,
  });

// Threads

/** POST /threads */
export const threadCreate = z.strictObject({
  messages: list(messageCreate, { max: 32 }).optional(),
  tool_resources: toolResourcesWithStores.optional(),
  metadata: metadata.optional(),
});
export type ThreadCreate = z.output<typeof threadCreate>;

/** POST /threads/{thread_id} */
export const threadUpdate = z.strictObject({
  tool_resources: toolResources.optional(),
  metadata: metadata.optional(),
});
export type ThreadUpdate = z.output<typeof threadUpdate>;

// Runs

const truncationStrategy = z
  .strictObject({
    type: z.enum(['auto', 'last_messages']),
    last_messages: integer(1).nullable().optional(),
  })
  .check((field) => {
    const { type, last_messages: count } = field.value;
    if (type === 'last_messages' && (count === undefined || count === null))
      refuse(field, problems.missingParameter, ['last_messages']);
  })
  .nullable();

const runFields = (knows: KnowsTool) => ({
  model: model.nullable().optional(),
  instructions: instructions.optional(),
  tools: toolsOf(knows).nullable().optional(),
  ...samplingFields,
  stream: z.boolean().nullable().optional(),
  max_prompt_tokens: tokenBudget.optional(),
  max_completion_tokens: tokenBudget.optional(),
  truncation_strategy: truncationStrategy.optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
});

const runCreateWith = (knows: KnowsTool) =>
  z.strictObject({
    assistant_id: id('asst'),
    ...runFields(knows),
    reasoning_effort: reasoningEffort.optional(),
    additional_instructions: instructions.optional(),
    additional_messages: list(messageCreate).nullable().optional(),
  });

const threadAndRunCreateWith = (knows: KnowsTool) =>
  z.strictObject({
    assistant_id: id('asst'),
    thread: threadCreate.optional(),
    ...runFields(knows),
    tool_resources: toolResources.optional(),
  });

/** The bodies that tools may stand in. */
export const bodiesWith = (knows: KnowsTool) => ({
  /** POST /assistants */
  assistantCreate: assistantCreateWith(knows),
  /** POST /assistants/{assistant_id} */
  assistantUpdate: assistantUpdateWith(knows),
  /** POST /threads/{thread_id}/runs */
  runCreate: runCreateWith(knows),
  /** POST /threads/runs, which has no additional_* and no reasoning_effort (§1.8) */
  threadAndRunCreate: threadAndRunCreateWith(knows),
});
export type Bodies = ReturnType<typeof bodiesWith>;

/** With OpenAI's own tools only. */
export const { assistantCreate, assistantUpdate, runCreate, threadAndRunCreate } = bodiesWith(() => false);
export type AssistantCreate = z.output<typeof assistantCreate>;
export type AssistantUpdate = z.output<typeof assistantUpdate>;
export type RunCreate = z.output<typeof runCreate>;
export type ThreadAndRunCreate = z.output<typeof threadAndRunCreate>;

/** POST /threads/{thread_id}/runs/{run_id} (§2.8) */
export const runUpdate = z.strictObject({ metadata: metadata.optional() });
export type RunUpdate = z.output<typeof runUpdate>;

/** POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs */
export const submitToolOutputs = z.strictObject({
  tool_outputs: list(
    z.strictObject({
      tool_call_id: z.string().optional(),
      // What one function_call_output may hold upstream (§1.6).
      output: text({ max: 10_485_760 }).optional(),
    }),
  ),
  stream: z.boolean().nullable().optional(),
});
export type SubmitToolOutputs = z.output<typeof submitToolOutputs>;
