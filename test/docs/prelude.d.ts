/** What the snippets in the pages take for granted: the client of their reader, and some ids. */
import type OpenAISdk from 'openai';
import type { withAssistants as wrap } from '../../src/index.ts';

declare global {
  const OpenAI: typeof OpenAISdk;
  const withAssistants: typeof wrap;
  const openai: OpenAISdk;
  const assistantId: string;
  const threadId: string;
  const question: string;
  const fileId: string;
  /** The caller's functions. */
  const functions: Record<string, (args: never) => Promise<unknown>>;
}
