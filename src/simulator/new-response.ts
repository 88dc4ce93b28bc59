import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Model } from './models.ts';
import type { WireResponse } from './wire.ts';

/** The response a request asks for, before anything has happened: every parameter echoed, defaults filled in. */
export function newResponse(
  body: ResponseCreateParams,
  model: Model,
  made: { id: string; created_at: number },
): WireResponse {
  return {
    id: made.id,
    ...(body.conversation && { conversation: { id: conversationId(body.conversation) } }),
    object: 'response',
    created_at: made.created_at,
    status: 'in_progress',
    background: body.background ?? false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    model: model.name,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: {
      effort: body.reasoning?.effort ?? (model.reasoning ? 'medium' : null),
      summary: body.reasoning?.summary ?? null,
    },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: body.text?.verbosity ?? 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    // A function tool that does not say whether it is strict, is (§4.3).
    tools: (body.tools ?? []).map((tool) =>
      tool.type === 'function' ? { ...tool, strict: tool.strict ?? true } : tool,
    ),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    metadata: body.metadata ?? {},
  };
}

function conversationId(conversation: NonNullable<ResponseCreateParams['conversation']>): string {
  return typeof conversation === 'string' ? conversation : conversation.id;
}
