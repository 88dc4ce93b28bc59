/** The SDK's poll helpers, counted by what they ask: a poll is held until the run changes, so one is enough (§5.1). */
import { describe, expect, it } from 'vitest';
import { callFunctions, fail, hang, incomplete, say, slow, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { type Rig, ready, rig } from './harness.ts';

const TOOL = { type: 'function' as const, function: { name: 'look' } };

/** Requests for a run's status. */
const polls = (r: Rig) =>
  r.answers.filter(({ method, path }) => method === 'GET' && /\/runs\/run_\w+$/.test(path));

/** All that a run may be (§2.1); at anything else a helper would ask again and again, without a pause. */
const STATUSES =
  /^(queued|in_progress|requires_action|cancelling|cancelled|failed|completed|incomplete|expired)$/;

const ENDS = {
  completed: turn(slow({ beforeFirst: 30 }), say('Hi')),
  incomplete: turn(slow({ beforeFirst: 30 }), say('Once'), incomplete('max_output_tokens')),
  failed: turn(slow({ beforeFirst: 30 }), say('Once'), fail('server_error', 'No.')),
  requires_action: turn(slow({ beforeFirst: 30 }), callFunctions({ name: 'look', call_id: 'call_1' })),
};

describe.each(majors)('openai $major', (major) => {
  it.each(Object.entries(ENDS))(
    'createAndPoll gives a run that is %s as a value, after one poll',
    async (status, script) => {
      const r = rig({ major });
      const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
      r.sim.script(script);
      const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      expect(run.status).toBe(status);
      expect(polls(r)).toHaveLength(1);
      expect(polls(r)[0]?.requestHeaders.get('x-stainless-poll-helper')).toBe('true');
    },
  );

  it('submitToolOutputsAndPoll and createAndRunPoll as well', async () => {
    const r = rig({ major });
    const { assistant_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(ENDS.requires_action, ENDS.completed);
    const waiting = await r.beta.threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'Look' }] },
    });
    expect(waiting.status).toBe('requires_action');
    expect(polls(r)).toHaveLength(1);
    const run = await r.beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id: waiting.thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: 'seen' }],
    });
    expect(run.status).toBe('completed');
    expect(polls(r)).toHaveLength(2);
  });

  it('a poll interval of the program’s own is the program’s: its polls are held all the same', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(ENDS.completed);
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs: 1 });
    expect(run.status).toBe('completed');
    expect(polls(r)).toHaveLength(1);
    expect(polls(r)[0]?.requestHeaders.get('x-stainless-custom-poll-interval')).toBe('1');
  });

  it('a poll ends when the run is cancelled elsewhere', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    const { id } = await r.beta.threads.runs.create(thread_id, { assistant_id });
    const polled = r.beta.threads.runs.poll(id, { thread_id });
    await r.beta.threads.runs.cancel(id, { thread_id });
    expect((await polled).status).toBe('cancelled');
  });

  it('files are put into a vector store and waited for, through the client’s own routes (§5.5)', async () => {
    const r = rig({ major });
    const { id } = await r.client.vectorStores.create({ name: 'docs' });
    const files = ['one', 'two'].map((name) => new File([name], `${name}.txt`));
    const batch = await r.client.vectorStores.fileBatches.uploadAndPoll(id, { files }, { pollIntervalMs: 1 });
    expect([batch.status, batch.file_counts.completed]).toEqual(['completed', 2]);
    expect(r.answers).toEqual([]);
  });
});

describe('answers that are polled for', () => {
  it('say when to come back, and never carry a status of rethread’s own', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(ENDS.requires_action, turn(say('Busy'), hang()));
    const waiting = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const outputs = [{ tool_call_id: 'call_1', output: '' }];
    await r.beta.threads.runs.submitToolOutputs(waiting.id, { thread_id, tool_outputs: outputs });
    await r.beta.threads.runs.retrieve(waiting.id, { thread_id });
    await r.beta.threads.runs.cancel(waiting.id, { thread_id });
    await r.beta.threads.runs.retrieve(waiting.id, { thread_id });
    const ofRuns = r.answers.filter(({ path }) => /\/runs(\/run_\w+(\/\w+)?)?$/.test(path));
    expect(ofRuns).toHaveLength(6);
    for (const { headers } of ofRuns) {
      // 0 would make openai 4 ask without a pause (§5.1).
      expect(Number(headers.get('openai-poll-after-ms'))).toBeGreaterThan(0);
    }
  });

  it('are given at once to whoever does not poll through a helper', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Busy'), hang()));
    const { id } = await r.beta.threads.runs.create(thread_id, { assistant_id });
    expect((await r.beta.threads.runs.retrieve(id, { thread_id })).status).toMatch(/^(queued|in_progress)$/);
    await r.beta.threads.runs.cancel(id, { thread_id });
  });

  it('are documented statuses, whatever happens to the run (§2.1)', async () => {
    const r = rig();
    const seen = new Set<string>();
    for (const script of Object.values(ENDS)) {
      const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
      r.sim.script(script);
      const { id, status } = await r.beta.threads.runs.create(thread_id, { assistant_id });
      seen.add(status);
      seen.add((await r.beta.threads.runs.retrieve(id, { thread_id })).status);
      seen.add((await r.beta.threads.runs.poll(id, { thread_id })).status);
    }
    for (const status of seen) expect(status).toMatch(STATUSES);
    expect(seen.size).toBeGreaterThan(4);
  });
});
