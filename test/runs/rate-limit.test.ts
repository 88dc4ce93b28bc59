/** An upstream that says when to come back is asked again then: runs wait as `queued`, and none fails over it (§4.6). */
import { describe, expect, it } from 'vitest';
import { callFunctions, createSimulator, rateLimit, say } from '../../src/simulator/index.ts';
import { failure, ready, rig } from '../surface/harness.ts';

/** A simulator that refuses everything for `ms` milliseconds from the first call on. */
function limited(ms: number) {
  const sim = createSimulator();
  const counts = { refused: 0, let: 0 };
  let until: number | undefined;
  const fetch: typeof sim.fetch = async (input, init) => {
    if (!String(input).endsWith('/responses')) return sim.fetch(input, init);
    until ??= performance.now() + ms;
    const left = Math.ceil(until - performance.now());
    if (left <= 0) {
      counts.let += 1;
      return sim.fetch(input, init);
    }
    counts.refused += 1;
    return Response.json(
      { error: { message: 'Slow down.', type: 'tokens', code: 'rate_limit_exceeded', param: null } },
      { status: 429, headers: { 'retry-after-ms': String(left), 'retry-after': '1' } },
    ) as never;
  };
  return { sim: Object.assign(Object.create(sim), { fetch }) as typeof sim, counts };
}

describe('429 with retry-after', () => {
  it('slows the queue: twelve runs, three at a time, all completed, and at most three of them refused', async () => {
    const { sim, counts } = limited(300);
    const { beta } = rig({ simulator: sim, options: { concurrency: 3 } });
    const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o' });
    const runs = await Promise.all(
      Array.from({ length: 12 }, () =>
        beta.threads.createAndRunPoll({
          assistant_id,
          thread: { messages: [{ role: 'user', content: 'Go' }] },
        }),
      ),
    );
    expect(runs.map(({ status }) => status)).toEqual(Array(12).fill('completed'));
    expect(counts.refused).toBeLessThanOrEqual(3);
    expect(counts.let).toBe(12);
  });

  it('answers the create call with a queued run meanwhile, which can be cancelled', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(rateLimit({ retryAfterMs: 60_000 }), say('Later.'));
    const run = await r.beta.threads.runs.create(thread_id, { assistant_id });
    expect(run.status).toBe('queued');
    const cancelling = await r.beta.threads.runs.cancel(run.id, { thread_id });
    expect(cancelling.status).toBe('cancelling');
    const after = await r.beta.threads.runs.retrieve(run.id, { thread_id });
    expect(after.status).toBe('cancelled');
  });

  it('holds for that model, not for another', async () => {
    const r = rig();
    const one = await ready(r);
    r.sim.script(rateLimit({ retryAfterMs: 60_000 }), say('Right away.'));
    await r.beta.threads.runs.create(one.thread_id, { assistant_id: one.assistant_id });
    const other = await ready(r, { model: 'gpt-4o-mini' });
    const run = await r.beta.threads.runs.createAndPoll(other.thread_id, {
      assistant_id: other.assistant_id,
    });
    expect(run.status).toBe('completed');
  });

  it('is waited for after tool outputs too', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r, {
      tools: [{ type: 'function', function: { name: 'look' } }],
    });
    r.sim.script(
      callFunctions({ name: 'look', arguments: {} }),
      rateLimit({ retryAfterMs: 50 }),
      say('Seen.'),
    );
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const [call] = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    const ended = await r.beta.threads.runs.submitToolOutputsAndPoll(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: '' }],
    });
    expect(ended.status).toBe('completed');
  });

  it('fails the run at once, in the upstream’s words, where it lies beyond the run’s expiry', async () => {
    const r = rig({ options: { runExpiry: 60 } });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(rateLimit({ retryAfterMs: 90_000, message: 'Come back tomorrow.' }));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(run).toMatchObject({
      status: 'failed',
      last_error: { code: 'rate_limit_exceeded', message: 'Come back tomorrow.' },
    });
    expect(await failure(r.beta.threads.runs.cancel(run.id, { thread_id }))).toBeInstanceOf(Error);
  });
});
