/** Providers that want the output of a function call right behind it. */
import type { Responses } from 'openai/resources/responses/responses';

type Item = Responses.ResponseInputItem;

/** call, call, output, output → call, output, call, output; everything else keeps its place (dashscope §C.4). */
export function orderCalls(items: readonly Item[]): Item[] {
  const outputs = new Map<string, Item[]>();
  for (const item of items) {
    if (item.type === 'function_call_output') {
      outputs.set(item.call_id, [...(outputs.get(item.call_id) ?? []), item]);
    }
  }
  return items.flatMap((item) => {
    if (item.type === 'function_call_output') return [];
    if (item.type !== 'function_call') return [item];
    const [output] = outputs.get(item.call_id)?.splice(0, 1) ?? [];
    return output ? [item, output] : [item];
  });
}
