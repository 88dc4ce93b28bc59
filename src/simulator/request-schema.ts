import { z } from 'zod';
import { conversationParam } from './conversation-schema.ts';
import { inputSchema } from './input-schema.ts';
import { metadataSchema, prefixedId, tagged } from './issues.ts';

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/);

const functionTool = z.strictObject({
  type: z.string(),
  name,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullish(),
  defer_loading: z.boolean().optional(),
  allowed_callers: z.unknown().optional(),
  output_schema: z.unknown().optional(),
});

const fileSearchTool = z.strictObject({
  type: z.string(),
  vector_store_ids: z.array(z.string()).min(1),
  filters: z.unknown().optional(),
  max_num_results: z.int().min(1).max(50).optional(),
  ranking_options: z
    .strictObject({
      // The Assistants' own `default_2024_08_21` is not among them (§4.3).
      ranker: z.enum(['auto', 'default-2024-11-15']).optional(),
      score_threshold: z.number().min(0).max(1).optional(),
      hybrid_search: z.unknown().optional(),
    })
    .optional(),
});

const codeInterpreterTool = z.strictObject({
  type: z.string(),
  container: z.union([
    z.string(),
    z.strictObject({
      type: z.literal('auto'),
      file_ids: z.array(z.string()).optional(),
      memory_limit: z.enum(['1g', '4g', '16g', '64g']).nullish(),
      network_policy: z.unknown().optional(),
    }),
  ]),
  allowed_callers: z.unknown().optional(),
});

/** Tools that Assistants never had: known to the API, not looked into. */
const otherTool = z.looseObject({ type: z.string() });

const tool = tagged('type', {
  function: functionTool,
  file_search: fileSearchTool,
  code_interpreter: codeInterpreterTool,
  web_search: otherTool,
  web_search_preview: otherTool,
  image_generation: otherTool,
  mcp: otherTool,
  custom: otherTool,
  computer_use_preview: otherTool,
  local_shell: otherTool,
  shell: otherTool,
  apply_patch: otherTool,
});

const hostedChoice = z.strictObject({ type: z.string() });

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  tagged('type', {
    function: z.strictObject({ type: z.string(), name }),
    file_search: hostedChoice,
    code_interpreter: hostedChoice,
    web_search: hostedChoice,
    web_search_preview: hostedChoice,
    image_generation: hostedChoice,
    mcp: otherTool,
    custom: otherTool,
    allowed_tools: otherTool,
  }),
]);

const format = tagged('type', {
  text: z.strictObject({ type: z.string() }),
  json_object: z.strictObject({ type: z.string() }),
  json_schema: z.strictObject({
    type: z.string(),
    name,
    schema: z.record(z.string(), z.unknown()),
    description: z.string().optional(),
    strict: z.boolean().nullish(),
  }),
});

const reasoning = z.strictObject({
  effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
  generate_summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
  context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
  mode: z.string().optional(),
});

/** The parameters that POST /responses/input_tokens has in common with POST /responses. */
const countable = {
  model: z.string().min(1),
  input: inputSchema.nullish(),
  instructions: z.string().nullish(),
  conversation: conversationParam.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: prefixedId('resp').nullish(),
  reasoning: reasoning.nullish(),
  text: z
    .strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .nullish(),
  tool_choice: toolChoice.nullish(),
  tools: z.array(tool).max(128).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
};

/** The body of POST /responses/input_tokens. */
export const countSchema = z.strictObject({
  ...countable,
  model: z.string().nullish(),
  personality: z.string().optional(),
});

/** The body of POST /responses. */
export const createSchema = z.strictObject({
  ...countable,
  background: z.boolean().nullish(),
  context_management: z.unknown().optional(),
  include: z
    .array(
      z.enum([
        'file_search_call.results',
        'web_search_call.results',
        'web_search_call.action.sources',
        'message.input_image.image_url',
        'computer_call_output.output.image_url',
        'code_interpreter_call.outputs',
        'reasoning.encrypted_content',
        'message.output_text.logprobs',
      ]),
    )
    .nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  metadata: metadataSchema.optional(),
  moderation: z.unknown().optional(),
  prompt: z.unknown().optional(),
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: z.unknown().optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  safety_identifier: z.string().max(64).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish(),
});

/** Parameters of other APIs, and where the Responses API has them. */
export const MOVED: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  verbosity: 'text.verbosity',
  functions: 'tools',
  function_call: 'tool_choice',
};
