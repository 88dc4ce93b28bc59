/** Counts prompt tokens with gpt-tokenizer (o200k), loaded when the first budget needs it. */
import type { Message } from '../assistants/types.ts';

export interface TokenCounter {
  text(text: string): number;
  message(message: Message): number;
}

/** What a message costs beside its text, and what an image is taken to cost; OpenAI's own rules of thumb. */
const PER_MESSAGE = 4;
const PER_IMAGE = 765;

export async function countTokens(): Promise<TokenCounter> {
  const { countTokens: count } = await import('gpt-tokenizer');
  const text = (value: string) => count(value);
  return {
    text,
    message: ({ content }) =>
      content.reduce((sum, part) => {
        if (part.type === 'text') return sum + text(part.text.value);
        return sum + (part.type === 'refusal' ? text(part.refusal) : PER_IMAGE);
      }, PER_MESSAGE),
  };
}
