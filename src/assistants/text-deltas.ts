/** What nearly all events of a stream are: deltas that add text to a message's part, and nothing else (§3.4). */
import type { AssistantEvent } from './types.ts';

/** Deltas of one part that came together. They stay together until each is printed for a client. */
export interface TextDeltas {
  message: string;
  /** Of the part in the message's content. */
  index: number;
  /** What each of them adds. */
  texts: readonly string[];
}

/** What happens in a run: an event, or as many as there are texts. */
export type RunEvent = AssistantEvent | TextDeltas;

export const areTextDeltas = (event: RunEvent): event is TextDeltas => 'texts' in event;

/** For how many events of a stream it stands. */
export const countOf = (event: RunEvent): number => (areTextDeltas(event) ? event.texts.length : 1);

/** Each as the event that a client is told of. */
export function oneByOne(events: readonly RunEvent[]): AssistantEvent[] {
  return events.flatMap((event) => (areTextDeltas(event) ? textDeltaEvents(event) : [event]));
}

export function textDeltaEvents({ message, index, texts }: TextDeltas): AssistantEvent[] {
  return texts.map((value) => ({
    event: 'thread.message.delta',
    data: {
      id: message,
      object: 'thread.message.delta',
      delta: { content: [{ index, type: 'text', text: { value } }] },
    },
  }));
}

/** JSON that differs in a text only: `before`, the text as JSON, `after`. */
export interface JsonOfTexts {
  before: string;
  values: readonly string[];
  after: string;
}

/** The data of each of {@link textDeltaEvents} as JSON, in a fifth of the time that `JSON.stringify` takes for all of it. */
export function textDeltaJson({ message, index, texts }: TextDeltas): JsonOfTexts {
  return {
    before: `{"id":${JSON.stringify(message)},"object":"thread.message.delta","delta":{"content":[{"index":${index},"type":"text","text":{"value":`,
    values: texts,
    after: '}}]}}',
  };
}
