import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginCancel, endRun } from '../../src/translate/reduce.ts';
import type { Ending } from '../../src/translate/types.ts';
import { fixtures, type Played, play, playAtOnce, take } from './fixtures.ts';
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
const EVENTS: unknown[] = fixtures.flatMap(({ upstream }) =>
  upstream.filter((event) => !('submit' in event)),
);
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

/** Of any text: providers may send those of several in turn, and leave out what tells them apart. */
const anyDelta = fc.record(
  {
    type: fc.constantFrom('response.output_text.delta', 'response.refusal.delta'),
    delta: fc.constantFrom('', 'a', 'b'),
    item_id: fc.constantFrom('msg_a', 'msg_b'),
    output_index: fc.nat(1),
    content_index: fc.nat(1),
    // No member of the API's, but one of the state's own.
    pieces: fc.constantFrom<unknown>(5, { length: 3 }, ['x'], [null]),
  },
  { requiredKeys: ['type', 'delta'] },
);

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
      { numRuns: 600 },
    );
  });

  it('is the same run when it comes all at once', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyEvent, anyDelta), { maxLength: 40 }), (events) => {
        const { state: _, ...one } = play(events);
        const { state: __, ...other } = playAtOnce(events);
        expect(other).toEqual(one);
      }),
      { numRuns: 600 },
    );
  });

  it('one stream with events lost, doubled or swapped stays legal', () => {
    const disturbed = fc.constantFrom(...fixtures).chain(({ upstream, run }) =>
      fc
        .array(fc.tuple(fc.constantFrom(0, 1, 1, 1, 1, 2), fc.nat(3)), {
          minLength: upstream.length,
          maxLength: upstream.length,
        })
        .map((picks) => {
          const events = upstream.flatMap((event, at) => Array<unknown>(picks[at]?.[0] ?? 1).fill(event));
          // One in four goes one place later.
          picks.forEach(([, late], at) => {
            if (late === 0 && at + 1 < events.length) events.splice(at, 2, events[at + 1], events[at]);
          });
          return { run, events };
        }),
    );
    fc.assert(
      fc.property(disturbed, fc.constantFrom(...ENDINGS), ({ events, run }, ending) => {
        expect(complaints(ended(events, ending, run as Played['run']))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', 'é', '語', '😀'), maxLength: 12 });

/** A text, cut into deltas, with citations that come early, in time or late. */
const citedText = fc.array(word, { minLength: 1, maxLength: 6 }).chain((words) => {
  const whole = words.join('');
  const citation = fc.record({ index: fc.nat(whole.length), after: fc.nat(words.length) });
  return fc.array(citation, { maxLength: 4 }).map((citations) => ({ words, whole, citations }));
});

describe('§4.4 the text of a message with its markers', () => {
  it('is the model’s own text once the markers are taken out, and every annotation is where it says', () => {
    fc.assert(
      fc.property(citedText, fc.boolean(), ({ words, whole, citations }, repeated) => {
        const annotation = ({ index }: { index: number }) => ({
          type: 'file_citation',
          file_id: 'file-a',
          filename: 'a.txt',
          index,
        });
        const place = { output_index: 0, content_index: 0 };
        const annotated = (after: number) =>
          citations
            .filter((citation) => citation.after === after)
            .map((citation) => ({
              ...place,
              type: 'response.output_text.annotation.added',
              annotation: annotation(citation),
            }));
        const annotations = repeated ? citations.toSorted((a, b) => a.after - b.after).map(annotation) : [];
        const upstream = [
          ...annotated(0),
          ...words.flatMap((delta, at) => [
            { ...place, type: 'response.output_text.delta', delta },
            ...annotated(at + 1),
          ]),
          {
            output_index: 0,
            type: 'response.output_item.done',
            item: {
              type: 'message',
              role: 'assistant',
              content: [{ type: 'output_text', text: whole, annotations }],
            },
          },
          { type: 'response.completed', response: {} },
        ];
        const played = play(upstream);
        expect(playAtOnce(upstream)).toEqual(played);
        expect(complaints(played)).toEqual([]);
        const content = [...played.messages.values()][0]?.content[0];
        const text = content?.type === 'text' ? content.text : { value: '', annotations: [] };
        expect(text.annotations).toHaveLength(citations.length);
        expect(text.value.replaceAll('【4:0†a.txt】', '')).toBe(whole);
        // No character is parted by a marker: the text survives a round trip through UTF-8.
        expect(Buffer.from(text.value).toString()).toBe(text.value);
      }),
      { numRuns: 300 },
    );
  });
});

/** What providers leave out: whole kinds of events, never single ones. */
const KINDS = [
  'response.output_item.added',
  'response.output_item.done',
  'response.content_part.done',
  'response.output_text.delta',
  'response.output_text.done',
  'response.function_call_arguments.delta',
  'response.function_call_arguments.done',
  'response.code_interpreter_call_code.delta',
  'response.in_progress',
  'response.created',
];

type Output = Record<string, unknown>;

const outputs: Output[] = [
  { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
  {
    id: 'fs_1',
    type: 'file_search_call',
    status: 'completed',
    queries: [],
    results: [{ file_id: 'file-a', filename: 'a.txt', score: 1, text: 'x' }],
  },
  {
    id: 'ci_1',
    type: 'code_interpreter_call',
    status: 'completed',
    container_id: 'cntr_1',
    code: 'print(1)',
    outputs: [{ type: 'logs', logs: '1' }],
  },
  {
    id: 'm_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [
      { type: 'output_text', text: 'One two', annotations: [] },
      { type: 'output_text', text: 'Three', annotations: [] },
    ],
  },
  {
    id: 'm_2',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Four', annotations: [] }],
  },
  {
    id: 'fc_1',
    type: 'function_call',
    status: 'completed',
    call_id: 'call_a',
    name: 'f',
    arguments: '{"a":1}',
  },
  { id: 'fc_2', type: 'function_call', status: 'completed', call_id: 'call_b', name: 'f', arguments: '{}' },
];

/** Everything that a provider could send of a response. */
function eventsOf(output: Output[], withIds: boolean): Record<string, unknown>[] {
  const halves = (text: string) => [text.slice(0, 2), text.slice(2)];
  const items = output.flatMap((item, output_index) => {
    const at = { output_index, ...(withIds && { item_id: item.id }) };
    const begun = {
      ...item,
      status: 'in_progress',
      content: [],
      arguments: '',
      code: '',
      outputs: null,
      results: null,
    };
    const parts = (item.content as { text: string }[] | undefined) ?? [];
    const text = (type: string, whole: unknown, name: string) =>
      typeof whole !== 'string'
        ? []
        : [
            ...halves(whole).map((delta) => ({ ...at, type: `${type}.delta`, delta })),
            { ...at, type: `${type}.done`, [name]: whole },
          ];
    return [
      { ...at, type: 'response.output_item.added', item: begun },
      ...parts.flatMap((part, content_index) => [
        ...text('response.output_text', part.text, 'text').map((event) => ({ ...event, content_index })),
        { ...at, type: 'response.content_part.done', content_index, part },
      ]),
      ...text('response.function_call_arguments', item.arguments, 'arguments'),
      ...text('response.code_interpreter_call_code', item.code, 'code'),
      { ...at, type: 'response.output_item.done', item },
    ];
  });
  return [
    { type: 'response.created' },
    { type: 'response.in_progress' },
    ...items,
    { type: 'response.completed', response: { status: 'completed', output } },
  ];
}

/** What a reader of the thread sees in the end, without ids and times. */
function outcome({ run, messages, steps, state }: Played) {
  return {
    status: run.status,
    messages: [...messages.values()].map(({ status, content }) => ({ status, content })),
    calls: [...steps.values()].flatMap(({ step_details: details }) =>
      details.type === 'tool_calls' ? details.tool_calls.map((call) => ({ ...call, id: '' })) : [],
    ),
    items: state.items.map((item) => (item as { id: string }).id),
  };
}

describe('§4.5 providers leave events out', () => {
  const response = fc.shuffledSubarray(outputs, { minLength: 1 });

  it('nothing of a response is lost and nothing doubled, whichever kinds of events are missing', () => {
    fc.assert(
      fc.property(response, fc.subarray(KINDS), fc.boolean(), (output, missing, withIds) => {
        const all = eventsOf(output, withIds);
        const submit =
          output.filter(({ type }) => type === 'function_call').length > 0 ? [SUBMIT_BOTH, DONE] : [];
        const left = all.filter(({ type }) => !missing.includes(type as string));
        const full = play([...all, ...submit]);
        const part = play([...left, ...submit]);
        expect(complaints(part)).toEqual([]);
        const sorted = (value: unknown[]) => value.map((entry) => JSON.stringify(entry)).sort();
        const [wanted, got] = [outcome(full), outcome(part)];
        expect(got.status).toBe(wanted.status);
        expect(sorted(got.messages)).toEqual(sorted(wanted.messages));
        expect(sorted(got.calls)).toEqual(sorted(wanted.calls));
        expect(wanted.messages).toHaveLength(output.filter(({ type }) => type === 'message').length);
        expect(outcome(play(left)).items).toEqual(output.map(({ id }) => id));
      }),
      { numRuns: 300 },
    );
  });
});

const DONE = { type: 'response.completed', response: { output: [] } };
const SUBMIT_BOTH = {
  submit: [
    { call_id: 'call_a', output: '1' },
    { call_id: 'call_b', output: '2' },
  ],
};
