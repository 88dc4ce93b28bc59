import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, hang, say, slow, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { collect, failure, names, type Rig, ready, rig } from './harness.ts';

const TOOL = { type: 'function' as const, function: { name: 'look' } };

afterEach(() => {
  vi.useRealTimers();
});

/** Reads a stream until an event of this name. */
async function until(
  stream: AsyncIterator<{ event: string; data: unknown }>,
  name: string,
): Promise<unknown> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error(`${name} did not come.`);
    if (value.event === name) return value.data;
  }
}

type Run = Awaited<ReturnType<Rig['beta']['threads']['runs']['retrieve']>>;

/** A run in each status in which it can be cancelled. */
const CANCELLABLE = {
  queued: async (r: Rig) => {
    // One run at a time: the second waits for its turn.
    const first = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    await r.beta.threads.runs.create(first.thread_id, { assistant_id: first.assistant_id });
    const { assistant_id, thread_id } = await ready(r);
    const run = await r.beta.threads.runs.create(thread_id, { assistant_id });
    return { assistant_id, run };
  },
  in_progress: async (r: Rig) => {
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    const stream = (await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true }))[
      Symbol.asyncIterator
    ]();
    const { run_id } = (await until(stream, 'thread.message.delta').then(() =>
      r.beta.threads.runs.list(thread_id).then(({ data }) => ({ run_id: data[0]?.id ?? '' })),
    )) as { run_id: string };
    return { assistant_id, run: await r.beta.threads.runs.retrieve(run_id, { thread_id }) };
  },
  requires_action: async (r: Rig) => {
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look' }));
    return { assistant_id, run: await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id }) };
  },
};

describe('cancel (§2.5)', () => {
  it.each(Object.keys(CANCELLABLE) as (keyof typeof CANCELLABLE)[])(
    'answers `cancelling` for a run that is %s, and by then its thread is free',
    async (status) => {
      const r = rig({ options: { concurrency: 1 } });
      const { assistant_id, run } = await CANCELLABLE[status](r);
      const { thread_id } = run;
      expect(run.status).toBe(status);
      const cancelling = await r.beta.threads.runs.cancel(run.id, { thread_id });
      expect(cancelling).toMatchObject({ id: run.id, status: 'cancelling', required_action: null });

      await r.beta.threads.messages.create(thread_id, { role: 'user', content: 'Never mind' });
      const after = await r.beta.threads.runs.retrieve(run.id, { thread_id });
      expect(after).toMatchObject({ status: 'cancelled', expires_at: null, completed_at: null });
      expect(after.cancelled_at).toBeGreaterThanOrEqual(run.created_at);
      const steps = await r.beta.threads.runs.steps.list(run.id, { thread_id });
      expect(steps.data.map((step) => step.status)).toEqual(status === 'queued' ? [] : ['cancelled']);
      if (status === 'in_progress') {
        const [message] = (await r.beta.threads.messages.list(thread_id, { run_id: run.id })).data;
        expect(message).toMatchObject({
          status: 'incomplete',
          incomplete_details: { reason: 'run_cancelled' },
          content: [{ type: 'text', text: { value: 'Busy', annotations: [] } }],
        });
      }
      const again = await failure(r.beta.threads.runs.cancel(run.id, { thread_id }));
      expect(again.message).toBe("400 Cannot cancel run with status 'cancelled'.");

      if (status === 'queued') {
        const others = (await (await r.raw('GET', '/threads')).json()) as { data: { id: string }[] };
        const other = others.data.at(-1)?.id ?? '';
        const [busy] = (await r.beta.threads.runs.list(other)).data;
        await r.beta.threads.runs.cancel(busy?.id ?? '', { thread_id: other });
      }
      r.sim.script(say('Anew'));
      const next = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      expect(next.status).toBe('completed');
    },
  );

  it('ends the streams that listen: cancelling, message, step, cancelled, done (§3.3 g)', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    const stream = await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
    const events: string[] = [];
    for await (const { event, data } of stream) {
      events.push(event.replace('thread.', ''));
      if (event === 'thread.message.delta') {
        const [run] = (await r.beta.threads.runs.list(thread_id)).data;
        await r.beta.threads.runs.cancel(run?.id ?? '', { thread_id });
      }
      if (event === 'thread.message.incomplete') {
        expect(data).toMatchObject({ incomplete_details: { reason: 'run_cancelled' }, completed_at: null });
      }
    }
    expect(events).toEqual([
      'run.created',
      'run.queued',
      'run.in_progress',
      'run.step.created',
      'run.step.in_progress',
      'message.created',
      'message.in_progress',
      'message.delta',
      'run.cancelling',
      'message.incomplete',
      'run.step.cancelled',
      'run.cancelled',
    ]);
  });

  it('closes the connection to the upstream', async () => {
    const r = rig();
    let gone = false;
    const sim = Object.create(r.sim, {
      fetch: {
        value: (url: string, init: RequestInit) => {
          init.signal?.addEventListener('abort', () => {
            gone = true;
          });
          return r.sim.fetch(url, init);
        },
      },
    });
    const watched = rig({ simulator: sim });
    const { assistant_id, thread_id } = await ready(watched);
    r.sim.script(turn(say('Busy'), hang()));
    const run = await watched.beta.threads.runs.create(thread_id, { assistant_id });
    expect(gone).toBe(false);
    await watched.beta.threads.runs.cancel(run.id, { thread_id });
    expect(gone).toBe(true);
  });
});

