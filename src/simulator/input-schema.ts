import { z } from 'zod';
import { chosen, prefixedId, tagged } from './issues.ts';

/** Longest text of a part, and of a function's output (§1.6). */
const MAX_TEXT = 10_485_760;

const text = z.string().max(MAX_TEXT);
const status = z.enum(['in_progress', 'completed', 'incomplete']).optional();
const callId = z.string().min(1).max(64);
const cacheBreakpoint = z.unknown().optional();

const inputText = z.strictObject({ type: z.string(), text, prompt_cache_breakpoint: cacheBreakpoint });
const inputImage = z.strictObject({
  type: z.string(),
  detail: z.enum(['low', 'high', 'auto', 'original']).optional(),
  file_id: z.string().nullish(),
  image_url: z
    .string()
    .refine((url) => /^(https?:\/\/|data:image\/[\w.+-]+;base64,)/.test(url), {
      message:
        "Invalid image_url. Expected a valid URL or a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=').",
    })
    .nullish(),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const inputFile = z.strictObject({
  type: z.string(),
  detail: z.enum(['auto', 'low', 'high']).optional(),
  file_data: z.string().optional(),
  file_id: z.string().nullish(),
  file_url: z.string().optional(),
  filename: z.string().optional(),
  prompt_cache_breakpoint: cacheBreakpoint,
});

/** What a user, system or developer message may hold: `output_text` is for the assistant's own (§4.3). */
const inputPart = tagged('type', { input_text: inputText, input_image: inputImage, input_file: inputFile });

const annotation = tagged('type', {
  file_citation: z.strictObject({
    type: z.string(),
    file_id: z.string(),
    filename: z.string(),
    index: z.int(),
  }),
  container_file_citation: z.strictObject({
    type: z.string(),
    container_id: z.string(),
    file_id: z.string(),
    filename: z.string(),
    start_index: z.int(),
    end_index: z.int(),
  }),
  url_citation: z.looseObject({ type: z.string(), url: z.string() }),
  file_path: z.strictObject({ type: z.string(), file_id: z.string(), index: z.int() }),
});

/** What an assistant message may hold. */
const outputPart = tagged('type', {
  output_text: z.strictObject({
    type: z.string(),
    text,
    annotations: z.array(annotation).optional(),
    logprobs: z.array(z.unknown()).optional(),
  }),
  refusal: z.strictObject({ type: z.string(), refusal: text }),
});

function message(role: string): z.ZodType {
  return z.strictObject({
    type: z.literal('message').optional(),
    role: z.string(),
    content: z.union([text, z.array(role === 'assistant' ? outputPart : inputPart)]),
    id: prefixedId('msg').optional(),
    status,
    phase: z.enum(['commentary', 'final_answer']).nullish(),
  });
}

const messages = tagged('role', {
  assistant: message('assistant'),
  system: message('system'),
  developer: message('developer'),
  user: message('user'),
});

const functionCall = z.strictObject({
  type: z.string(),
  id: prefixedId('fc').nullish(),
  call_id: callId,
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9_-]+$/),
  arguments: text,
  status,
  namespace: z.string().optional(),
  caller: z.unknown().optional(),
});

const functionCallOutput = z.strictObject({
  type: z.string(),
  id: prefixedId('fc').nullish(),
  call_id: callId,
  output: z.union([text, z.array(inputPart)]),
  status: status.nullable(),
  caller: z.unknown().optional(),
});

const reasoning = z.strictObject({
  type: z.string(),
  id: prefixedId('rs').optional(),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text })),
  content: z.array(z.unknown()).nullish(),
  encrypted_content: z.string().nullish(),
  status: status.nullable(),
});

const fileSearchCall = z.strictObject({
  type: z.string(),
  id: prefixedId('fs'),
  status: z.enum(['in_progress', 'searching', 'completed', 'incomplete', 'failed']),
  queries: z.array(z.string()),
  results: z.array(z.looseObject({})).nullish(),
});

const codeInterpreterCall = z.strictObject({
  type: z.string(),
  id: prefixedId('ci'),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'interpreting', 'failed']),
  container_id: z.string(),
  code: z.string().nullable(),
  outputs: z.array(z.looseObject({ type: z.enum(['logs', 'image']) })).nullable(),
});

const itemReference = z.strictObject({ type: z.literal('item_reference').nullish(), id: z.string().max(64) });

/** Items of tools that Assistants never had: known to the API, not looked into. */
const other = z.looseObject({ type: z.string() });

const typed = tagged('type', {
  message: messages,
  function_call: functionCall,
  function_call_output: functionCallOutput,
  reasoning,
  file_search_call: fileSearchCall,
  code_interpreter_call: codeInterpreterCall,
  item_reference: itemReference,
  web_search_call: other,
  image_generation_call: other,
  computer_call: other,
  computer_call_output: other,
  local_shell_call: other,
  local_shell_call_output: other,
  shell_call: other,
  shell_call_output: other,
  apply_patch_call: other,
  apply_patch_call_output: other,
  custom_tool_call: other,
  custom_tool_call_output: other,
  mcp_list_tools: other,
  mcp_approval_request: other,
  mcp_approval_response: other,
  mcp_call: other,
  compaction: other,
});

/** One input item. Without a `type` it is a message when it has a role, and a reference when it has only an id. */
export const inputItem = chosen((item) => {
  if (item.type !== undefined && item.type !== null) return typed;
  if ('role' in item || !('id' in item)) return messages;
  return itemReference;
});

/** `input`: a string or items. */
export const inputSchema = z.union([text, z.array(inputItem)]);
