/**
 * Every recorded stream, and every prefix of it with every way to end, in DashScope's dialect: legal for its clients
 * (docs/contracts/dashscope.md §A.7, §A.9, §A.9.3).
 */
import { describe, expect, it } from 'vitest';
import type { AssistantEvent, Run } from '../../src/assistants/types.ts';
import { createEventPresenter } from '../../src/http/dashscope/events.ts';
import { DASHSCOPE_FRAMING } from '../../src/http/dashscope/stream.ts';
import { framed } from '../../src/http/sse.ts';
import { endRun } from '../../src/translate/reduce.ts';
import type { Ending } from '../../src/translate/types.ts';
import { fixtures, play, take } from '../translate/fixtures.ts';
import { ctx } from '../translate/run.ts';
import { readStream, type Yielded } from './python-sdk.ts';

const ENDINGS: Ending[] = [
  { status: 'cancelled' },
  { status: 'expired' },
  { status: 'failed', last_error: { code: 'server_error', message: 'x' } },
  { status: 'incomplete', reason: 'max_completion_tokens' },
];

/** Events that DashScope's clients know (§A.9). */
const KNOWN =
  /^thread\.(created|run\.(created|queued|in_progress|requires_action|completed|failed|cancelled|expired)|run\.step\.(created|in_progress|delta|completed|failed|cancelled|expired)|message\.(created|in_progress|delta|completed|incomplete))$/;

/** What the Python SDK reads of one stream. */
function seen(run: Run, events: readonly AssistantEvent[]): Yielded[] {
  const present = createEventPresenter(run);
  const text = events
    .flatMap(present)
    .map(({ event, data }) =>
      framed(DASHSCOPE_FRAMING, { event, data: { ...(data as object), request_id: 'r' } }),
    )
    .join('');
  return readStream(200, 'text/event-stream', text + DASHSCOPE_FRAMING.done);
}

/** What is wrong with a stream, in words. */
function violations(stream: readonly Yielded[]): string[] {
  const wrong: string[] = [];
  const texts = new Map<string, string>();
  const calls = new Map<string, { arguments: string; output: string }>();
  for (const { event, value } of stream) {
    if (!KNOWN.test(event ?? '')) wrong.push(`unknown event ${event}`);
    const json = JSON.stringify(value);
    if (/"status":"incomplete"/.test(json)) wrong.push(`${event} says incomplete`);
    if (/"msg_/.test(json)) wrong.push(`${event} has an id of OpenAI's`);
    if (/"\w+_at":[1-9]\d{0,11}\b/.test(json)) wrong.push(`${event} has a time in seconds`);
    if (event === 'thread.message.delta') {
      const { content } = value['delta'];
      if (content.type === 'text' && typeof content.text.value !== 'string')
        wrong.push('a delta without text');
      texts.set(value['id'], (texts.get(value['id']) ?? '') + (content.text?.value ?? ''));
    }
    if (event === 'thread.message.completed') {
      const whole = value['content']
        .map((part: { text?: { value: string } }) => part.text?.value ?? '')
        .join('');
      if (whole !== (texts.get(value['id']) ?? ''))
        wrong.push(`deltas ${texts.get(value['id'])} are not ${whole}`);
    }
    if (event === 'thread.run.step.delta') {
      const entries = value['delta'].step_details.tool_calls;
      if (entries.length !== 1 || 'index' in entries[0] || 'id' in entries[0])
        wrong.push('a step delta of another shape');
      const [entry] = entries;
      const key = `${value['id']} ${entry.type}`;
      const told = calls.get(key) ?? { arguments: '', output: '' };
      calls.set(key, {
        arguments: told.arguments + (entry[entry.type].arguments ?? ''),
        output: told.output + (entry[entry.type].output ?? ''),
      });
    }
    if (event === 'thread.run.step.completed') {
      const { tool_calls: entries = [] } = value['step_details'];
      // Of several calls in one step deltas do not say whose they are (§A.9.2).
      if (entries.length !== 1) continue;
      const told = calls.get(`${value['id']} ${entries[0].type}`);
      const whole = entries[0][entries[0].type];
      if (told && (told.arguments !== whole.arguments || told.output !== (whole.output ?? '')))
        wrong.push(`deltas ${JSON.stringify(told)} are not ${JSON.stringify(whole)}`);
    }
  }
  return wrong;
}

describe.each(fixtures)('$name', ({ upstream, run }) => {
  it('is legal whole', () => {
    const played = play(upstream, run);
    for (const stream of played.streams) {
      const read = seen(played.run, stream);
      expect(violations(read)).toEqual([]);
      expect(read.length).toBeGreaterThan(1);
    }
  });

  it('is legal wherever it ends, and then ends with a run whose status ends polling (§A.7)', () => {
    const wrong: string[] = [];
    for (let length = 0; length <= upstream.length; length++) {
      for (const ending of ENDINGS) {
        const played = play(upstream.slice(0, length), run);
        take(played, endRun(played.state, ending, ctx));
        const streams = played.streams.map((stream) => seen(played.run, stream));
        wrong.push(...streams.flatMap(violations).map((one) => `${length} ${ending.status}: ${one}`));
        const last = streams.at(-1)?.at(-1)?.value['status'];
        if (!['cancelled', 'failed', 'completed', 'expired'].includes(last))
          wrong.push(`${length} ${ending.status}: ends ${last}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
