import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/translate/types.ts';
import { fixtures, play, playAtOnce } from './fixtures.ts';
import { type Reading, read, violations } from './legal.ts';

/** Stored, read back, and frozen: a state is plain JSON that nobody changes in place (DESIGN decision 3). */
function storedAndFrozen(state: RunState): RunState {
  return freeze(JSON.parse(JSON.stringify(state)));
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

for (const { name, contract, about, upstream, run, events, final } of fixtures) {
  describe(`${name} (${contract}): ${about}`, () => {
    const played = play(upstream, run, storedAndFrozen);

    it('sends exactly the events of the contract', () => {
      const sent = played.streams.flat();
      expect(sent.map(({ event }) => event)).toEqual(events.map(([event]) => event));
      sent.forEach(({ data }, at) => {
        const wanted = events[at]?.[1] ?? {};
        expect(data).toMatchObject(wanted);
        if ('delta' in wanted) expect(data).toEqual(wanted);
      });
    });

    it('leaves the store with the objects of the contract', () => {
      expect(played.run).toMatchObject(final.run);
      expect(played.state.run).toEqual(played.run);
      expect([...played.messages.values()]).toMatchObject(final.messages);
      expect([...played.steps.values()]).toMatchObject(final.steps);
      expect(played.effects).toEqual(final.effects ?? []);
      if (final.items) expect(played.state.items).toEqual(final.items);
    });

    it('is the same run when its events come all at once', () => {
      expect(playAtOnce(upstream, run)).toEqual(played);
    });

    it('is legal for the strictest client (§3.5, §5.3)', () => {
      let reading: Reading | undefined;
      for (const stream of played.streams) {
        reading = read(stream, reading);
        expect(violations([], reading)).toEqual([]);
      }
    });

    if (final.run.status === 'completed') {
      it('gives its steps the usage of the run (§4.5 trap 3)', () => {
        const total = [...played.steps.values()].reduce(
          (sum, step) => sum + (step.usage?.total_tokens ?? 0),
          0,
        );
        expect(total).toBe(played.run.usage?.total_tokens);
        expect(total).toBeGreaterThan(0);
      });
    }
  });
}
