/** The option `plugins`: tools that the configuration describes and somebody else's server carries out (dashscope §A.10). */
import { z } from 'zod';
import { checkType } from './define.ts';
import { httpUrl } from './settings.ts';

/** One plugin, under the id that assistants name as a tool's `type`. It is one of `http`, `openapi` and `mcp`. */
export interface PluginOptions {
  /** Tells the model what the plugin does; needed for `http`, added to what the others say of themselves. */
  description?: string;
  /** An endpoint that takes the arguments as JSON, or as query parameters of a GET. */
  http?: {
    url: string;
    /** @default 'POST' */
    method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** A zod object or a JSON schema. */
    parameters: z.ZodType | Record<string, unknown>;
  };
  /** Every operation of an OpenAPI 3 document. */
  openapi?: {
    /** The document, or its URL or path. References to other documents are not followed. */
    document: string | Record<string, unknown>;
    /** @default the document's first server */
    baseURL?: string;
  };
  /** Every tool of an MCP server; needs the package `@modelcontextprotocol/sdk`. */
  mcp?:
    | { url: string /** @default 'http' */; transport?: 'http' | 'sse' }
    | { command: string; args?: string[]; env?: Record<string, string> };
  /** Sent with every request, e.g. a key of yours. */
  headers?: Record<string, string>;
  /** The header that carries a user's own token, `{"<plugin id>":{"user_token":"…"}}`. @default 'x-dashscope-plugin' */
  tokenHeader?: string;
  /** Milliseconds that a call may take. @default 10000 */
  timeout?: number;
  /** Characters of its answer that the model gets to see. @default 100000 */
  maxOutput?: number;
}

const text = z.string().min(1);
const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const strings = z.record(z.string(), z.string());

const plugin = z
  .strictObject({
    description: text.optional(),
    http: z
      .strictObject({
        url: httpUrl,
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
        parameters: object,
      })
      .optional(),
    openapi: z.strictObject({ document: z.union([text, object]), baseURL: httpUrl.optional() }).optional(),
    mcp: z
      .union([
        z.strictObject({ url: httpUrl, transport: z.enum(['http', 'sse']).optional() }),
        z.strictObject({ command: text, args: z.array(z.string()).optional(), env: strings.optional() }),
      ])
      .optional(),
    headers: strings.optional(),
    tokenHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header')
      .optional(),
    timeout: z.number().int().positive().optional(),
    maxOutput: z.number().int().positive().optional(),
  })
  .refine(
    ({ http, openapi, mcp }) => [http, openapi, mcp].filter(Boolean).length === 1,
    'expected one of http, openapi and mcp',
  )
  .refine(({ http, description }) => !http || description, {
    path: ['description'],
    error: 'the model has to be told what an http plugin does',
  });

/** The option `plugins`. */
export const pluginOptions = z.record(z.string(), plugin).superRefine((plugins, context) => {
  for (const id of Object.keys(plugins)) {
    try {
      checkType(id);
    } catch (error) {
      const message = (error as Error).message.replace('defineTool: ', '');
      context.addIssue({ code: 'custom', path: [id], message });
    }
  }
});

/** Milliseconds that a call of a plugin may take, if it does not say itself. */
export const PLUGIN_TIMEOUT_MS = 10_000;
