import { describe, expect, test } from 'vitest';
import type { AssistantEvent } from '../../src/assistants/types.ts';
import { listEnvelope, presentEvent, presentStep } from '../../src/http/openai/present.ts';
import { message, run, searchStep, step } from '../legal-objects.ts';
import { checkEvent, checkResponse } from '../schemas.ts';

const all = { includeSearchContent: true, v4Js: false };
const none = { includeSearchContent: false, v4Js: false };
const text = 'Summer Dishes: gazpacho';

describe('§1.5: the text of search results', () => {
  test('is there only when it was asked for', () => {
    const kept = searchStep();
    expect(JSON.stringify(presentStep(kept, true))).toContain(text);
    const shown = presentStep(kept, false);
    expect(JSON.stringify(shown)).not.toContain('content');
    checkResponse('GET', '/threads/thread_1/runs/run_1/steps/step_1', 200, shown);
    expect(shown).toHaveProperty('step_details.tool_calls.0.file_search.results', [
      {
        file_id: 'file-1234567890123456789012',
        file_name: 'favorite_foods.txt',
        score: 0.9,
        attributes: {},
      },
    ]);
    expect(JSON.stringify(kept)).toContain(text);
  });

  test('the same in thread.run.step.completed', () => {
    const event: AssistantEvent = { event: 'thread.run.step.completed', data: searchStep() };
    expect(JSON.stringify(presentEvent(event, all))).toContain(text);
    const shown = presentEvent(event, none);
    expect(JSON.stringify(shown)).not.toContain(text);
    checkEvent(shown.event, shown.data);
  });

  test('steps and events without such text are handed on as they are', () => {
    const other = step();
    expect(presentStep(other, false)).toBe(other);
    const event: AssistantEvent = { event: 'thread.run.step.completed', data: other };
    expect(presentEvent(event, none)).toBe(event);
  });
});

describe('§3.3 (h): a run that ends incomplete', () => {
  const event: AssistantEvent = { event: 'thread.run.incomplete', data: run('incomplete') };

  test('is thread.run.completed of status incomplete for npm openai 4', () => {
    const shown = presentEvent(event, { ...none, v4Js: true });
    expect(shown).toEqual({ event: 'thread.run.completed', data: run('incomplete') });
    checkEvent(shown.event, shown.data);
  });

  test('is thread.run.incomplete for all others', () => {
    expect(presentEvent(event, none)).toBe(event);
  });

  test('no other event changes for npm openai 4', () => {
    const failed: AssistantEvent = { event: 'thread.run.failed', data: run('failed') };
    expect(presentEvent(failed, { ...none, v4Js: true })).toBe(failed);
  });
});

describe('§1.4: the list envelope', () => {
  test('names the first and the last id', () => {
    const data = [message({ id: 'msg_b' }), message({ id: 'msg_a' })];
    const list = listEnvelope({ data, has_more: true });
    expect(list).toEqual({ object: 'list', data, first_id: 'msg_b', last_id: 'msg_a', has_more: true });
    checkResponse('GET', '/threads/thread_1/messages', 200, list);
  });

  test('of an empty list they are null', () => {
    expect(listEnvelope({ data: [], has_more: false })).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });
});
