/** What the tools that come with rethread can be told: the option `toolSettings`. */
import { z } from 'zod';

/** A passage that a retriever has found. */
export type Passage = string | { title?: string; text: string };

export interface RetrieveRequest {
  /** What the user said last. */
  query: string;
  /** The tool's `pipeline_id`s (dashscope §A.10). */
  pipelineIds: string[];
  /** Passages wanted of each pipeline (`rerank_top_n`). @default 5 */
  perPipeline: number;
  /** Passages wanted in all (`multiknowledge_rerank_top_n`). @default 10 */
  total: number;
  signal: AbortSignal;
}

export interface ToolSettings {
  github_search?: {
    /** Raises GitHub's rate limit. */
    token?: string;
    /** @default 'https://api.github.com' */
    baseURL?: string;
  };
  text_to_image?: {
    /** Whose API makes the images. By default DashScope's with the profile `dashscope`, otherwise OpenAI's. */
    service?: 'openai' | 'dashscope';
    /** Where it is. By default the upstream; for DashScope the same host's `/api/v1`. */
    baseURL?: string;
    /** Its key. By default the caller's own. */
    apiKey?: string;
    /** @default 'gpt-image-1', for DashScope 'wan2.2-t2i-flash' */
    model?: string;
  };
  rag?: {
    /** Finds passages for `rag`. By default the upstream's file search does, with the pipeline ids as vector stores. */
    retrieve?: (request: RetrieveRequest) => Promise<Passage[]> | Passage[];
  };
}

/** Also one of this machine or of a private network. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' });
const text = z.string().min(1);

export const toolSettings = z.strictObject({
  github_search: z.strictObject({ token: text.optional(), baseURL: httpUrl.optional() }).optional(),
  text_to_image: z
    .strictObject({
      service: z.enum(['openai', 'dashscope']).optional(),
      baseURL: httpUrl.optional(),
      apiKey: text.optional(),
      model: text.optional(),
    })
    .optional(),
  rag: z
    .strictObject({
      retrieve: z
        .custom<NonNullable<NonNullable<ToolSettings['rag']>['retrieve']>>(
          (value) => typeof value === 'function',
          'expected a function',
        )
        .optional(),
    })
    .optional(),
});
