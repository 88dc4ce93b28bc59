import { describe, expect, test } from 'vitest';
import { checkId, checkPath } from '../../src/http/openai/paths.ts';
import { invalid, refusalOf } from './refusal.ts';

describe('§2.9 no. 12: ids in the path', () => {
  test.each([
    ['thread_id', 'thread_abc', 'thread'],
    ['run_id', 'run_Z', 'run'],
    ['message_id', 'msg_1', 'msg'],
    ['assistant_id', 'asst_from:elsewhere/ü', 'asst'],
    ['step_id', 'step_1', 'step'],
  ] as const)('%s may be %s', (param, value, prefix) => {
    expect(() => checkId(param, value, prefix)).not.toThrow();
  });

  test('an id of another kind is refused by what it begins with', () => {
    expect(refusalOf(() => checkId('assistant_id', 'wf_1', 'asst'))).toEqual(
      invalid(
        "Invalid 'assistant_id': 'wf_1'. Expected an ID that begins with 'asst'.",
        'assistant_id',
        'invalid_value',
      ),
    );
  });

  test('an id has at most 512 characters', () => {
    const id = (length: number) => () => checkId('run_id', 'run_'.padEnd(length, 'x'), 'run');
    expect(id(512)).not.toThrow();
    expect(refusalOf(id(513)).code).toBe('string_above_max_length');
  });
});

describe('§5.4: calls written for another major version of the SDK get the right call in the error', () => {
  const said = (param: string, value: string, prefix: 'thread' | 'run' | 'msg' | 'step') =>
    refusalOf(() => checkId(param, value, prefix)).message;

  test('v5 arguments on v4: runs.retrieve(runId, { thread_id }) puts the run where the thread belongs', () => {
    expect(said('thread_id', 'run_1', 'thread')).toBe(
      "Invalid 'thread_id': 'run_1'. Expected an ID that begins with 'thread'. " +
        'openai v4 takes runs.retrieve(threadId, runId), v5 and later runs.retrieve(runId, { thread_id: threadId }).',
    );
  });

  test.each(['[object Object]', '[object%20Object]', '%5Bobject%20Object%5D'])(
    'v5 arguments on v4: the options object becomes %s',
    (value) => {
      expect(said('run_id', value, 'run')).toBe(
        `Invalid 'run_id': '${value}'. Expected an ID that begins with 'run'. ` +
          'openai v4 takes runs.retrieve(threadId, runId), v5 and later runs.retrieve(runId, { thread_id: threadId }).',
      );
    },
  );

  test('v4 arguments on early v5: the thread becomes undefined, and stands where the run belongs', () => {
    const v5 = 'v5 and later runs.retrieve(runId, { thread_id: threadId }).';
    expect(said('thread_id', 'undefined', 'thread')).toMatch(
      /^Invalid 'thread_id': 'undefined'\. Expected an ID that begins with 'thread'\. openai v4 takes /,
    );
    expect(said('thread_id', 'undefined', 'thread')).toContain(v5);
    expect(said('run_id', 'thread_1', 'run')).toContain(v5);
  });

  test('messages and steps get their own calls', () => {
    expect(said('thread_id', 'msg_1', 'thread')).toContain(
      'v5 and later messages.retrieve(messageId, { thread_id: threadId }).',
    );
    expect(said('thread_id', 'step_1', 'thread')).toContain(
      'v5 and later runs.steps.retrieve(stepId, { thread_id: threadId, run_id: runId }).',
    );
    expect(said('message_id', '[object Object]', 'msg')).toContain(
      'openai v4 takes messages.retrieve(threadId, messageId)',
    );
  });

  test('an id that is merely wrong gets no advice', () => {
    expect(said('thread_id', 'conv_1', 'thread')).toBe(
      "Invalid 'thread_id': 'conv_1'. Expected an ID that begins with 'thread'.",
    );
    expect(said('run_id', 'msg_1', 'run')).toBe(
      "Invalid 'run_id': 'msg_1'. Expected an ID that begins with 'run'.",
    );
  });

  test('an assistant that was undefined in the program', () => {
    expect(refusalOf(() => checkId('assistant_id', 'undefined', 'asst')).message).toBe(
      "Invalid 'assistant_id': 'undefined'. Expected an ID that begins with 'asst'. The program passed undefined where an id belongs.",
    );
  });
});

describe('§2.9, trap: an empty id never reaches another route', () => {
  test.each([
    ['/v1/threads//messages', 'thread_id', 'thread'],
    ['/threads//runs/run_1', 'thread_id', 'thread'],
    ['/threads/thread_1/messages//', 'message_id', 'msg'],
    ['/v1/threads/thread_1/runs//steps', 'run_id', 'run'],
    ['/threads/thread_1/runs/run_1/steps/', 'step_id', 'step'],
    ['/v1/assistants/', 'assistant_id', 'asst'],
    ['/threads/', 'thread_id', 'thread'],
  ])('%s', (path, param, prefix) => {
    expect(refusalOf(() => checkPath(path))).toEqual(
      invalid(
        `Invalid '${param}': ''. Expected an ID that begins with '${prefix}'. The id in the URL is empty.`,
        param,
        'invalid_value',
      ),
    );
  });

  test.each(['/v1/threads', '/threads/runs', '/threads/thread_1/runs/run_1/steps', '/assistants', '/', ''])(
    '%j is whole',
    (path) => {
      expect(() => checkPath(path)).not.toThrow();
    },
  );
});