describe('expiry (§2.6)', () => {
  /** The clock of the engine stands still until it is moved. */
  function stoppedClock(toFake: ('Date' | 'setTimeout' | 'clearTimeout')[] = ['Date']) {
    vi.useFakeTimers({ toFake, now: Date.parse('2026-09-01T12:00:00Z') });
    return createAssistants({ store: 'memory:', log: () => {}, runExpiry: 60 });
  }

  it('expires a run that waits for its outputs as soon as somebody looks, and frees its thread', async () => {
    const r = rig({ assistants: stoppedClock() });
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(run).toMatchObject({ status: 'requires_action', expires_at: run.created_at + 60 });

    vi.setSystemTime(Date.now() + 59_000);
    expect((await r.beta.threads.runs.retrieve(run.id, { thread_id })).status).toBe('requires_action');
    vi.setSystemTime(Date.now() + 1_000);
    const expired = await r.beta.threads.runs.retrieve(run.id, { thread_id });
    expect(expired).toMatchObject({
      status: 'expired',
      expires_at: null,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      required_action: null,
    });
    const [step] = (await r.beta.threads.runs.steps.list(run.id, { thread_id })).data;
    expect(step).toMatchObject({ status: 'expired', expired_at: run.created_at + 60 });
    expect((await r.beta.threads.runs.list(thread_id)).data).toEqual([expired]);
    const submit = r.beta.threads.runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: 'late' }],
    });
    expect((await failure(submit)).message).toBe('400 Runs in status "expired" do not accept tool outputs.');
    const cancel = r.beta.threads.runs.cancel(run.id, { thread_id });
    expect((await failure(cancel)).message).toBe("400 Cannot cancel run with status 'expired'.");
  });

  it.each(['a new message', 'a new run', 'a submit', 'a cancel'])(
    'looks at the clock on %s too',
    async (what) => {
      const r = rig({ assistants: stoppedClock() });
      const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
      r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Hi'));
      const { runs, messages } = r.beta.threads;
      const { id } = await runs.createAndPoll(thread_id, { assistant_id });
      vi.setSystemTime(Date.now() + 60_000);
      if (what === 'a new message') await messages.create(thread_id, { role: 'user', content: 'x' });
      if (what === 'a new run') await runs.createAndPoll(thread_id, { assistant_id });
      const tool_outputs = [{ tool_call_id: 'call_1', output: 'late' }];
      if (what === 'a submit') await failure(runs.submitToolOutputs(id, { thread_id, tool_outputs }));
      if (what === 'a cancel') await failure(runs.cancel(id, { thread_id }));
      expect((await runs.retrieve(id, { thread_id })).status).toBe('expired');
    },
  );

  it('expires a run in progress by timer: message, step, run, done (§3.3 h’)', async () => {
    const r = rig({ assistants: stoppedClock(['Date', 'setTimeout', 'clearTimeout']) });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Slow'), hang()));
    const stream = await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
    const events: { event: string; data: unknown }[] = [];
    for await (const { event, data } of stream) {
      events.push({ event, data });
      if (event === 'thread.message.delta') await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(names(events).slice(-4)).toEqual([
      'message.delta',
      'message.incomplete',
      'run.step.expired',
      'run.expired',
    ]);
    expect(events.at(-3)?.data).toMatchObject({ incomplete_details: { reason: 'run_expired' } });
    const { id } = (events.at(-1) as { data: Run }).data;
    expect((await r.beta.threads.runs.retrieve(id, { thread_id })).status).toBe('expired');
  });

  it('is fixed at creation: a submit does not put it off (§2.1)', async () => {
    const r = rig({ assistants: stoppedClock() });
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), turn(say('Wait'), hang()));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    vi.setSystemTime(Date.now() + 30_000);
    const queued = await r.beta.threads.runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: 'x' }],
    });
    expect(queued.expires_at).toBe(run.expires_at);
    vi.setSystemTime(Date.now() + 30_000);
    expect((await r.beta.threads.runs.retrieve(run.id, { thread_id })).status).toBe('expired');
  });

  it('takes an expiry that no timer can hold', async () => {
    const r = rig({ options: { runExpiry: 60 * 60 * 24 * 365 } });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(slow({ beforeFirst: 20 }), say('Hi')));
    expect((await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id })).status).toBe('completed');
  });
});

