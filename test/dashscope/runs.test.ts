/** Runs and run steps without streams (docs/contracts/dashscope.md §A.7, §A.8). */
import { describe, expect, it } from 'vitest';
import { callFunctions, fail, hang, incomplete, runCode, say, turn } from '../../src/simulator/index.ts';
import { type Rig, ready, rig } from './rig.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const REQUEST_ID = expect.stringMatching(`^${UUID}$`);
const FUNCTION = {
  type: 'function',
  function: { name: 'big_add', description: 'adds', parameters: { type: 'object', properties: {} } },
};

async function start(rigged: Rig, assistant: object = {}, body: object = {}) {
  const { assistant_id, thread_id } = await ready(rigged, assistant);
  const run = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: false, ...body });
  return { assistant_id, thread_id, run, path: `/threads/${thread_id}/runs/${run.id}` };
}

describe('a run (§A.7)', () => {
  it('is in progress when it is created, and what is unset is null', async () => {
    const rigged = rig();
    const { run, thread_id, assistant_id } = await start(rigged, { instructions: 'Be brief.' });
    expect(run).toEqual({
      id: expect.stringMatching(`^run_${UUID}$`),
      object: 'thread.run',
      created_at: expect.any(Number),
      thread_id,
      assistant_id,
      status: 'in_progress',
      required_action: null,
      last_error: null,
      expires_at: null,
      started_at: null,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      model: 'gpt-4o',
      instructions: 'Be brief.',
      tools: [],
      file_ids: [],
      metadata: {},
      temperature: null,
      top_p: null,
      top_k: null,
      max_tokens: null,
      truncation_strategy: null,
      request_id: REQUEST_ID,
    });
    expect(String(run.created_at)).toMatch(/^\d{13}$/);
  });

  it('completes, and what is unset is {} and 0 when it is retrieved; its times stay 0', async () => {
    const rigged = rig();
    rigged.sim.script(say('Hi'));
    const { run, thread_id, assistant_id, path } = await start(rigged, { instructions: 'Be brief.' });
    await rigged.wait(thread_id, run.id);
    const done = await rigged.ok('GET', path);
    const expected = {
      id: run.id,
      object: 'thread.run',
      created_at: run.created_at,
      thread_id,
      assistant_id,
      status: 'completed',
      required_action: {},
      last_error: {},
      expires_at: 0,
      started_at: 0,
      cancelled_at: 0,
      failed_at: 0,
      completed_at: 0,
      model: 'gpt-4o',
      instructions: 'Be brief.',
      tools: [],
      metadata: {},
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
      },
      request_id: REQUEST_ID,
    };
    expect(done).toEqual(expected);
    expect(Object.keys(done)).toEqual(Object.keys(expected));
    expect(done.usage.total_tokens).toBe(done.usage.input_tokens + done.usage.output_tokens);
    const { request_id: _, ...listed } = done;
    expect((await rigged.ok('GET', `/threads/${thread_id}/runs`)).data).toEqual([listed]);
  });

  it('leaves the assistant’s newest answer first in the list of messages (§A.3)', async () => {
    const rigged = rig();
    rigged.sim.script(say('Hi'));
    const { run, thread_id, assistant_id } = await start(rigged);
    await rigged.wait(thread_id, run.id);
    const [answer] = (await rigged.ok('GET', `/threads/${thread_id}/messages`)).data;
    expect(answer).toMatchObject({
      id: expect.stringMatching(`^message_${UUID}$`),
      role: 'assistant',
      assistant_id,
      run_id: run.id,
      content: [{ type: 'text', text: { value: 'Hi', annotations: [] } }],
      incomplete_details: {},
      completed_at: expect.any(Number),
    });
    expect(String(answer.completed_at)).toMatch(/^\d{13}$/);
  });

  it('takes what it says itself before what its assistant says', async () => {
    const rigged = rig();
    const { run, thread_id } = await start(
      rigged,
      { instructions: 'A', tools: [FUNCTION], top_k: 5, max_tokens: 90 },
      {
        model: 'gpt-4.1',
        instructions: 'B',
        additional_instructions: 'C',
        tools: [],
        metadata: { m: 'n' },
        temperature: 0.5,
        top_p: 0.9,
        max_tokens: 70,
        truncation_strategy: { type: 'last_messages', last_messages: 4 },
      },
    );
    expect(run).toMatchObject({
      model: 'gpt-4.1',
      instructions: 'B\nC',
      tools: [],
      metadata: { m: 'n' },
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      max_tokens: 70,
      truncation_strategy: { type: 'last_messages', last_messages: 4 },
    });
    await rigged.wait(thread_id, run.id);
    expect(rigged.sim.responsesRequests.at(-1)?.body).toMatchObject({
      model: 'gpt-4.1',
      instructions: 'B\nC',
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 70,
    });
  });

  it('max_tokens bounds each answer, is the assistant’s where the run says nothing, and is at least 16 upstream (§D)', async () => {
    const rigged = rig();
    rigged.sim.script(callFunctions({ name: 'big_add', arguments: {} }), say('3'));
    const { run, thread_id, path } = await start(rigged, { tools: [FUNCTION], max_tokens: 5 });
    await rigged.wait(thread_id, run.id);
    await rigged.ok('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ output: '3' }] });
    expect((await rigged.wait(thread_id, run.id)).status).toBe('completed');
    expect(rigged.sim.responsesRequests.map(({ body }) => body.max_output_tokens)).toEqual([16, 16]);
  });

  it('sends a temperature and a top_p upstream when they were said, 1 included, and not otherwise', async () => {
    const rigged = rig();
    const said = await start(rigged, { temperature: 1 }, { top_p: 1 });
    await rigged.wait(said.thread_id, said.run.id);
    const unsaid = await start(rigged);
    await rigged.wait(unsaid.thread_id, unsaid.run.id);
    const [first, second] = rigged.sim.responsesRequests.map(({ body }) => body);
    expect(first).toMatchObject({ temperature: 1, top_p: 1 });
    expect(second).not.toHaveProperty('temperature');
    expect(second).not.toHaveProperty('top_p');
  });

  it('may have a function whose parameters are {}: nothing to say', async () => {
    const rigged = rig();
    rigged.sim.script(say('Hi'));
    const now = { type: 'function', function: { name: 'now', description: 'the time', parameters: {} } };
    const { run, thread_id } = await start(rigged, { tools: [now] });
    expect(run.tools).toEqual([now]);
    expect((await rigged.wait(thread_id, run.id)).status).toBe('completed');
  });

  it('expires, and is then found expired (§A.7)', async () => {
    const rigged = rig({ options: { runExpiry: 1 } });
    rigged.sim.script(hang());
    const { run, thread_id } = await start(rigged);
    expect(await rigged.wait(thread_id, run.id)).toMatchObject({ status: 'expired', expires_at: 0 });
  });

  it('sees the last 10 messages unless it says otherwise', async () => {
    const rigged = rig();
    const { ok, sim, wait } = rigged;
    const { id: assistant_id } = await ok('POST', '/assistants', { model: 'gpt-4o' });
    const messages = Array.from({ length: 14 }, (_, at) => ({ role: 'user', content: `m${at}` }));
    const { id: thread_id } = await ok('POST', '/threads', { messages });
    const seen = async (body: object) => {
      const { id } = await ok('POST', `/threads/${thread_id}/runs`, { assistant_id, ...body });
      await wait(thread_id, id);
      return (sim.responsesRequests.at(-1)?.body.input as unknown[] | undefined)?.length;
    };
    sim.script(say('a'), say('b'), say('c'));
    expect(await seen({})).toBe(10);
    expect(await seen({ truncation_strategy: { type: 'last_messages', last_messages: 3 } })).toBe(3);
    expect(await seen({ truncation_strategy: { type: 'auto' } })).toBe(10);
  });

  it('ignores the response_format that Java sends unasked, and takes what else Java sends', async () => {
    const rigged = rig();
    const { run, thread_id } = await start(
      rigged,
      {},
      {
        response_format: 'json_object',
        additional_messages: [{ role: 'user', content: 'more' }],
        max_prompt_tokens: 10_000,
        max_completion_tokens: 1000,
        tool_choice: 'auto',
        parallel_tool_calls: true,
        something_unheard_of: 1,
      },
    );
    expect((await rigged.wait(thread_id, run.id)).status).toBe('completed');
    const body = rigged.sim.responsesRequests.at(-1)?.body;
    expect(body).not.toHaveProperty('text');
    expect(JSON.stringify(body?.input)).toContain('more');
  });

  it('is made together with its thread', async () => {
    const rigged = rig();
    const { ok, wait } = rigged;
    const { id: assistant_id } = await ok('POST', '/assistants', { model: 'gpt-4o' });
    const run = await ok('POST', '/threads/runs', {
      assistant_id,
      stream: false,
      thread: { messages: [{ role: 'user', content: 'Hi' }], metadata: { a: 'b' } },
    });
    expect((await wait(run.thread_id, run.id)).status).toBe('completed');
    expect((await ok('GET', `/threads/${run.thread_id}`)).metadata).toEqual({ a: 'b' });
    expect((await ok('GET', `/threads/${run.thread_id}/messages`)).data).toHaveLength(2);
  });

  it('changes in its metadata only', async () => {
    const rigged = rig();
    const { run, thread_id, path } = await start(rigged);
    await rigged.wait(thread_id, run.id);
    expect((await rigged.ok('POST', path, { metadata: { a: 'b' } })).metadata).toEqual({ a: 'b' });
    expect((await rigged.ok('GET', path)).metadata).toEqual({ a: 'b' });
  });

  it('is cancelled by the call that Python makes, without a body and a content type', async () => {
    const rigged = rig();
    rigged.sim.script(hang());
    const { run, thread_id, path } = await start(rigged);
    const cancelled = await rigged.ok('POST', `${path}/cancel`);
    expect(['cancelling', 'cancelled']).toContain(cancelled.status);
    const done = await rigged.wait(thread_id, run.id);
    expect(done).toMatchObject({ status: 'cancelled', cancelled_at: 0 });
    const again = await rigged.call('POST', `${path}/cancel`);
    expect([again.status, again.body.code]).toEqual([400, 'InvalidParameter']);
  });

  it('that fails says why in code and message', async () => {
    const rigged = rig();
    rigged.sim.script(fail('server_error', 'The model broke down.'));
    const { run, thread_id } = await start(rigged);
    expect(await rigged.wait(thread_id, run.id)).toMatchObject({
      status: 'failed',
      last_error: { code: 'InternalError', message: expect.stringContaining('The model broke down.') },
      failed_at: 0,
    });
  });

  it('that a token limit cuts short is completed, never incomplete: pollers would go on for ever', async () => {
    const rigged = rig();
    rigged.sim.script(turn(say('Half a'), incomplete('max_output_tokens')));
    const { run, thread_id } = await start(rigged);
    expect(await rigged.wait(thread_id, run.id)).toMatchObject({ status: 'completed', last_error: {} });
    const [answer] = (await rigged.ok('GET', `/threads/${thread_id}/messages`)).data;
    expect(answer).toMatchObject({
      incomplete_details: {},
      completed_at: expect.any(Number),
      incomplete_at: null,
    });
  });

  it('that the content filter stops has failed', async () => {
    const rigged = rig();
    rigged.sim.script(turn(say('Half a'), incomplete('content_filter')));
    const { run, thread_id } = await start(rigged);
    expect(await rigged.wait(thread_id, run.id)).toMatchObject({
      status: 'failed',
      last_error: { code: 'DataInspectionFailed', message: expect.any(String) },
    });
  });
});

