/**
 * Functions whose names a provider keeps for itself. Such a name gets an underscore in front, and so does a name that
 * could be mistaken for one that got it: the way back needs to know nothing of the request.
 */
import type { Responses } from 'openai/resources/responses/responses';

const escaped = (name: string, reserved: readonly string[]) => reserved.includes(name.replace(/^_+/, ''));

/** `search` → `_search`, `_search` → `__search`; any other name is itself. */
export function upstreamName(name: string, reserved: readonly string[]): string {
  return escaped(name, reserved) ? `_${name}` : name;
}

/** The name as the caller knows it. A model may leave the underscore out: what is not escaped stays as it is. */
export function callerName(name: string, reserved: readonly string[]): string {
  return name.startsWith('_') && escaped(name, reserved) ? name.slice(1) : name;
}

/** An event with the caller's names in its items; the same object where there is nothing to change. */
export function withCallerNames(
  event: Responses.ResponseStreamEvent,
  reserved: readonly string[],
): Responses.ResponseStreamEvent {
  const raw = event as unknown as Record<string, unknown>;
  const item = renamed(raw.item, reserved);
  if (item !== raw.item) return { ...raw, item } as never;
  const response = raw.response as { output?: unknown } | undefined;
  if (response === null || typeof response !== 'object' || !Array.isArray(response.output)) return event;
  const { output } = response;
  const names = output.map((each) => renamed(each, reserved));
  if (names.every((each, at) => each === output[at])) return event;
  return { ...raw, response: { ...response, output: names } } as never;
}

function renamed(item: unknown, reserved: readonly string[]): unknown {
  const call = item as { type?: unknown; name?: unknown } | null | undefined;
  if (typeof call !== 'object' || call?.type !== 'function_call' || typeof call.name !== 'string')
    return item;
  const name = callerName(call.name, reserved);
  return name === call.name ? item : { ...call, name };
}
