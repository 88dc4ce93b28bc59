/** Any process answers for any thread: streams, cancels, polls and waits reach runs that another carries out (§2.5, §3.1, §5.1). */
import { afterEach, expect, it } from 'vitest';
import { callFunctions, hang, say, slow, turn } from '../../src/simulator/index.ts';
import { describeWith, redis } from '../services.ts';
import { type Rig, ready } from '../surface/harness.ts';
import { type Cluster, cluster } from './cluster.ts';

const open: Cluster[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.clear()));
});

async function two(options = {}) {
  const data = await cluster('redis', options);
  open.push(data);
  return { sim: data.sim, one: data.member(), other: data.member() };
}

interface Numbered {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

/** The events of a run's stream after a number, up to `most`; the connection is then cut. */
async function take(
  r: Rig,
  path: string,
  most = Number.POSITIVE_INFINITY,
  headers = {},
): Promise<Numbered[]> {
  const leave = new AbortController();
  const response = await r.assistants.fetch(
    new Request(`http://mounted.test/v1${path}`, {
      headers: { authorization: 'Bearer sk-sim', 'openai-beta': 'assistants=v2', ...headers },
      signal: leave.signal,
    }),
  );
  expect(response.status).toBe(200);
  const events: Numbered[] = [];
  let text = '';
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return events;
    text += decoder.decode(value, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const [, id, event, data] = /^(?:id: (\d+)\n)?event: (.*)\ndata: (.*)$/.exec(frame) ?? [];
      if (event === 'done' || !event) continue;
      events.push({ id: Number(id), event, data: JSON.parse(data ?? '') });
      if (events.length === most) {
        await reader.cancel();
        return events;
      }
    }
  }
}

const slowly = (text: string) => turn(slow({ betweenDeltas: 4 }), say(text, { deltas: 40 }));
const LONG = Array.from({ length: 40 }, (_, at) => `word${at} `).join('');

describeWith(redis, 'a run that another process carries out', () => {
  it('is streamed from its beginning, numbered without a gap, to the very events of its own process (§3.1)', async () => {
    const { sim, one, other } = await two();
    const { assistant_id, thread_id } = await ready(one);
    sim.script(slowly(LONG));
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    const path = `/threads/${thread_id}/runs/${run.id}?stream=true`;
    const [here, there] = await Promise.all([take(one, path), take(other, path)]);
    expect(there.map(({ id }) => id)).toEqual(there.map((_, at) => at + 1));
    expect(there[0]?.event).toBe('thread.run.created');
    expect(there.at(-1)?.event).toBe('thread.run.completed');
    expect(there).toEqual(here);
  });

  it('is picked up again elsewhere without a gap and without a repeat', async () => {
    const { sim, one, other } = await two();
    const { assistant_id, thread_id } = await ready(one);
    sim.script(slowly(LONG));
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    const path = `/threads/${thread_id}/runs/${run.id}?stream=true`;
    const seen = await take(one, path, 13);
    seen.push(...(await take(other, path, 9, { 'last-event-id': String(seen.at(-1)?.id) })));
    seen.push(...(await take(one, `${path}&starting_after=${seen.at(-1)?.id}`)));
    expect(seen.map(({ id }) => id)).toEqual(seen.map((_, at) => at + 1));
    expect(seen).toEqual(await take(other, path));
    const text = seen
      .filter(({ event }) => event === 'thread.message.delta')
      .map(
        ({ data }) =>
          (data as never as { delta: { content: [{ text: { value: string } }] } }).delta.content[0].text
            .value,
      )
      .join('');
    expect(text).toBe(LONG);
  });

  it('is cancelled: its stream ends, the upstream is let go of, and its thread is free at once (§2.5)', async () => {
    const { sim, one, other } = await two();
    const { assistant_id, thread_id } = await ready(one);
    sim.script(turn(say('Busy'), hang()));
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    const path = `/threads/${thread_id}/runs/${run.id}?stream=true`;
    expect((await take(one, path, 8)).at(-1)?.event).toBe('thread.message.delta');
    const rest = take(one, `${path}&starting_after=8`);
    const cancelling = await other.beta.threads.runs.cancel(run.id, { thread_id });
    expect(cancelling.status).toBe('cancelling');
    await other.beta.threads.messages.create(thread_id, { role: 'user', content: 'Something else' });
    expect((await rest).map(({ event }) => event)).toEqual([
      'thread.run.cancelling',
      'thread.message.incomplete',
      'thread.run.step.cancelled',
      'thread.run.cancelled',
    ]);
    await expect.poll(() => sim.requests.at(-1)?.aborted).toBe(true);
  });

  it('is waited for by a poll helper and by a request that stands in line (`busyThread: enqueue`)', async () => {
    const { sim, one, other } = await two({ busyThread: 'enqueue' });
    const { assistant_id, thread_id } = await ready(one);
    sim.script(slowly(LONG));
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    const order: string[] = [];
    const polled = other.beta.threads.runs
      .poll(run.id, { thread_id })
      .then(({ status }) => order.push(status));
    const added = other.beta.threads.messages
      .create(thread_id, { role: 'user', content: 'After that' })
      .then(() => order.push('added'));
    await Promise.all([polled, added]);
    expect(order.sort()).toEqual(['added', 'completed']);
    const { data } = await other.beta.threads.messages.list(thread_id, { order: 'asc' });
    expect(data.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('takes its outputs there, and its numbers go on over both phases (§2.2)', async () => {
    const { sim, one, other } = await two();
    const { assistant_id, thread_id } = await ready(one, {
      tools: [{ type: 'function', function: { name: 'look' } }],
    });
    sim.script(callFunctions({ name: 'look', arguments: {} }), say('Seen.'));
    const run = await one.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const [call] = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    const path = `/threads/${thread_id}/runs/${run.id}?stream=true`;
    const first = await take(one, path);
    expect(first.at(-1)?.event).toBe('thread.run.requires_action');
    const ended = await other.beta.threads.runs.submitToolOutputsAndPoll(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: 'a tree' }],
    });
    expect(ended.status).toBe('completed');
    const rest = await take(one, `${path}&starting_after=${first.length}`);
    expect(rest.map(({ id }) => id)).toEqual(rest.map((_, at) => first.length + at + 1));
    expect(rest.at(-1)?.event).toBe('thread.run.completed');
  });

  it('is taken up when that process goes, and its listeners elsewhere hear its end once', async () => {
    const { sim, one, other } = await two();
    const { assistant_id, thread_id } = await ready(one);
    await other.beta.threads.retrieve(thread_id);
    sim.script(turn(say('Half an ans'), hang()), say('A whole answer.'));
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    const path = `/threads/${thread_id}/runs/${run.id}?stream=true`;
    await take(other, path, 8);
    const heard = take(other, path);
    await one.assistants.close({ timeout: 0 });
    const events = (await heard).map(({ event }) => event);
    expect(events.at(-1)).toBe('thread.run.completed');
    for (const once of [
      'thread.run.created',
      'thread.message.created',
      'thread.message.completed',
      'thread.run.completed',
    ])
      expect(events.filter((event) => event === once)).toHaveLength(1);
  });
});
