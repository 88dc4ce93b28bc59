import { z } from 'zod';
import { chosen, tagged } from '../issues.ts';

const text = z.string();

const parts = tagged('type', {
  input_text: z.looseObject({ type: text, text }),
  output_text: z.looseObject({ type: text, text }),
  // By URL alone: file ids are not known here (§C.4).
  input_image: z.looseObject({ type: text, image_url: text, file_id: z.undefined().optional() }),
  input_file: z.looseObject({ type: text, file_url: text, file_id: z.undefined().optional() }),
});

const message = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([text, z.array(parts)]),
});

const typed = tagged('type', {
  message,
  function_call: z.looseObject({ type: text, call_id: text.min(1), name: text.min(1), arguments: text }),
  function_call_output: z.looseObject({ type: text, call_id: text.min(1), output: text }),
  reasoning: z.looseObject({ type: text, id: text, summary: z.array(z.unknown()) }),
  web_search_call: z.looseObject({
    type: text,
    id: text,
    status: text,
    action: z.looseObject({ type: z.literal('search') }),
  }),
});

/** One input item (§C.4): no references, and of hosted calls only a web search. */
export const inputItem = chosen((item) => (item.type === undefined || item.type === null ? message : typed));

const tool = z.looseObject({ type: text });

/** Tools that are looked into; any other type is ignored (§C.3, §C.5). */
export const TOOLS: Readonly<Record<string, { schema: z.ZodType; listed: readonly string[] }>> = {
  function: {
    schema: z.looseObject({
      type: text,
      name: text.min(1).max(64),
      description: text.min(1),
      parameters: z.record(text, z.unknown()),
    }),
    listed: ['name', 'description', 'parameters'],
  },
  file_search: {
    schema: tool.extend({ vector_store_ids: z.array(text).length(1) }),
    listed: ['vector_store_ids'],
  },
  mcp: {
    schema: tool.extend({ server_protocol: z.literal('sse'), server_label: text, server_url: text }),
    listed: ['server_protocol', 'server_label', 'server_description', 'server_url', 'headers'],
  },
  code_interpreter: { schema: tool, listed: [] },
  web_search: { schema: tool, listed: [] },
  web_extractor: { schema: tool, listed: [] },
  web_search_image: { schema: tool, listed: [] },
  image_search: { schema: tool, listed: [] },
};

const choice = z.union([
  z.enum(['auto', 'none', 'required']),
  // A tool by its own name is not documented (§C.3).
  tagged('type', {
    allowed_tools: z.looseObject({
      type: text,
      mode: z.enum(['auto', 'required']),
      tools: z.array(tool).min(1),
    }),
  }),
]);

/** The body of POST /responses (§C.3); what it does not name is ignored. */
export const createSchema = z.looseObject({
  model: text,
  input: z.union([text, z.array(inputItem)]),
  instructions: text.nullish(),
  previous_response_id: text.nullish(),
  conversation: z.union([text, z.looseObject({ id: text })]).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: choice.nullish(),
  // [0, 2) and (0, 1].
  temperature: z.number().min(0).lt(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  reasoning: z
    .looseObject({ effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish() })
    .nullish(),
  enable_thinking: z.boolean().nullish(),
});

/** Parameters that are read. `metadata` is echoed, and forgotten (§C.3). */
export const LISTED: ReadonlySet<string> = new Set([...Object.keys(createSchema.shape), 'ocr_options']);
