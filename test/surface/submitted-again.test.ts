/** Tool outputs that a run has taken come again: the same ones are harmless, others are refused in the original's words (§2.2). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, createSimulator, hang, say, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { collect, failure, names, type Rig, ready, rig } from './harness.ts';

const fn = (name: string) => ({ type: 'function' as const, function: { name } });
const outputsOf = (...pairs: [id: string, output: string][]) =>
  pairs.map(([tool_call_id, output]) => ({ tool_call_id, output }));
const OUTPUTS = outputsOf(['call_a', '1'], ['call_b', '2']);
const OTHERS = outputsOf(['call_a', '1'], ['call_b', '3']);

/** A run that waits for the outputs of `call_a` and `call_b`. */
async function waiting(r: Rig) {
  const { assistant_id, thread_id } = await ready(r, { tools: [fn('a'), fn('b')] });
  const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
  expect(run.status).toBe('requires_action');
  const submit = (tool_outputs: typeof OUTPUTS) =>
    r.beta.threads.runs.submitToolOutputs(run.id, { thread_id, tool_outputs });
  return {
    assistant_id,
    thread_id,
    run,
    submit,
    poll: () => r.beta.threads.runs.poll(run.id, { thread_id }),
  };
}

const ASK = callFunctions({ name: 'a', call_id: 'call_a' }, { name: 'b', call_id: 'call_b' });
const BUSY = /^400 Runs in status "(queued|in_progress)" do not accept tool outputs\.$/;
const DONE = '400 Runs in status "completed" do not accept tool outputs.';

describe.each(majors)('openai $major', (major) => {
  it('the same outputs again, in any order, are answered with the run as it is: going on, then completed', async () => {
    const r = rig({ major });
    r.sim.script(ASK, turn(say('Done.')));
    const { run, submit, poll, thread_id } = await waiting(r);
    expect((await submit(OUTPUTS)).status).toBe('queued');
    const again = await submit(OUTPUTS.toReversed());
    expect(again.id).toBe(run.id);
    expect(again.status).toMatch(/^(queued|in_progress|completed)$/);
    await poll();
    const late = await submit(OUTPUTS);
    expect([late.id, late.status]).toEqual([run.id, 'completed']);
    expect(r.sim.responsesRequests).toHaveLength(2);
    expect((await r.beta.threads.messages.list(thread_id)).data).toHaveLength(2);
  });

  it('other outputs are #7, in every status but requires_action', async () => {
    const r = rig({ major });
    r.sim.script(ASK, turn(say('Done.'), hang()));
    const { run, submit, thread_id } = await waiting(r);
    await submit(OUTPUTS);
    const refused = [
      OTHERS,
      OUTPUTS.slice(1),
      [...OUTPUTS, ...OUTPUTS],
      outputsOf(['call_a', '2'], ['call_b', '1']),
    ];
    for (const outputs of refused) expect((await failure(submit(outputs))).message).toMatch(BUSY);
    await r.beta.threads.runs.cancel(run.id, { thread_id });
    const cancelled = '400 Runs in status "cancelled" do not accept tool outputs.';
    for (const outputs of refused) expect((await failure(submit(outputs))).message).toBe(cancelled);
    expect((await submit(OUTPUTS)).status).toBe('cancelled');
  });

  it('as a stream they give the run’s stream from where the first submit began, to its end', async () => {
    const r = rig({ major });
    // A stream that is told again is no legal sequel of itself.
    r.unchecked = true;
    r.sim.script(ASK, turn(say('Done.', { deltas: 3 })));
    const { run, thread_id, submit } = await waiting(r);
    const stream = () =>
      r.beta.threads.runs.submitToolOutputsStream(run.id, { thread_id, tool_outputs: OUTPUTS });
    const first = await collect(stream());
    const again = await collect(stream());
    expect(again).toEqual(first);
    expect(names(again)[0]).toBe('run.step.completed');
    expect(names(again).at(-1)).toBe('run.completed');
    expect((await stream().finalRun()).status).toBe('completed');
    expect((await failure(submit(OTHERS))).message).toBe(DONE);
  });
});

