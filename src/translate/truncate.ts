/** Which messages of a thread a run sees (§4.1). */
import type { Message } from '../assistants/types.ts';

/** `last_messages`: the newest `count` of the thread (oldest first, as they came). */
export function lastMessages(messages: Message[], count: number): Message[] {
  return count > 0 ? messages.slice(-count) : [];
}

/**
 * `auto`: drops messages from the middle until the rest fits into `limit` tokens. What a thread is about stands in its
 * first user message, so that stays longest beside the newest ones; the newest message is never dropped.
 *
 * `tokens` weighs one message. It is asked from the newest message backwards and no further than what fits, so a thread
 * of 100 000 messages costs as much as its kept part.
 * @returns the messages to send, in order; undefined where even the newest one is too long.
 */
export function dropMiddle(
  messages: Message[],
  tokens: (message: Message) => number,
  limit: number,
): Message[] | undefined {
  const newest = messages.at(-1);
  if (!newest) return [];
  let left = limit - tokens(newest);
  if (left < 0) return undefined;

  const first = messages.findIndex((message) => message.role === 'user');
  const opening = first >= 0 && first < messages.length - 1 ? messages[first] : undefined;
  const openingTokens = opening ? tokens(opening) : 0;
  const keepsOpening = opening !== undefined && openingTokens <= left;
  if (keepsOpening) left -= openingTokens;

  let from = messages.length - 1;
  while (from > 0) {
    const before = from - 1;
    const cost = keepsOpening && before === first ? 0 : tokens(messages[before] as Message);
    if (cost > left) break;
    left -= cost;
    from = before;
  }
  const kept = messages.slice(from);
  return keepsOpening && first < from ? [opening, ...kept] : kept;
}