describe.each(majors)('the way of a run through openai $major (§2.1, §2.7)', (major) => {
  it('shows each state as the table of §1.7 has it', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Seen.'));
    const first = await collect(await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true }));
    const states = first
      .filter(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))
      .map(({ data }) => data as Run);
    expect(states.map(({ status }) => status)).toEqual([
      'queued',
      'queued',
      'in_progress',
      'requires_action',
    ]);
    const [created, queued, started, waiting] = states as [Run, Run, Run, Run];
    expect(queued).toEqual(created);
    expect([created.started_at, typeof started.started_at]).toEqual([null, 'number']);
    expect(states.map(({ expires_at, usage }) => [expires_at, usage])).toEqual(
      states.map(() => [created.created_at + 600, null]),
    );
    const [open] = (await r.beta.threads.runs.steps.list(waiting.id, { thread_id })).data;
    expect(open).toMatchObject({
      status: 'in_progress',
      usage: null,
      completed_at: null,
      type: 'tool_calls',
    });

    const second = await collect(
      (await r.beta.threads.runs.submitToolOutputs(waiting.id, {
        thread_id,
        tool_outputs: [{ tool_call_id: 'call_1', output: 'a cat' }],
        stream: true,
      })) as unknown as AsyncIterable<{ event: string; data: unknown }>,
    );
    const later = second
      .filter(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))
      .map(({ data }) => data as Run);
    expect(later.map(({ status }) => status)).toEqual(['queued', 'in_progress', 'completed']);
    expect(later[0]).toMatchObject({ started_at: waiting.started_at, required_action: null, usage: null });
    const done = later.at(-1) as Run;
    expect(done).toMatchObject({ expires_at: null, completed_at: expect.any(Number), failed_at: null });

    const { data: steps } = await r.beta.threads.runs.steps.list(done.id, { thread_id, order: 'asc' });
    expect(steps.map(({ id }) => id)[0]).toBe(open?.id);
    expect(steps.map(({ status }) => status)).toEqual(['completed', 'completed']);
    const sum = (key: 'prompt_tokens' | 'completion_tokens' | 'total_tokens') =>
      steps.reduce((total, { usage }) => total + (usage?.[key] ?? 0), 0);
    for (const key of ['prompt_tokens', 'completion_tokens', 'total_tokens'] as const) {
      expect(done.usage?.[key]).toBe(sum(key));
      expect(sum(key)).toBeGreaterThan(0);
    }
  });
});

