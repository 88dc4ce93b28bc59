import { describe, expect, test } from 'vitest';
import type { RunStatus } from '../../src/assistants/types.ts';
import {
  answer,
  assistant,
  CREATED_AT,
  message,
  run,
  searchStep,
  step,
  thread,
  usage,
} from '../legal-objects.ts';
import { checkEvent, checkResponse } from '../schemas.ts';

/** The checks that other tests rely on: they take what §1.7 prints, and see what is wrong. */
const get = (path: string, body: unknown) => () => checkResponse('GET', path, 200, body);
const RUN = '/v1/threads/thread_1/runs/run_1';
const MESSAGE = '/threads/thread_1/messages/msg_1';
const STEP = `${RUN}/steps/step_1`;

const STATUSES: RunStatus[] = [
  'queued',
  'in_progress',
  'requires_action',
  'cancelling',
  'cancelled',
  'failed',
  'completed',
  'incomplete',
  'expired',
];

describe('legal objects pass', () => {
  test('each on its route', () => {
    expect(get('/assistants/asst_1', assistant())).not.toThrow();
    expect(get('/threads/thread_1?x=1', thread())).not.toThrow();
    expect(get(MESSAGE, message())).not.toThrow();
    expect(get(MESSAGE, answer())).not.toThrow();
    expect(get(STEP, step())).not.toThrow();
    expect(get(STEP, searchStep())).not.toThrow();
  });

  test.each(STATUSES)('a run that is %s', (status) => {
    expect(get(RUN, run(status))).not.toThrow();
    expect(() => checkEvent(`thread.run.${status}`, run(status))).not.toThrow();
  });
});

describe('the table of §1.7 is enforced', () => {
  test.each([
    ['queued', { usage: usage() }],
    ['queued', { expires_at: null }],
    ['in_progress', { started_at: null }],
    ['in_progress', { expires_at: CREATED_AT * 1000 }],
    ['requires_action', { usage: usage() }],
    ['requires_action', { required_action: null }],
    ['completed', { expires_at: CREATED_AT + 600 }],
    ['completed', { usage: null }],
    ['completed', { completed_at: null }],
    ['completed', { last_error: { code: 'server_error', message: 'x' } }],
    ['failed', { last_error: null }],
    ['failed', { completed_at: CREATED_AT }],
    ['incomplete', { incomplete_details: null }],
    ['cancelled', { cancelled_at: null }],
    ['cancelling', { cancelled_at: CREATED_AT }],
    ['expired', { expires_at: CREATED_AT + 600 }],
    ['completed', { id: 'run' }],
    ['completed', { surplus: 1 }],
    ['completed', { tools: [{ type: 'file_search' }] }],
    ['completed', { usage: { ...usage(), total_tokens: 1 } }],
  ] as [RunStatus, object][])('%s with %j', (status, wrong) => {
    expect(get(RUN, { ...run(status), ...wrong })).toThrow(Object.keys(wrong)[0]);
  });

  test('a key may not be absent', () => {
    const { metadata: _, ...rest } = run('completed');
    expect(get(RUN, rest)).toThrow('metadata');
  });

  test('a run that has just been created has not started', () => {
    const started = run('queued', { started_at: CREATED_AT });
    expect(get(RUN, started)).not.toThrow();
    expect(() => checkResponse('POST', '/threads/thread_1/runs', 200, started)).toThrow('started_at');
    expect(() => checkEvent('thread.run.created', started)).toThrow('started_at');
  });
});

describe('messages and steps', () => {
  const cited = (start_index: number) =>
    message({
      content: [
        {
          type: 'text',
          text: {
            value: 'Gazpacho【4:0†f.txt】.',
            annotations: [
              {
                type: 'file_citation',
                text: '【4:0†f.txt】',
                start_index,
                end_index: start_index + 11,
                file_citation: { file_id: 'file-1' },
              },
            ],
          },
        },
      ],
    });

  test('§1.7: an annotation stands where it says', () => {
    expect(get(MESSAGE, cited(8))).not.toThrow();
    expect(get(MESSAGE, cited(7))).toThrow('annotation');
  });

  test('a message is of a run wholly or not at all', () => {
    expect(get(MESSAGE, answer({ assistant_id: null }))).toThrow('assistant_id');
    expect(get(MESSAGE, answer({ role: 'user' }))).toThrow('run_id');
    expect(get(MESSAGE, message({ status: 'incomplete' }))).toThrow('incomplete_details');
  });

  test('a step is what its details are, and has the times of its status', () => {
    expect(get(STEP, step({ type: 'tool_calls' }))).toThrow('step_details');
    expect(get(STEP, step({ usage: null }))).toThrow('usage');
    expect(get(STEP, step({ status: 'in_progress' }))).toThrow('completed_at');
    const open = { id: 'call_1', type: 'function' as const };
    const answered = (...outputs: (string | null)[]) => ({
      type: 'tool_calls' as const,
      step_details: {
        type: 'tool_calls' as const,
        tool_calls: outputs.map((output) => ({ ...open, function: { name: 'f', arguments: '{}', output } })),
      },
    });
    expect(get(STEP, step(answered('sun', null)))).toThrow('no output');
    expect(get(STEP, step(answered('sun', '')))).not.toThrow();
    // Nobody was asked for them: the response was cut short behind its calls (§4.5).
    expect(get(STEP, step(answered(null, null)))).not.toThrow();
  });
});

describe('envelopes, routes and events', () => {
  test('a list names its ends', () => {
    const data = [message({ id: 'msg_2' }), message({ id: 'msg_1' })];
    const list = { object: 'list', data, first_id: 'msg_2', last_id: 'msg_1', has_more: false };
    expect(get('/threads/thread_1/messages', list)).not.toThrow();
    expect(get('/threads/thread_1/messages', { ...list, first_id: 'msg_1' })).toThrow('first_id');
    expect(get('/assistants', list)).toThrow();
  });

  test('errors are enveloped, deletions say what they deleted', () => {
    const deleted = { id: 'thread_1', object: 'thread.deleted', deleted: true };
    expect(() => checkResponse('DELETE', '/threads/thread_1', 200, deleted)).not.toThrow();
    expect(() => checkResponse('DELETE', '/assistants/asst_1', 200, deleted)).toThrow();
    expect(() => checkResponse('GET', '/assistants/asst_1', 404, { message: 'x' })).toThrow('error');
  });

  test('§1.1: success is 200 and nothing else, on routes that exist', () => {
    expect(() => checkResponse('POST', '/threads', 201, thread())).toThrow('201');
    expect(() => checkResponse('PUT', '/threads', 200, thread())).toThrow('no such route');
  });

  test('§3.1: an event carries the object in the state it names', () => {
    expect(() => checkEvent('thread.run.completed', run('failed'))).toThrow('status');
    expect(() => checkEvent('thread.run.paused', run())).toThrow('thread.run.paused');
    expect(() => checkEvent('thread.message.created', answer({ status: 'in_progress' }))).toThrow('content');
  });

  test('§3.4: recorded message deltas have no role', () => {
    const delta = { content: [{ index: 0, type: 'text', text: { value: 'Hi', annotations: [] } }] };
    const event = { id: 'msg_1', object: 'thread.message.delta', delta };
    expect(() => checkEvent('thread.message.delta', event)).not.toThrow();
    expect(() =>
      checkEvent('thread.message.delta', { ...event, delta: { ...delta, role: 'assistant' } }),
    ).toThrow('role');
  });
});
