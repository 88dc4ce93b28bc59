import { describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { failure, ready, rig } from './harness.ts';

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Current weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const ID = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_[A-Za-z0-9]{24}$`));
const SECONDS = expect.closeTo(Math.floor(Date.now() / 1000), -2);

describe.each(majors)('every operation of §1.1 through openai $major', (major) => {
  it('1–5: assistants are created, listed, retrieved, modified and deleted, with the defaults of §1.7', async () => {
    const { beta } = rig({ major });
    const made = await beta.assistants.create({ model: 'gpt-4o' });
    const plain = {
      id: ID('asst'),
      object: 'assistant',
      created_at: SECONDS,
      name: null,
      description: null,
      model: 'gpt-4o',
      instructions: null,
      tools: [],
      top_p: 1,
      temperature: 1,
      reasoning_effort: null,
      tool_resources: {},
      metadata: {},
      response_format: 'auto',
    };
    expect({ ...made }).toEqual(plain);
    expect({ ...(await beta.assistants.retrieve(made.id)) }).toEqual({ ...made });
    expect((await beta.assistants.list()).data).toEqual([made]);

    const changed = await beta.assistants.update(made.id, {
      name: 'Ada',
      tools: [WEATHER, { type: 'code_interpreter' }, { type: 'file_search' }],
      temperature: 0.5,
    });
    expect({ ...changed }).toEqual({
      ...plain,
      created_at: made.created_at,
      name: 'Ada',
      temperature: 0.5,
      tools: [
        { type: 'function', function: { ...WEATHER.function, strict: false } },
        { type: 'code_interpreter' },
        {
          type: 'file_search',
          file_search: {
            ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0, hybrid_search: null },
          },
        },
      ],
      tool_resources: { code_interpreter: { file_ids: [] }, file_search: { vector_store_ids: [] } },
    });
    expect({ ...(await beta.assistants.delete(made.id)) }).toEqual({
      id: made.id,
      object: 'assistant.deleted',
      deleted: true,
    });
    expect((await failure(beta.assistants.retrieve(made.id))).status).toBe(404);
  });

  it('6–9: threads are created with an absent, an empty and a full body, retrieved, modified and deleted', async () => {
    const { beta } = rig({ major });
    const thread = await beta.threads.create();
    expect({ ...thread }).toEqual({
      id: ID('thread'),
      object: 'thread',
      created_at: SECONDS,
      metadata: {},
      tool_resources: {},
    });
    expect((await beta.threads.create({})).object).toBe('thread');
    const full = await beta.threads.create({
      messages: [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: [{ type: 'text', text: 'Two' }], metadata: { a: 'b' } },
      ],
      metadata: { user: '42' },
      tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
    });
    expect(full.metadata).toEqual({ user: '42' });
    expect(full.tool_resources).toEqual({ code_interpreter: { file_ids: ['file-1'] } });
    const { data } = await beta.threads.messages.list(full.id, { order: 'asc' });
    expect(data.map(({ role, metadata }) => [role, metadata])).toEqual([
      ['user', {}],
      ['assistant', { a: 'b' }],
    ]);

    const changed = await beta.threads.update(thread.id, { metadata: { changed: 'yes' } });
    expect({ ...changed }).toEqual({ ...thread, metadata: { changed: 'yes' } });
    expect({ ...(await beta.threads.retrieve(thread.id)) }).toEqual({ ...changed });
    expect({ ...(await beta.threads.delete(thread.id)) }).toEqual({
      id: thread.id,
      object: 'thread.deleted',
      deleted: true,
    });
    expect((await failure(beta.threads.retrieve(thread.id))).status).toBe(404);
  });

  it('10–14: messages are created, listed, retrieved, modified and deleted; status fields are there (§1.7)', async () => {
    const { beta } = rig({ major });
    const { id: thread_id } = await beta.threads.create();
    const message = await beta.threads.messages.create(thread_id, { role: 'user', content: 'Hello' });
    expect({ ...message }).toEqual({
      id: ID('msg'),
      object: 'thread.message',
      created_at: SECONDS,
      assistant_id: null,
      thread_id,
      run_id: null,
      role: 'user',
      content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
      attachments: [],
      metadata: {},
      status: 'completed',
      completed_at: message.created_at,
      incomplete_at: null,
      incomplete_details: null,
    });
    const said = await beta.threads.messages.create(thread_id, { role: 'assistant', content: 'Hi' });
    expect([said.assistant_id, said.run_id]).toEqual([null, null]);

    expect({ ...(await beta.threads.messages.retrieve(message.id, { thread_id })) }).toEqual({ ...message });
    const changed = await beta.threads.messages.update(message.id, { thread_id, metadata: { seen: '1' } });
    expect({ ...changed }).toEqual({ ...message, metadata: { seen: '1' } });
    expect((await beta.threads.messages.list(thread_id)).data).toEqual([said, changed]);
    expect({ ...(await beta.threads.messages.delete(message.id, { thread_id })) }).toEqual({
      id: message.id,
      object: 'thread.message.deleted',
      deleted: true,
    });
    expect((await beta.threads.messages.list(thread_id)).data).toEqual([said]);
  });

  it('15: a thread is created and run in one request, which answers the queued run', async () => {
    const { beta, sim } = rig({ major });
    const assistant = await beta.assistants.create({ model: 'gpt-4o', instructions: 'Be brief.' });
    sim.script(say('Hi'));
    const run = await beta.threads.createAndRun({
      assistant_id: assistant.id,
      thread: { messages: [{ role: 'user', content: 'Hello' }], metadata: { a: 'b' } },
    });
    expect(run).toMatchObject({ id: ID('run'), status: 'queued', thread_id: ID('thread') });
    const done = await beta.threads.runs.poll(run.id, { thread_id: run.thread_id });
    expect(done.status).toBe('completed');
    expect((await beta.threads.retrieve(run.thread_id)).metadata).toEqual({ a: 'b' });
    expect((await beta.threads.messages.list(run.thread_id)).data).toHaveLength(2);
  });

  it('16–19: runs are created, listed, retrieved and modified; a fresh one is as the table of §1.7 has it', async () => {
    const r = rig({ major });
    const { beta, sim } = r;
    const { assistant_id, thread_id } = await ready(r, { instructions: 'Be brief.' });
    sim.script(say('Hi'));
    const run = await beta.threads.runs.create(thread_id, { assistant_id, metadata: { n: '1' } });
    expect({ ...run }).toEqual({
      id: ID('run'),
      object: 'thread.run',
      created_at: SECONDS,
      assistant_id,
      thread_id,
      status: 'queued',
      started_at: null,
      expires_at: run.created_at + 600,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      required_action: null,
      last_error: null,
      model: 'gpt-4o',
      instructions: 'Be brief.',
      tools: [],
      tool_resources: {},
      metadata: { n: '1' },
      temperature: 1,
      top_p: 1,
      reasoning_effort: null,
      max_completion_tokens: null,
      max_prompt_tokens: null,
      truncation_strategy: { type: 'auto', last_messages: null },
      incomplete_details: null,
      usage: null,
      response_format: 'auto',
      tool_choice: 'auto',
      parallel_tool_calls: true,
    });
    const done = await beta.threads.runs.poll(run.id, { thread_id });
    expect(done).toMatchObject({ status: 'completed', expires_at: null, completed_at: SECONDS });
    expect(done.usage?.total_tokens).toBe(
      (done.usage?.prompt_tokens ?? 0) + (done.usage?.completion_tokens ?? 0),
    );
    const changed = await beta.threads.runs.update(run.id, { thread_id, metadata: { n: '2' } });
    expect({ ...changed }).toEqual({ ...done, metadata: { n: '2' } });
    expect({ ...(await beta.threads.runs.retrieve(run.id, { thread_id })) }).toEqual({ ...changed });
    expect((await beta.threads.runs.list(thread_id)).data).toEqual([changed]);
  });

  it('20–22: a run is given its tool outputs, another is cancelled; steps are listed and retrieved', async () => {
    const r = rig({ major });
    const { beta, sim } = r;
    const { assistant_id, thread_id } = await ready(r, { tools: [WEATHER] });
    sim.script(callFunctions({ name: 'get_weather', arguments: { city: 'Rome' } }), say('Sunny.'));
    const waiting = await beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(waiting).toMatchObject({ status: 'requires_action', usage: null });
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? [];
    expect(call).toEqual({
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Rome"}' },
    });
    const queued = await beta.threads.runs.submitToolOutputs(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: 'sun' }],
    });
    expect(queued).toMatchObject({ status: 'queued', started_at: waiting.started_at, required_action: null });
    expect((await beta.threads.runs.poll(waiting.id, { thread_id })).status).toBe('completed');

    const { data: steps } = await beta.threads.runs.steps.list(waiting.id, { thread_id });
    expect(steps.map(({ type, status }) => [type, status])).toEqual([
      ['message_creation', 'completed'],
      ['tool_calls', 'completed'],
    ]);
    expect(steps[1]?.step_details).toEqual({
      type: 'tool_calls',
      tool_calls: [
        {
          id: call?.id,
          type: 'function',
          function: { name: 'get_weather', arguments: '{"city":"Rome"}', output: 'sun' },
        },
      ],
    });
    const [newestStep] = steps;
    expect(newestStep).toMatchObject({
      id: ID('step'),
      object: 'thread.run.step',
      run_id: waiting.id,
      assistant_id,
      thread_id,
      expires_at: null,
      expired_at: null,
      cancelled_at: null,
      failed_at: null,
      last_error: null,
      metadata: {},
    });
    expect({
      ...(await beta.threads.runs.steps.retrieve(newestStep?.id ?? '', { thread_id, run_id: waiting.id })),
    }).toEqual({ ...newestStep });

    sim.script(callFunctions({ name: 'get_weather' }));
    const second = await beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const cancelling = await beta.threads.runs.cancel(second.id, { thread_id });
    expect(cancelling).toMatchObject({ status: 'cancelling', required_action: null });
    expect(await beta.threads.runs.retrieve(second.id, { thread_id })).toMatchObject({
      status: 'cancelled',
      cancelled_at: SECONDS,
      expires_at: null,
    });
  });

  it('answers every creation with 200, and every answer with the headers of §1.2', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r, { instructions: 'x' });
    r.sim.script(say('Hi'));
    await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    for (const { status, headers } of r.answers) {
      expect(status).toBe(200);
      expect(headers.get('openai-version')).toBe('2020-10-01');
      expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(headers.get('content-type')).toContain('application/json');
    }
  });
});

describe('beyond the original', () => {
  it('lists threads (§6 no. 5)', async () => {
    const { beta, raw } = rig();
    const first = await beta.threads.create();
    const second = await beta.threads.create();
    const list = (await (await raw('GET', '/threads')).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual([second.id, first.id]);
  });
});