describe('a run that wants functions called (§A.7.1)', () => {
  async function waiting(rigged: Rig) {
    rigged.sim.script(
      callFunctions(
        { name: 'big_add', arguments: { left: 1, right: 2 } },
        { name: 'big_add', arguments: { left: 3, right: 4 } },
      ),
      say('3 and 7'),
    );
    const started = await start(rigged, { tools: [FUNCTION] });
    const run = await rigged.wait(started.thread_id, started.run.id);
    return { ...started, run, calls: run.required_action.submit_tool_outputs.tool_calls };
  }
  const outputsOf = async ({ ok }: Rig, path: string) => {
    const [, step] = (await ok('GET', `${path}/steps`)).data;
    return step.step_details.tool_calls.map((call: { function: { output: string } }) => call.function.output);
  };

  it('shows its calls', async () => {
    const { run, calls } = await waiting(rig());
    expect(run).toMatchObject({
      status: 'requires_action',
      required_action: { type: 'submit_tool_outputs' },
    });
    expect(calls[0]).toEqual({
      id: expect.stringMatching(/./),
      type: 'function',
      function: { name: 'big_add', arguments: '{"left":1,"right":2}' },
    });
  });

  it.each([
    ['with empty ids, as the vendor’s samples send them', () => ['', '']],
    ['without ids', () => [undefined, undefined]],
    ['with ids that are none', () => ['x', 'y']],
    ['with the calls’ own ids', (ids: string[]) => ids],
    ['with the second call’s id first missing', (ids: string[]) => ['', ids[1]]],
    ['with the first call’s id in both', (ids: string[]) => [ids[0], ids[0]]],
  ])('takes outputs in the order of its calls %s', async (_, idsFor) => {
    const rigged = rig();
    const { calls, path, thread_id, run } = await waiting(rigged);
    const ids = idsFor(calls.map(({ id }: { id: string }) => id));
    await rigged.ok('POST', `${path}/submit_tool_outputs`, {
      tool_outputs: ['3', '7'].map((output, at) => ({
        output,
        ...(ids[at] !== undefined && { tool_call_id: ids[at] }),
      })),
      stream: false,
    });
    expect((await rigged.wait(thread_id, run.id)).status).toBe('completed');
    expect(await outputsOf(rigged, path)).toEqual(['3', '7']);
  });

  it('takes outputs by id where the order differs, and gives what is left to the call that is left', async () => {
    const rigged = rig();
    const { calls, path, thread_id, run } = await waiting(rigged);
    await rigged.ok('POST', `${path}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: calls[1].id, output: '7' }, { output: '3' }],
    });
    await rigged.wait(thread_id, run.id);
    expect(await outputsOf(rigged, path)).toEqual(['3', '7']);
  });

  it('answers in_progress with what it had asked for still in it', async () => {
    const rigged = rig();
    const { calls, path } = await waiting(rigged);
    const answer = await rigged.ok('POST', `${path}/submit_tool_outputs`, {
      tool_outputs: [{ output: '3' }, { output: '7' }],
      stream: false,
    });
    expect(answer.status).toBe('in_progress');
    expect(answer.required_action.submit_tool_outputs.tool_calls).toEqual(calls);
  });

  it('wants all outputs at once, as texts, and only while it waits for them', async () => {
    const rigged = rig();
    const { path, thread_id, run } = await waiting(rigged);
    for (const tool_outputs of [
      [{ output: '3' }],
      [{ output: '3' }, { output: '7' }, { output: '9' }],
      [{ output: '3' }, {}],
      [{ output: '3' }, { output: 7 }],
      [],
      'x',
    ]) {
      const { status, body } = await rigged.call('POST', `${path}/submit_tool_outputs`, { tool_outputs });
      expect([tool_outputs, status, body.code]).toEqual([tool_outputs, 400, 'InvalidParameter']);
    }
    const both = { tool_outputs: [{ output: '3' }, { output: '7' }] };
    await rigged.ok('POST', `${path}/submit_tool_outputs`, both);
    await rigged.wait(thread_id, run.id);
    const others = { tool_outputs: [{ output: '3' }, { output: '8' }] };
    const late = await rigged.call('POST', `${path}/submit_tool_outputs`, others);
    expect([late.status, late.body.code]).toEqual([400, 'InvalidParameter']);
  });
});

describe('run steps (§A.8)', () => {
  async function done() {
    const rigged = rig();
    rigged.sim.script(callFunctions({ name: 'big_add', arguments: { left: 1, right: 2 } }), say('3'));
    const started = await start(rigged, { tools: [FUNCTION] });
    await rigged.wait(started.thread_id, started.run.id);
    const { path } = started;
    await rigged.ok('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ output: 'three' }] });
    await rigged.wait(started.thread_id, started.run.id);
    return { ...rigged, ...started };
  }

  it('are listed with 0, -1 and {} for what is unset', async () => {
    const { ok, path, thread_id, assistant_id, run } = await done();
    const list = await ok('GET', `${path}/steps?order=asc`);
    const [tools, message] = list.data;
    expect(tools).toEqual({
      id: expect.stringMatching(`^step_${UUID}$`),
      object: 'thread.run.step',
      created_at: expect.any(Number),
      assistant_id,
      thread_id,
      run_id: run.id,
      type: 'tool_calls',
      status: 'completed',
      step_details: {
        type: 'tool_calls',
        tool_calls: [
          {
            id: expect.any(String),
            type: 'function',
            function: { name: 'big_add', arguments: '{"left":1,"right":2}', output: 'three' },
          },
        ],
      },
      last_error: { code: '', message: '' },
      expired_at: 0,
      cancelled_at: -1,
      failed_at: -1,
      completed_at: expect.any(Number),
      metadata: {},
      usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
    });
    expect(String(tools.completed_at)).toMatch(/^\d{13}$/);
    const [answer] = (await ok('GET', `/threads/${thread_id}/messages`)).data;
    expect(message.step_details).toEqual({
      type: 'message_creation',
      message_creation: { message_id: answer.id },
    });
  });

  it('are retrieved with null for what is unset', async () => {
    const { ok, call, path } = await done();
    const [{ id }] = (await ok('GET', `${path}/steps`)).data;
    expect(await ok('GET', `${path}/steps/${id}`)).toMatchObject({
      id,
      last_error: null,
      expired_at: null,
      cancelled_at: null,
      failed_at: null,
      request_id: REQUEST_ID,
    });
    expect((await call('GET', `${path}/steps/step_none`)).body.code).toBe('NotFound');
  });

  it('are paged by limit, order, after and before', async () => {
    const { ok, path } = await done();
    const all = (await ok('GET', `${path}/steps?order=asc`)).data.map(({ id }: { id: string }) => id);
    const page = await ok('GET', `${path}/steps?order=asc&limit=1`);
    expect([page.data.length, page.has_more, page.first_id, page.last_id]).toEqual([1, true, all[0], all[0]]);
    expect((await ok('GET', `${path}/steps?order=asc&after=${all[0]}`)).data[0].id).toBe(all[1]);
    expect((await ok('GET', `${path}/steps?order=asc&before=${all[1]}`)).data[0].id).toBe(all[0]);
  });

  it('show code interpreter as arguments and output, both texts, and never outputs (§A.9.3)', async () => {
    const rigged = rig();
    rigged.sim.script(turn(runCode({ code: 'print(1+1)', logs: '2\n' }), say('2')));
    const { path, thread_id, run } = await start(rigged, { tools: [{ type: 'code_interpreter' }] });
    await rigged.wait(thread_id, run.id);
    const [step] = (await rigged.ok('GET', `${path}/steps?order=asc`)).data;
    expect(step.step_details.tool_calls).toEqual([
      {
        id: expect.any(String),
        type: 'code_interpreter',
        code_interpreter: { arguments: '{"code":"print(1+1)"}', output: '2\n', input: 'print(1+1)' },
      },
    ]);
  });
});
