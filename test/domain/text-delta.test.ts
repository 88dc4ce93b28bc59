/** Text deltas, which are nearly all events of a stream, are told apart, kept and printed in ways of their own (§3.4). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asTextDelta, textDeltaEvent, textDeltaJson } from '../../src/assistants/text-delta.ts';
import { fixtures, play } from '../translate/fixtures.ts';

const deltas = fixtures
  .flatMap(({ upstream, run }) => play(upstream, run).streams.flat())
  .filter(({ event }) => event === 'thread.message.delta');

it('a delta of text and nothing else is the event and the JSON that it was', () => {
  const found = deltas.filter((event) => {
    const delta = asTextDelta(event);
    if (!delta) return false;
    expect(textDeltaEvent(delta)).toEqual(event);
    expect(textDeltaJson(delta)).toBe(JSON.stringify(event.data));
    return true;
  });
  expect(found.length).toBeGreaterThan(20);
});

it('one that brings more is none: annotations, even if there are none, a refusal, an image', () => {
  const others = deltas.filter((event) => !asTextDelta(event)).map(({ data }) => JSON.stringify(data));
  for (const member of ['"annotations":[]', '"annotations":[{', '"refusal"', '"image_file"'])
    expect(others.some((json) => json.includes(member))).toBe(true);
});

it('its JSON is right whatever its text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(9), (text, message, index) => {
      const delta = { message, index, text };
      expect(textDeltaJson(delta)).toBe(JSON.stringify(textDeltaEvent(delta).data));
    }),
  );
});
