import { describe, expect, it } from 'vitest';
import type { AssistantEvent } from '../../src/assistants/types.ts';
import { fixtures, play } from './fixtures.ts';
import { read, type StreamEvent, violations } from './legal.ts';

/** A legal stream to be spoilt. */
function stream(name: string): StreamEvent[] {
  const fixture = fixtures.find((candidate) => candidate.name === name);
  if (!fixture) throw new Error(`There is no fixture ${name}.`);
  return structuredClone(play(fixture.upstream, fixture.run).streams.flat() as AssistantEvent[]);
}

const at = (events: StreamEvent[], event: string) =>
  events.findIndex((candidate) => candidate.event === event);
const without = (events: StreamEvent[], event: string) => events.toSpliced(at(events, event), 1);
const twice = (events: StreamEvent[], event: string) => {
  const place = at(events, event);
  return events.toSpliced(place, 0, structuredClone(events[place] as StreamEvent));
};
const spoilt = (events: StreamEvent[], event: string, spoil: (data: never) => void) => {
  spoil(events[at(events, event)]?.data as never);
  return events;
};

describe('§5.3 the reader of event streams refuses what the strictest client refuses', () => {
  it.each([
    'thread.run.queued',
    'thread.run.in_progress',
    'thread.run.step.created',
    'thread.message.created',
    'thread.message.delta',
    'thread.message.completed',
    'thread.run.step.completed',
    'thread.run.completed',
  ])('a text stream without %s', (event) => {
    expect(violations(stream('plain-text'))).toEqual([]);
    expect(violations(without(stream('plain-text'), event))).not.toEqual([]);
  });

  it.each([
    'thread.run.created',
    'thread.run.queued',
    'thread.run.in_progress',
    'thread.run.step.created',
    'thread.message.created',
    'thread.message.delta',
    'thread.message.completed',
    'thread.run.step.completed',
    'thread.run.completed',
  ])('a text stream with %s twice', (event) => {
    expect(violations(twice(stream('plain-text'), event))).not.toEqual([]);
  });

  it('id and name in more than the first delta of a call (§3.4)', () => {
    expect(violations(twice(stream('reasoning-items'), 'thread.run.step.delta'))).not.toEqual([]);
  });

  it('an id inside a step delta', () => {
    const events = spoilt(
      stream('reasoning-items'),
      'thread.run.step.delta',
      (data: { delta: { id?: string } }) => {
        data.delta.id = 'step_0';
      },
    );
    expect(violations(events)).not.toEqual([]);
  });

  it('an annotation that is not where it says', () => {
    const events = stream('file-search-citations');
    for (const { data } of events) {
      const { content } = data as { content?: { text: { annotations: { start_index: number }[] } }[] };
      const annotation = content?.[0]?.text.annotations[0];
      if (annotation) annotation.start_index += 1;
    }
    expect(violations(events)).not.toEqual([]);
  });

  it('usage before the end, and none at the end (§1.7)', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const early = spoilt(stream('plain-text'), 'thread.run.in_progress', (data: { usage: unknown }) => {
      data.usage = usage;
    });
    expect(violations(early)).not.toEqual([]);
    const none = spoilt(stream('plain-text'), 'thread.run.completed', (data: { usage: unknown }) => {
      data.usage = null;
    });
    expect(violations(none)).not.toEqual([]);
  });

  it('a run that asks for other calls than were shown (§2.2)', () => {
    const events = spoilt(
      stream('reasoning-items'),
      'thread.run.requires_action',
      (data: { required_action: { submit_tool_outputs: { tool_calls: { id: string }[] } } }) => {
        data.required_action.submit_tool_outputs.tool_calls = [];
      },
    );
    expect(violations(events)).not.toEqual([]);
  });

  it('a stream that ends before its run does', () => {
    expect(violations(stream('plain-text').slice(0, -1))).not.toEqual([]);
  });

  it('reads a submit stream by itself: it begins with the completed step (§3.3 b)', () => {
    const fixture = fixtures.find(({ name }) => name === 'parallel-function-calls');
    const [first, second] = play(fixture?.upstream ?? [], fixture?.run).streams;
    expect(violations(first ?? [])).toEqual([]);
    expect(violations(second ?? [])).toEqual([]);
    expect(read(second ?? []).steps).toHaveLength(2);
  });
});
