import type { ResponseInputItem, ResponseItem } from 'openai/resources/responses/responses';
import type { MakeId } from './ids.ts';

/** An input item in the form in which it is listed: with an id, messages also with parts and a status. */
export function listedItem(item: ResponseInputItem, makeId: MakeId): ResponseItem {
  if ('role' in item && 'content' in item) {
    const kind = item.role === 'assistant' ? 'output_text' : 'input_text';
    const text = item.role === 'assistant' ? { annotations: [], logprobs: [] } : {};
    const content =
      typeof item.content === 'string' ? [{ type: kind, text: item.content, ...text }] : item.content;
    return { id: makeId('message'), type: 'message', status: 'completed', ...item, content } as ResponseItem;
  }
  const kind = item.type === 'function_call' ? 'function_call' : 'function_call_output';
  return { id: makeId(kind), ...item } as ResponseItem;
}
