import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/assistants/types.ts';
import { dropMiddle, lastMessages } from '../../src/translate/truncate.ts';

/** A message that weighs `tokens`. */
function message(id: string, tokens: number, role: Message['role'] = 'user'): Message {
  return {
    id,
    object: 'thread.message',
    created_at: 0,
    assistant_id: null,
    thread_id: 'thread_1',
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: 0,
    role,
    content: [{ type: 'text', text: { value: 'x'.repeat(tokens), annotations: [] } }],
    attachments: [],
    metadata: {},
  };
}

const weigh = ({ content }: Message) => (content[0]?.type === 'text' ? content[0].text.value.length : 0);
const ids = (messages: Message[] | undefined) => messages?.map(({ id }) => id).join('');

const thread = [
  message('a', 3, 'assistant'),
  message('b', 5),
  message('c', 10, 'assistant'),
  message('d', 10),
  message('e', 2, 'assistant'),
  message('f', 4),
];

describe('§4.1 truncation_strategy', () => {
  it('last_messages: n keeps the n newest of the thread', () => {
    expect(ids(lastMessages(thread, 2))).toBe('ef');
    expect(ids(lastMessages(thread, 100))).toBe('abcdef');
  });

  it('auto keeps everything that fits', () => {
    expect(ids(dropMiddle(thread, weigh, 34))).toBe('abcdef');
    expect(dropMiddle([], weigh, 0)).toEqual([]);
  });

  it('auto drops from the middle: the first user message stays beside the newest ones', () => {
    expect(ids(dropMiddle(thread, weigh, 33))).toBe('bcdef');
    expect(ids(dropMiddle(thread, weigh, 30))).toBe('bdef');
    expect(ids(dropMiddle(thread, weigh, 11))).toBe('bef');
  });

  it('auto gives the first user message up before the newest one', () => {
    expect(ids(dropMiddle(thread, weigh, 8))).toBe('ef');
    expect(ids(dropMiddle(thread, weigh, 4))).toBe('f');
  });

  it('auto gives up where even the newest message is too long', () => {
    expect(dropMiddle(thread, weigh, 3)).toBeUndefined();
  });

  it('auto works in a thread without a user message', () => {
    const said = [message('a', 2, 'assistant'), message('b', 2, 'assistant')];
    expect(ids(dropMiddle(said, weigh, 3))).toBe('b');
  });

  it('auto weighs no more of a thread of 100 000 messages than it keeps', () => {
    const long = Array.from({ length: 100_000 }, (_, at) => message(String(at), 1));
    let weighed = 0;
    const kept = dropMiddle(
      long,
      (one) => {
        weighed++;
        return weigh(one);
      },
      50,
    );
    expect(kept).toHaveLength(50);
    expect(kept?.[0]?.id).toBe('0');
    expect(weighed).toBeLessThanOrEqual(52);
  });
});
