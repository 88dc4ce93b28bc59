import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { WireResponse } from '../wire.ts';

/** A response of this API (§C.6): fewer members than OpenAI's, and some of its own. */
export type DashScopeResponse = Record<string, unknown> & { id: string; status: string; output: unknown[] };

/** @param metadata echoed by the answer to POST, and forgotten (§C.3) */
export function responseOf(response: WireResponse): DashScopeResponse {
  const { usage, output } = response;
  const searches = output.filter(({ type }) => type === 'web_search_call').length;
  const runs = output.filter(({ type }) => type === 'code_interpreter_call').length;
  return {
    id: response.id,
    object: 'response',
    created_at: response.created_at,
    completed_at: response.completed_at ?? null,
    status: response.status ?? 'completed',
    model: response.model,
    error: response.error,
    incomplete_details: response.incomplete_details,
    output: output.map(itemOf),
    parallel_tool_calls: false,
    tool_choice: response.tool_choice,
    tools: response.tools,
    ...(response.conversation && { conversation: response.conversation }),
    ...(usage && {
      usage: {
        input_tokens: usage.input_tokens,
        input_tokens_details: { cached_tokens: usage.input_tokens_details.cached_tokens },
        output_tokens: usage.output_tokens,
        output_tokens_details: usage.output_tokens_details,
        total_tokens: usage.total_tokens,
        x_details: [
          {
            x_billing_type: 'response_api',
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens,
          },
        ],
        ...(searches + runs > 0 && {
          x_tools: {
            ...(searches > 0 && { web_search: { count: searches } }),
            ...(runs > 0 && { code_interpreter: { count: runs } }),
          },
        }),
      },
    }),
  };
}

/** An output item with the members of §C.5 and §C.6: no citations, no encrypted reasoning. */
export function itemOf(item: ResponseOutputItem): ResponseOutputItem {
  switch (item.type) {
    case 'message':
      return {
        ...item,
        content: item.content.map((part) =>
          part.type === 'output_text' ? { type: part.type, text: part.text, annotations: [] } : part,
        ),
      } as ResponseOutputItem;
    case 'reasoning':
      return { id: item.id, type: item.type, summary: item.summary };
    default:
      return item;
  }
}
