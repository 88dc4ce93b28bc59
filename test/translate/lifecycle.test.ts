import { describe, expect, it } from 'vitest';
import { oneByOne } from '../../src/assistants/text-deltas.ts';
import { beginCancel, beginRun, endRun, reduce, submitOutputs } from '../../src/translate/reduce.ts';
import type { Reduction, ResponseStreamEvent, RunState } from '../../src/translate/types.ts';
import { fixtures, type Played, play, take } from './fixtures.ts';
import { CREATED_AT, ctx, NOW, queuedRun } from './run.ts';

function fixture(name: string) {
  const found = fixtures.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no fixture ${name}.`);
  return found;
}

/** A run after the first `count` upstream events of a fixture. */
const upTo = (name: string, count: number): Played =>
  play(fixture(name).upstream.slice(0, count), fixture(name).run);
/** A run that waits for the output of one call. */
const waiting = () => upTo('reasoning-items', 99);
const told = ({ events }: Reduction) => oneByOne(events);
const names = (reduction: Reduction) => told(reduction).map(({ event }) => event);
const event = (value: unknown) => value as ResponseStreamEvent;

describe('§1.7 timestamps of a run', () => {
  it('queued: not started; in progress: started, still expiring', () => {
    const { state } = beginRun(queuedRun(), ctx);
    expect(state.run).toMatchObject({ status: 'queued', started_at: null, expires_at: CREATED_AT + 600 });
    const next = reduce(state, [event({ type: 'response.in_progress' })], ctx).state.run;
    expect(next).toMatchObject({ status: 'in_progress', started_at: NOW, expires_at: CREATED_AT + 600 });
  });

  it('queued again after a submit keeps started_at, and the next phase gives it a new value', () => {
    const later = { ...ctx, now: NOW + 30 };
    const { state } = submitOutputs(waiting().state, [{ call_id: 'call_a', output: '21' }], later);
    expect(state.run).toMatchObject({
      status: 'queued',
      started_at: NOW,
      required_action: null,
      usage: null,
    });
    const next = reduce(state, [event({ type: 'response.in_progress' })], later).state.run;
    expect(next.started_at).toBe(NOW + 30);
  });

  it.each([
    ['failed', { failed_at: NOW, completed_at: null, cancelled_at: null }],
    ['cancelled', { failed_at: null, completed_at: null, cancelled_at: NOW }],
    ['expired', { failed_at: null, completed_at: null, cancelled_at: null }],
    ['incomplete', { failed_at: null, completed_at: NOW, cancelled_at: null }],
  ] as const)('%s', (status, times) => {
    const { state } = upTo('plain-text', 5);
    const last_error = { code: 'server_error' as const, message: 'x' };
    const ended = endRun(state, { status, last_error, reason: 'max_completion_tokens' } as never, ctx).state
      .run;
    expect(ended).toMatchObject({ status, started_at: NOW, expires_at: null, ...times });
  });
});

describe('§2.5, §2.6, §2.7 a run that waits for tool outputs and is stopped', () => {
  it.each(['cancelled', 'expired'] as const)(
    '%s: its step gets the same status, with the usage of its response',
    (status) => {
      const played = waiting();
      take(played, endRun(played.state, { status }, ctx));
      expect([...played.steps.values()]).toMatchObject([{ status, usage: { total_tokens: 70 } }]);
      expect(played.run).toMatchObject({ status, required_action: null });
    },
  );

  it('cancel says cancelling first, and says it once (§3.3 g)', () => {
    const begun = beginCancel(waiting().state, ctx);
    expect(names(begun)).toEqual(['thread.run.cancelling']);
    expect(begun.state.run).toMatchObject({ status: 'cancelling', required_action: null, started_at: NOW });
    expect(names(beginCancel(begun.state, ctx))).toEqual([]);
    expect(names(endRun(begun.state, { status: 'cancelled' }, ctx))).toEqual([
      'thread.run.step.cancelled',
      'thread.run.cancelled',
    ]);
  });
});

describe('§3.3 f–h what is open when a run ends', () => {
  it('expiry in the middle of a message: message.incomplete, step.expired, run.expired', () => {
    const ended = endRun(upTo('plain-text', 5).state, { status: 'expired' }, ctx);
    expect(names(ended)).toEqual([
      'thread.message.incomplete',
      'thread.run.step.expired',
      'thread.run.expired',
    ]);
    expect(told(ended)[0]?.data).toMatchObject({
      incomplete_details: { reason: 'run_expired' },
      content: [{ type: 'text', text: { value: 'Hello' } }],
    });
    expect(ended.changes.map(({ type }) => type)).toEqual(['message', 'step', 'run']);
  });

  it('a step whose message is complete is completed, also when the run fails after it', () => {
    const ended = endRun(
      upTo('plain-text', 10).state,
      { status: 'failed', last_error: { code: 'server_error', message: 'x' } },
      ctx,
    );
    expect(names(ended)).toEqual(['thread.run.step.completed', 'thread.run.failed']);
  });

  it('a budget that runs out between two calls: nothing is open, the run is incomplete', () => {
    const { state } = submitOutputs(waiting().state, [{ call_id: 'call_a', output: '21' }], ctx);
    const ended = endRun(state, { status: 'incomplete', reason: 'max_completion_tokens' }, ctx);
    expect(names(ended)).toEqual(['thread.run.incomplete']);
    expect(ended.state.run).toMatchObject({
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { total_tokens: 70 },
    });
  });

  it('what waited behind a call is still said when the budget runs out', () => {
    const submitted = upTo('function-call-then-message', 14);
    expect(submitted.run.status).toBe('queued');
    const ended = endRun(submitted.state, { status: 'incomplete', reason: 'max_prompt_tokens' }, ctx);
    expect(names(ended)).toContain('thread.message.completed');
    expect(names(ended).at(-1)).toBe('thread.run.incomplete');
  });
});

describe('nothing happens to a run that does not wait for it', () => {
  const over = () => upTo('plain-text', 99).state;
  const cases: [string, (state: RunState) => Reduction][] = [
    ['endRun', (state) => endRun(state, { status: 'expired' }, ctx)],
    ['beginCancel', (state) => beginCancel(state, ctx)],
    ['submitOutputs', (state) => submitOutputs(state, [], ctx)],
    ['an upstream event', (state) => reduce(state, [event({ type: 'response.failed', response: {} })], ctx)],
  ];

  it.each(cases)('%s after the end', (_, act) => {
    const state = over();
    expect(act(state)).toEqual({ state, changes: [], events: [], effects: [] });
  });

  it('upstream events while the run waits for tool outputs', () => {
    const { state } = waiting();
    const failed = reduce(state, [event({ type: 'error', error: { message: 'x' } })], ctx);
    expect(failed).toEqual({ state, changes: [], events: [], effects: [] });
  });
});

describe('§2.2 submitted outputs', () => {
  it('an output that is not there counts as an empty one', () => {
    const submitted = submitOutputs(waiting().state, [], ctx);
    expect(told(submitted)[0]?.data).toMatchObject({
      step_details: { tool_calls: [{ function: { output: '' } }] },
    });
  });

  it('the finished turn stays readable until the next response begins', () => {
    const { state } = submitOutputs(waiting().state, [{ call_id: 'call_a', output: '21' }], ctx);
    expect(state.items).toHaveLength(2);
    expect(reduce(state, [event({ type: 'response.created' })], ctx).state.items).toEqual([]);
  });
});

describe('upstreams and their second tries', () => {
  it('a call without any call_id gets an id, and is replayed under the same', () => {
    const item = { type: 'function_call', name: 'f', arguments: '{}' };
    const played = play([
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: {} },
    ]);
    expect(played.run.required_action?.submit_tool_outputs.tool_calls).toMatchObject([
      { id: 'call_minted_0' },
    ]);
    expect(played.state.items).toEqual([{ ...item, call_id: 'call_minted_0' }]);
  });

  it('a response that begins again before anything was shown takes the place of the first', () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [] };
    const { state } = play([
      { type: 'response.created' },
      { type: 'response.output_item.done', output_index: 0, item: reasoning },
      { type: 'response.created' },
      { type: 'response.output_item.done', output_index: 0, item: { ...reasoning, id: 'rs_2' } },
    ]);
    expect(state.items).toEqual([{ ...reasoning, id: 'rs_2' }]);
  });

  it('most events change no record: text deltas share their empty lists', () => {
    const { state } = upTo('plain-text', 5);
    const delta = event({
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      delta: 'x',
    });
    const one = reduce(state, [delta], ctx);
    const two = reduce(one.state, [delta], ctx);
    expect(one.changes).toHaveLength(0);
    expect(two.changes).toBe(one.changes);
    expect(two.effects).toBe(one.effects);
  });
});
