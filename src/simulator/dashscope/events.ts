import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { Step, WireEvent, WireResponse } from '../wire.ts';
import { type DashScopeResponse, itemOf, responseOf } from './response.ts';

type Json = Record<string, unknown>;

/** Events that this API does not send: calls and code come whole with their item, citations not at all (§C.6, §C.7). */
const NOT_SENT =
  /^response\.(queued|function_call_arguments\.|code_interpreter_call_code\.|output_text\.annotation\.|reasoning_summary_part\.)/;

/** The oddity of the stream of a web search: deltas that do not say of what, and an item id that is always the same (§C.7). */
const CONSTANT_ID = 'msg_final';

/**
 * OpenAI's events of a turn as DashScope sends them (§C.7).
 *
 * @param extra members of the response that only this API has
 * @returns the response as it is at the end
 */
export function* asDashScope(
  steps: Generator<Step, WireResponse>,
  extra: (response: WireResponse) => Partial<DashScopeResponse>,
): Generator<Step, WireResponse> {
  let sequence_number = 0;
  let searched = false;
  for (;;) {
    const { value: step, done } = steps.next();
    if (done) return step;
    if (step.do !== 'send') {
      yield step;
      continue;
    }
    const event = step.event as unknown as Json & { type: string };
    if (NOT_SENT.test(event.type)) continue;
    searched ||= (event.item as Json | undefined)?.type === 'web_search_call';
    const shaped = shape(event, searched, extra);
    yield { do: 'send', event: { ...shaped, sequence_number } as unknown as WireEvent };
    sequence_number += 1;
  }
}

function shape(
  event: Json & { type: string },
  searched: boolean,
  extra: (response: WireResponse) => Partial<DashScopeResponse>,
): Json {
  const { obfuscation: _, logprobs: __, ...rest } = event;
  if (rest.response) {
    const response = rest.response as WireResponse;
    const status = event.type === 'response.created' ? 'queued' : response.status;
    return { ...rest, response: { ...responseOf(response), ...extra(response), status } };
  }
  if (rest.item) {
    const item = itemOf(rest.item as ResponseOutputItem) as unknown as Json;
    return { ...rest, item: searched && item.type === 'message' ? { ...item, id: CONSTANT_ID } : item };
  }
  if (event.type.startsWith('response.reasoning_summary_text.')) {
    const { summary_index: content_index, ...others } = rest;
    return { ...others, type: event.type.replace('reasoning_summary_text', 'reasoning_text'), content_index };
  }
  if (searched && event.type === 'response.output_text.delta') {
    const { item_id: _id, content_index: _index, ...bare } = rest;
    return bare;
  }
  return searched && 'content_index' in rest ? { ...rest, item_id: CONSTANT_ID } : rest;
}

/** `id:`, `event:`, a comment and `data:`, without spaces (§C.7). There is no `[DONE]`. */
export function frame(event: WireEvent): string {
  return `id:${event.sequence_number + 1}\nevent:${event.type}\n:HTTP_STATUS/200\ndata:${JSON.stringify(event)}\n\n`;
}
