/** Text deltas, which are nearly all events of a stream, are kept together and printed in a way of their own (§3.4). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { areTextDeltas, countOf, oneByOne, textDeltaJson } from '../../src/assistants/text-deltas.ts';
import { reduce } from '../../src/translate/reduce.ts';
import type { ResponseStreamEvent } from '../../src/translate/types.ts';
import { fixtures, play, type StreamFixture } from '../translate/fixtures.ts';
import { ctx } from '../translate/run.ts';

it('a text is told delta by delta, each with nothing but what it adds', () => {
  const deltas = { message: 'msg_1', index: 2, texts: ['Hel', 'lo'] };
  const delta = (value: string) => ({
    event: 'thread.message.delta',
    data: {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ index: 2, type: 'text', text: { value } }] },
    },
  });
  expect(oneByOne([deltas])).toEqual([delta('Hel'), delta('lo')]);
  expect(countOf(deltas)).toBe(2);
});

it('the JSON of each is that of its event, whatever its text', () => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 });
  fc.assert(
    fc.property(texts, fc.string(), fc.nat(9), (texts, message, index) => {
      const deltas = { message, index, texts };
      const { before, values, after } = textDeltaJson(deltas);
      const printed = values.map((value) => before + JSON.stringify(value) + after);
      expect(printed).toEqual(oneByOne([deltas]).map(({ data }) => JSON.stringify(data)));
    }),
  );
});

it('one that brings more is an event of its own: annotations, even if there are none, a refusal, an image', () => {
  const told = fixtures.flatMap(({ upstream, run }) => {
    const { state } = play([], run);
    const events = upstream.filter((event) => !('submit' in event)) as ResponseStreamEvent[];
    return reduce(state, events, ctx).events;
  });
  const others = told.flatMap((event) => (areTextDeltas(event) ? [] : [JSON.stringify(event.data)]));
  for (const member of ['"annotations":[]', '"annotations":[{', '"refusal"', '"image_file"'])
    expect(others.some((json) => json.includes('thread.message.delta') && json.includes(member))).toBe(true);
});

it('what came of one text at once is kept together, from its second delta on', () => {
  const { upstream } = fixtures.find(({ name }) => name === 'plain-text') as StreamFixture;
  const deltas = upstream.flatMap((event) =>
    'type' in event && event.type === 'response.output_text.delta' ? [event.delta] : [],
  );
  expect(deltas.length).toBeGreaterThan(2);
  const { events } = reduce(play([]).state, upstream as ResponseStreamEvent[], ctx);
  expect(events.filter(areTextDeltas)).toEqual([{ message: 'msg_0', index: 0, texts: deltas.slice(1) }]);
});