describe('modifying while a run is active (§2.8)', () => {
  it('is allowed for the run, its messages, its thread and its assistant, and what was set stays', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Seen.'));
    const { runs, messages } = r.beta.threads;
    const run = await runs.createAndPoll(thread_id, { assistant_id });
    const [message] = (await messages.list(thread_id)).data;
    const metadata = { set: 'yes' };
    await runs.update(run.id, { thread_id, metadata });
    await messages.update(message?.id ?? '', { thread_id, metadata });
    await r.beta.threads.update(thread_id, { metadata });
    await r.beta.assistants.update(assistant_id, { model: 'gpt-4o-mini', metadata });
    await runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
    });
    const done = await runs.poll(run.id, { thread_id });
    // Its configuration was fixed when it was created (§4.1).
    expect(done).toMatchObject({ status: 'completed', metadata, model: 'gpt-4o' });
    expect((await r.beta.threads.retrieve(thread_id)).metadata).toEqual(metadata);
    expect((await messages.retrieve(message?.id ?? '', { thread_id })).metadata).toEqual(metadata);
  });

  it('leaves threads, runs and messages when their assistant is deleted; later runs with it are 404', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Seen.'));
    const { runs } = r.beta.threads;
    const run = await runs.createAndPoll(thread_id, { assistant_id });
    await r.beta.assistants.delete(assistant_id);
    await runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
    });
    expect((await runs.poll(run.id, { thread_id })).status).toBe('completed');
    expect((await r.beta.threads.messages.list(thread_id)).data).toHaveLength(2);
    expect((await failure(runs.create(thread_id, { assistant_id }))).status).toBe(404);
  });

  it('deletes with a thread what hangs on it, also while a run is active', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    const run = await r.beta.threads.runs.create(thread_id, { assistant_id });
    await r.beta.threads.delete(thread_id);
    expect((await failure(r.beta.threads.runs.retrieve(run.id, { thread_id }))).message).toBe(
      `404 No thread found with id '${thread_id}'.`,
    );
    expect((await failure(r.beta.threads.messages.list(thread_id))).status).toBe(404);
  });

  it('replaces metadata, tools and the members of tool_resources whole, and clears with null', async () => {
    const { beta } = rig();
    const made = await beta.assistants.create({
      model: 'gpt-4o',
      name: 'A',
      description: 'B',
      instructions: 'C',
      temperature: 0.2,
      tools: [{ type: 'code_interpreter' }, { type: 'file_search' }],
      tool_resources: {
        code_interpreter: { file_ids: ['file-1'] },
        file_search: { vector_store_ids: ['vs_1'] },
      },
      metadata: { a: '1', b: '2' },
    });
    const changed = await beta.assistants.update(made.id, {
      name: null,
      description: null,
      instructions: null,
      temperature: null,
      tool_resources: { file_search: { vector_store_ids: [] } },
      metadata: { b: '3' },
    });
    expect(changed).toMatchObject({
      name: null,
      description: null,
      instructions: null,
      temperature: 1,
      tools: made.tools,
      metadata: { b: '3' },
    });
    expect(changed.tool_resources).toEqual({
      code_interpreter: { file_ids: ['file-1'] },
      file_search: { vector_store_ids: [] },
    });
    const thread = await beta.threads.create({
      tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
    });
    const later = await beta.threads.update(thread.id, {
      tool_resources: { file_search: { vector_store_ids: ['vs_1'] } },
    });
    expect(later.tool_resources).toEqual({
      code_interpreter: { file_ids: ['file-1'] },
      file_search: { vector_store_ids: ['vs_1'] },
    });
    expect(
      (await beta.threads.update(thread.id, { tool_resources: { code_interpreter: {} } })).tool_resources,
    ).toEqual({
      code_interpreter: { file_ids: [] },
      file_search: { vector_store_ids: ['vs_1'] },
    });
    expect((await beta.threads.update(thread.id, { metadata: null })).metadata).toEqual({});
  });
});
