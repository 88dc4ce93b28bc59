/** What several objects of the Assistants API are made of (§1.7). */
import { z } from 'zod';

export const nil = z.null();
/** Unix seconds; milliseconds do not fit. */
export const seconds = z.int().min(0).max(99_999_999_999);
export const maybeSeconds = seconds.nullable();
export const idOf = (prefix: string) => z.string().regex(new RegExp(`^${prefix}.`));
export const metadata = z.record(z.string().max(64), z.string().max(512));
export const fileId = z.string().min(1);
export const jsonObject = z.record(z.string(), z.unknown());

export const toolResources = z.strictObject({
  code_interpreter: z.strictObject({ file_ids: z.array(fileId) }).optional(),
  file_search: z.strictObject({ vector_store_ids: z.array(idOf('vs')) }).optional(),
});

const codeInterpreterTool = z.strictObject({ type: z.literal('code_interpreter') });
export const ranker = z.enum(['auto', 'default_2024_08_21']);
const openaisTool = z.discriminatedUnion('type', [
  codeInterpreterTool,
  z.strictObject({
    type: z.literal('file_search'),
    file_search: z.strictObject({
      max_num_results: z.int().optional(),
      ranking_options: z.strictObject({ ranker, score_threshold: z.number(), hybrid_search: nil }),
    }),
  }),
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: z.string(),
      description: z.string().optional(),
      parameters: jsonObject,
      strict: z.boolean(),
    }),
  }),
]);

/** Tools of the registry are echoed as given. */
const registeredTool = z.looseObject({
  type: z.string().regex(/^(?!(function|file_search|code_interpreter)$)[\w.-]{1,64}$/),
});
export const tool = z.union([openaisTool, registeredTool]);

export const responseFormat = z.union([
  z.literal('auto'),
  z.strictObject({ type: z.enum(['text', 'json_object']) }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string(),
      description: z.string().optional(),
      schema: jsonObject.optional(),
      strict: z.boolean().nullable().optional(),
    }),
  }),
]);
export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
  z.strictObject({ type: z.enum(['file_search', 'code_interpreter']) }),
]);
export const reasoningEffort = z
  .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
  .nullable();

export const usage = z
  .strictObject({
    prompt_tokens: z.int().min(0),
    completion_tokens: z.int().min(0),
    total_tokens: z.int().min(0),
    prompt_token_details: z.strictObject({ cached_tokens: z.int().min(0) }),
    completion_tokens_details: z.strictObject({ reasoning_tokens: z.int().min(0) }),
  })
  .refine((u) => u.total_tokens === u.prompt_tokens + u.completion_tokens, 'total_tokens is not the sum');

/** Values that hang on another field: says which key is wrong. */
export type Rules = Record<string, z.ZodType>;
export const ruled =
  <T extends object>(rulesOf: (value: T) => Rules) =>
  (field: { value: T; issues: z.core.$ZodRawIssue[] }) => {
    for (const [key, rule] of Object.entries(rulesOf(field.value))) {
      const result = rule.safeParse((field.value as Record<string, unknown>)[key]);
      for (const issue of result.error?.issues ?? [])
        field.issues.push({
          code: 'custom',
          path: [key, ...issue.path],
          message: issue.message,
          input: field.value,
        });
    }
  };
