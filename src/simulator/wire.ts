import type {
  Response as ApiResponse,
  ResponseIncludable,
  ResponseOutputItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';

/** A response as it goes over the wire: `output_text` is the SDK's own addition. */
export type WireResponse = Omit<ApiResponse, 'output_text'> & {
  store: boolean;
  max_tool_calls: number | null;
};

/** The SDK's event with the response as it is on the wire. */
type OnWire<T> = T extends { response: ApiResponse } ? Omit<T, 'response'> & { response: WireResponse } : T;

/** A stream event; deltas carry padding that hides their length. */
export type WireEvent = OnWire<ResponseStreamEvent> & { obfuscation?: string };

type Unnumbered<T> = T extends unknown ? Omit<T, 'sequence_number'> : never;

/** An event before the stream has numbered it. */
export type UnnumberedEvent = Unnumbered<WireEvent>;

/** What happens next in a turn that is played. */
export type Step =
  | { do: 'send'; event: WireEvent }
  /** Bytes that are no event of the API. */
  | { do: 'write'; text: string }
  | { do: 'sleep'; ms: number }
  | { do: 'wait'; until: Promise<unknown> }
  | { do: 'hang' }
  | { do: 'break'; clean: boolean; midEvent: boolean };

/** One event in the framing of the real API: a name line, a data line, an empty line. */
export function frame(event: { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/**
 * An output item as a client gets it: search results, code outputs and encrypted reasoning are sent only when `include`
 * asks for them (§4.3).
 */
export function project(
  item: ResponseOutputItem,
  include: ReadonlySet<ResponseIncludable>,
): ResponseOutputItem {
  if (item.type === 'file_search_call' && !include.has('file_search_call.results'))
    return { ...item, results: null };
  if (item.type === 'code_interpreter_call' && !include.has('code_interpreter_call.outputs')) {
    return { ...item, outputs: null };
  }
  if (item.type === 'web_search_call' && !include.has('web_search_call.action.sources')) {
    if (!('action' in item) || item.action?.type !== 'search') return item;
    const { sources: _, ...action } = item.action;
    return { ...item, action };
  }
  if (item.type === 'reasoning' && !include.has('reasoning.encrypted_content')) {
    const { encrypted_content: _, ...rest } = item;
    return rest;
  }
  return item;
}