describe('the run’s next calls', () => {
  it('are not answered by the outputs of the last ones: these get the run, which waits', async () => {
    const r = rig();
    r.sim.script(ASK, callFunctions({ name: 'a', call_id: 'call_c' }), turn(say('Done.')));
    const { submit, poll } = await waiting(r);
    await submit(OUTPUTS);
    await poll();
    const again = await submit(OUTPUTS);
    expect(again.status).toBe('requires_action');
    expect(again.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id)).toEqual(['call_c']);
    expect((await failure(submit(OTHERS))).message).toBe(
      "400 Expected tool outputs for call_ids ['call_c'], got ['call_a', 'call_b']",
    );
    await submit(outputsOf(['call_c', '3']));
    expect((await poll()).status).toBe('completed');
    // Only what was submitted last is known.
    expect((await failure(submit(OUTPUTS))).message).toBe(DONE);
  });

  it('are answered by equal outputs where the model calls them by the same ids', async () => {
    const r = rig();
    r.sim.script(ASK, ASK, turn(say('Done.')));
    const { submit, poll } = await waiting(r);
    await submit(OUTPUTS);
    expect((await poll()).status).toBe('requires_action');
    expect((await submit(OUTPUTS)).status).toBe('queued');
    expect((await poll()).status).toBe('completed');
  });
});

it('many submits of the same at once: each is answered, and the model is asked once', async () => {
  const r = rig();
  r.sim.script(ASK, turn(say('Done.')));
  const { submit, poll, run } = await waiting(r);
  const answers = await Promise.all(Array.from({ length: 8 }, () => submit(OUTPUTS)));
  expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([run.id]));
  expect((await poll()).status).toBe('completed');
  expect(r.sim.responsesRequests).toHaveLength(2);
});

describe('after a restart', () => {
  let directory = '';
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('the same outputs get the run, and as a stream what came after them, from what is stored (§3.3 b)', async () => {
    directory = await mkdtemp(join(tmpdir(), 'rethread-submitted-'));
    const options = { store: `file:${directory}`, log: () => {} };
    const simulator = createSimulator();
    const assistants = createAssistants(options);
    const before = rig({ assistants, simulator });
    simulator.script(turn(say('One moment.'), ASK), turn(say('Done.')));
    const { run, thread_id } = await waiting(before);
    const body = { tool_outputs: OUTPUTS, stream: true };
    const where = `/threads/${thread_id}/runs/${run.id}/submit_tool_outputs`;
    const key = { 'idempotency-key': 's' };
    const told = await eventsOf(await before.raw('POST', where, body, key));
    await assistants.close();

    const after = rig({ options, simulator });
    after.unchecked = true;
    const retried = await eventsOf(await after.raw('POST', where, body));
    const replayed = await after.raw('POST', where, body, key);
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    expect(await eventsOf(replayed)).toEqual(retried);
    // Nothing of what came before the submit, and all of what came after.
    expect(names(retried)).toEqual(names(told));
    // A stored step that has ended shows no expiry any more.
    const whole = (events: typeof told) =>
      events
        .filter(({ event }) => !event.endsWith('.delta'))
        .map(({ event, data }) => ({ event, data: { ...(data as object), expires_at: null } }));
    expect(whole(retried)).toEqual(whole(told));
    const plain = await after.beta.threads.runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: OUTPUTS,
    });
    expect(plain.status).toBe('completed');
    expect(simulator.responsesRequests).toHaveLength(2);
    await after.assistants.close();
  });
});

async function eventsOf(response: Response) {
  const text = await response.text();
  expect(text.endsWith('event: done\ndata: [DONE]\n\n')).toBe(true);
  return [...text.matchAll(/^event: (thread\..*)\ndata: (.*)$/gm)].map(([, event = '', data = '']) => ({
    event,
    data: JSON.parse(data),
  })) as Parameters<typeof names>[0];
}
