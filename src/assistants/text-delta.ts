/** What nearly every event of a stream is: a delta that adds text to a message's part, and nothing else (§3.4). */
import type { AssistantEvent, MessageDeltaEvent } from './types.ts';

export interface TextDelta {
  message: string;
  /** Of the part in the message's content. */
  index: number;
  text: string;
}

/** Undefined for every other event. */
export function asTextDelta(event: AssistantEvent): TextDelta | undefined {
  if (event.event !== 'thread.message.delta') return undefined;
  const [part, more] = event.data.delta.content;
  if (more || part?.type !== 'text' || part.text?.value === undefined || part.text.annotations !== undefined)
    return undefined;
  return { message: event.data.id, index: part.index, text: part.text.value };
}

export function textDeltaEvent({ message, index, text }: TextDelta): {
  event: 'thread.message.delta';
  data: MessageDeltaEvent;
} {
  const content = [{ index, type: 'text' as const, text: { value: text } }];
  return {
    event: 'thread.message.delta',
    data: { id: message, object: 'thread.message.delta', delta: { content } },
  };
}

/** The data of {@link textDeltaEvent} as JSON, in a fifth of the time that `JSON.stringify` takes for all of it. */
export function textDeltaJson({ message, index, text }: TextDelta): string {
  return `{"id":${JSON.stringify(message)},"object":"thread.message.delta","delta":{"content":[{"index":${index},"type":"text","text":{"value":${JSON.stringify(text)}}}]}}`;
}
