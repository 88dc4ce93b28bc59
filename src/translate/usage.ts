/** Token counts of a response in the words of the Assistants API (§4.6). */
import type { Usage } from '../assistants/types.ts';
import { object, whole } from './read.ts';

/** For steps that are not the last of their response, and for upstreams that count nothing (§4.5 trap 3). */
export const NO_USAGE: Usage = Object.freeze({
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_token_details: Object.freeze({ cached_tokens: 0 }),
  completion_tokens_details: Object.freeze({ reasoning_tokens: 0 }),
});

/** `response.usage` → run usage; null where the upstream sent none. */
export function usageOf(usage: unknown): Usage | null {
  const counts = object(usage);
  if (!counts) return null;
  const prompt = whole(counts.input_tokens) ?? 0;
  const completion = whole(counts.output_tokens) ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: whole(counts.total_tokens) ?? prompt + completion,
    prompt_token_details: { cached_tokens: whole(object(counts.input_tokens_details)?.cached_tokens) ?? 0 },
    completion_tokens_details: {
      reasoning_tokens: whole(object(counts.output_tokens_details)?.reasoning_tokens) ?? 0,
    },
  };
}

/** A run's usage is the sum over its responses (§1.7). */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (!a || !b) return a ?? b;
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    prompt_token_details: {
      cached_tokens: a.prompt_token_details.cached_tokens + b.prompt_token_details.cached_tokens,
    },
    completion_tokens_details: {
      reasoning_tokens:
        a.completion_tokens_details.reasoning_tokens + b.completion_tokens_details.reasoning_tokens,
    },
  };
}
