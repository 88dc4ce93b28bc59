import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginCancel, endRun } from '../../src/translate/reduce.ts';
import type { Ending } from '../../src/translate/types.ts';
import { fixtures, type Played, play, take } from './fixtures.ts';
import { type Reading, read, violations } from './legal.ts';
import { ctx } from './run.ts';

const ENDINGS: Ending[] = [
  { status: 'failed', last_error: { code: 'invalid_prompt', message: 'No.' } },
  { status: 'cancelled' },
  { status: 'expired' },
  { status: 'incomplete', reason: 'max_completion_tokens' },
];

function complaints({ streams }: Played): string[] {
  let reading: Reading | undefined;
  for (const stream of streams) reading = read(stream, reading);
  return violations([], reading);
}

function ended(upstream: readonly unknown[], ending: Ending, run?: Played['run']): Played {
  const played = play(upstream, run);
  take(played, endRun(played.state, ending, ctx));
  return played;
}

const OVER = ['completed', 'incomplete', 'failed', 'cancelled', 'expired'];

describe('a run may end at any point of its stream (§2.1, §3.3 f–h)', () => {
  for (const { name, upstream, run } of fixtures) {
    it(`${name}: any prefix with any ending is a legal stream whose messages and steps are all closed`, () => {
      for (let length = 0; length <= upstream.length; length++) {
        for (const ending of ENDINGS) {
          const played = ended(upstream.slice(0, length), ending, run as Played['run']);
          expect(complaints(played), `after ${length} events, ${ending.status}`).toEqual([]);
          expect(OVER).toContain(played.run.status);
          expect([...played.steps.values()].filter(({ status }) => status === 'in_progress')).toEqual([]);
          expect([...played.messages.values()].filter(({ status }) => status === 'in_progress')).toEqual([]);
        }
      }
    });
  }

  it('ends as cancelled once it is being cancelled, whatever it is told after that (§2.1)', () => {
    for (const { upstream, run } of fixtures) {
      const played = play(upstream.slice(0, 4), run);
      if (OVER.includes(played.run.status)) continue;
      take(played, beginCancel(played.state, ctx));
      for (const event of upstream.slice(4))
        if (!('submit' in event)) expect(playOn(played, event)).toBe('cancelling');
      take(played, endRun(played.state, ENDINGS[0] as Ending, ctx));
      expect(played.run.status).toBe('cancelled');
      expect(complaints(played)).toEqual([]);
    }
  });
});

function playOn(played: Played, event: unknown): string {
  const on = play([event], {}, () => played.state);
  expect(on.streams.flat().slice(2)).toEqual([]);
  return on.state.run.status;
}

/** Every upstream event of the fixtures, to be mixed. */
const EVENTS: unknown[] = fixtures.flatMap(({ upstream }) => upstream);
const SUBMIT = { submit: [{ call_id: 'call_a', output: '1' }] };

/** Values that no one should send in the place of another. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '-',
    -1,
    0,
    1,
    1e21,
    Number.MAX_SAFE_INTEGER,
    [],
    {},
    [null],
    '__proto__',
  ),
  fc.jsonValue(),
);

/** An event with one member, at any depth, replaced or removed. */
const oddEvent = fc
  .tuple(fc.constantFrom(...EVENTS), fc.infiniteStream(fc.nat(20)), oddValue)
  .map(([event, picks, odd]) => {
    const copy = structuredClone(event) as Record<string, unknown>;
    let at = copy;
    for (const pick of picks) {
      const keys = Object.keys(at);
      const key = keys[pick % Math.max(1, keys.length)];
      if (key === undefined) break;
      const inner = at[key];
      if (typeof inner === 'object' && inner !== null && pick % 3 > 0) {
        at = inner as Record<string, unknown>;
      } else {
        if (odd === true) delete at[key];
        else at[key] = odd;
        break;
      }
    }
    return copy;
  });

const anyEvent = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...EVENTS) },
  { weight: 3, arbitrary: oddEvent },
  { weight: 1, arbitrary: fc.constant(SUBMIT) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

describe('whatever an upstream sends', () => {
  it('events of all kinds, spoilt and mixed at will, never throw and stay legal (§3.5, §5.3)', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.constantFrom(...ENDINGS), (events, ending) => {
        const played = ended(events, ending);
        expect(complaints(played)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('one stream with events lost, doubled or swapped stays legal', () => {
    const disturbed = fc
      .constantFrom(...fixtures)
      .chain(({ upstream, run }) =>
        fc
          .array(fc.nat(upstream.length - 1), { maxLength: upstream.length * 2 })
          .map((picks) => ({ run, events: picks.map((pick) => upstream[pick]) })),
      );
    fc.assert(
      fc.property(disturbed, fc.constantFrom(...ENDINGS), ({ events, run }, ending) => {
        expect(complaints(ended(events, ending, run as Played['run']))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
