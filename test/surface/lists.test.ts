import { describe, expect, it } from 'vitest';
import { repeat, say } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { failure, type Rig, ready, rig } from './harness.ts';

/** Three messages of one second, oldest first. */
async function threeAtOnce({ beta }: Rig) {
  const { id: thread_id } = await beta.threads.create({
    messages: ['one', 'two', 'three'].map((content) => ({ role: 'user' as const, content })),
  });
  const { data } = await beta.threads.messages.list(thread_id, { order: 'asc' });
  expect(new Set(data.map(({ created_at }) => created_at)).size).toBe(1);
  return { thread_id, ids: data.map(({ id }) => id), data };
}

const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

async function drained<T extends { id: string }>(list: PromiseLike<unknown> & AsyncIterable<T>) {
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

describe.each(majors)('lists of §1.4 through openai $major', (major) => {
  it('keeps the order of objects of one second, newest first unless asked otherwise', async () => {
    const r = rig({ major });
    const { thread_id, data, ids } = await threeAtOnce(r);
    expect(
      data.map(({ content }) => (content[0]?.type === 'text' ? content[0].text.value : undefined)),
    ).toEqual(['one', 'two', 'three']);
    expect(idsOf(await r.beta.threads.messages.list(thread_id))).toEqual(ids.toReversed());
    expect(idsOf(await r.beta.threads.messages.list(thread_id, { order: 'desc' }))).toEqual(ids.toReversed());
  });

  it('pages by `after` with limit 1 until has_more is false, in both orders (§5.6)', async () => {
    const r = rig({ major });
    const { thread_id, ids } = await threeAtOnce(r);
    for (const order of ['asc', 'desc'] as const) {
      const wanted = order === 'asc' ? ids : ids.toReversed();
      let page = await r.beta.threads.messages.list(thread_id, { order, limit: 1 });
      const seen = idsOf(page);
      while (page.hasNextPage()) {
        page = await page.getNextPage();
        seen.push(...idsOf(page));
      }
      expect(seen).toEqual(wanted);
      expect(r.answers.at(-1)?.path).toContain(`after=${wanted[1]}`);
      expect(await drained(r.beta.threads.messages.list(thread_id, { order, limit: 2 }))).toEqual(wanted);
    }
  });

  it('goes on after what was just deleted, while a program iterates and deletes', async () => {
    const r = rig({ major });
    const { id: thread_id } = await r.beta.threads.create({
      messages: Array.from({ length: 7 }, (_, at) => ({ role: 'user' as const, content: `m${at}` })),
    });
    const all = await drained(r.beta.threads.messages.list(thread_id));
    const seen: string[] = [];
    for await (const { id } of r.beta.threads.messages.list(thread_id, { limit: 2 })) {
      seen.push(id);
      await r.beta.threads.messages.delete(id, { thread_id });
    }
    expect(seen).toEqual(all);
    expect(await drained(r.beta.threads.messages.list(thread_id))).toEqual([]);

    const assistants = [];
    for (let n = 0; n < 5; n++) assistants.push((await r.beta.assistants.create({ model: 'gpt-4o' })).id);
    const kept: string[] = [];
    for await (const { id } of r.beta.assistants.list({ limit: 2, order: 'asc' })) {
      if (assistants.indexOf(id) % 2 === 1) await r.beta.assistants.delete(id);
      else kept.push(id);
    }
    expect(kept).toEqual([assistants[0], assistants[2], assistants[4]]);
  });
});

describe('list semantics (§1.4)', () => {
  it('gives an empty list null ids', async () => {
    const r = rig();
    const { id: thread_id } = await r.beta.threads.create();
    const empty = { object: 'list', data: [], first_id: null, last_id: null, has_more: false };
    for (const path of [
      '/assistants',
      `/threads/${thread_id}/messages`,
      `/threads/${thread_id}/runs`,
      `/threads/${thread_id}/messages?run_id=run_1`,
    ]) {
      expect(await (await r.raw('GET', path)).json()).toEqual(empty);
    }
  });

  it('has a limit of 20 where none is given, on every list', async () => {
    const r = rig();
    const { id: thread_id } = await r.beta.threads.create({
      messages: Array.from({ length: 21 }, (_, at) => ({ role: 'user' as const, content: `m${at}` })),
    });
    for (let n = 0; n < 21; n++) await r.beta.assistants.create({ model: 'gpt-4o' });
    for (const path of [`/threads/${thread_id}/messages`, '/assistants']) {
      const page = (await (await r.raw('GET', path)).json()) as { data: unknown[]; has_more: boolean };
      expect([page.data.length, page.has_more]).toEqual([20, true]);
    }
  });

  it('pages runs and run steps as it pages messages', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(repeat(3, say(['a', 'b'])));
    const runs = [];
    for (let n = 0; n < 3; n++) {
      const { id } = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      runs.push(id);
    }
    expect(await drained(r.beta.threads.runs.list(thread_id, { limit: 1 }))).toEqual(runs.toReversed());
    expect(await drained(r.beta.threads.runs.list(thread_id, { limit: 2, order: 'asc' }))).toEqual(runs);
    const steps = await drained(r.beta.threads.runs.steps.list(runs[0] ?? '', { thread_id }));
    expect(steps).toHaveLength(1);
    const after = await r.beta.threads.runs.steps.list(runs[0] ?? '', { thread_id, after: steps[0] ?? '' });
    expect(after.data).toEqual([]);
  });

  it('gives with `before` the items closest to the cursor, in the requested order; with both the window between', async () => {
    const r = rig();
    const { id: thread_id } = await r.beta.threads.create({
      messages: Array.from({ length: 6 }, (_, at) => ({ role: 'user' as const, content: `m${at}` })),
    });
    const asc = await drained(r.beta.threads.messages.list(thread_id, { order: 'asc' }));
    const list = async (query: object) => {
      const page = await r.beta.threads.messages.list(thread_id, query);
      return [idsOf(page).map((id) => asc.indexOf(id)), (page as unknown as { has_more: boolean }).has_more];
    };
    expect(await list({ order: 'asc', before: asc[4], limit: 2 })).toEqual([[2, 3], true]);
    expect(await list({ order: 'asc', before: asc[2], limit: 2 })).toEqual([[0, 1], false]);
    expect(await list({ order: 'desc', before: asc[2], limit: 2 })).toEqual([[4, 3], true]);
    expect(await list({ order: 'asc', after: asc[0], before: asc[4] })).toEqual([[1, 2, 3], false]);
    expect(await list({ order: 'asc', after: asc[0], before: asc[4], limit: 2 })).toEqual([[1, 2], true]);
    expect(await list({ order: 'desc', after: asc[4], before: asc[1] })).toEqual([[3, 2], false]);
    expect(await list({ order: 'asc', before: asc[0] })).toEqual([[], false]);
  });

  it('refuses a cursor that names nothing with 404', async () => {
    const r = rig();
    const { id: thread_id } = await r.beta.threads.create({ messages: [{ role: 'user', content: 'x' }] });
    const wrong = await failure(r.beta.threads.messages.list(thread_id, { after: 'msg_nothing' }));
    expect(wrong).toMatchObject({ status: 404, message: "404 No message found with id 'msg_nothing'." });
  });

  it('lists by run_id the messages that the run has made, and no other', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('first'), say('second'));
    const first = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    await r.beta.threads.messages.create(thread_id, { role: 'assistant', content: 'by hand' });
    const second = await r.beta.threads.runs.createAndPoll(thread_id, {
      assistant_id,
      additional_messages: [{ role: 'user', content: 'more' }],
    });
    for (const [run, said] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      const { data } = await r.beta.threads.messages.list(thread_id, { run_id: run.id });
      expect(data.map(({ content, run_id }) => [content, run_id])).toEqual([
        [[{ type: 'text', text: { value: said, annotations: [] } }], run.id],
      ]);
    }
  });

  it('shows what came later when a list is read again from the same cursor', async () => {
    const r = rig();
    const { thread_id, ids } = await threeAtOnce(r);
    const query = { order: 'asc' as const, after: ids[2] ?? '' };
    expect(idsOf(await r.beta.threads.messages.list(thread_id, query))).toEqual([]);
    const { id } = await r.beta.threads.messages.create(thread_id, { role: 'user', content: 'four' });
    expect(idsOf(await r.beta.threads.messages.list(thread_id, query))).toEqual([id]);
  });

  it('keeps its place when the newest message before the cursor is deleted too', async () => {
    const r = rig();
    const { thread_id, ids } = await threeAtOnce(r);
    const [one = '', two = '', three = ''] = ids;
    await r.beta.threads.messages.delete(two, { thread_id });
    expect(idsOf(await r.beta.threads.messages.list(thread_id, { after: two }))).toEqual([one]);
    await r.beta.threads.messages.delete(three, { thread_id });
    expect(idsOf(await r.beta.threads.messages.list(thread_id, { after: two }))).toEqual([one]);
    expect(idsOf(await r.beta.threads.messages.list(thread_id, { after: one, order: 'asc' }))).toEqual([]);
  });
});

describe('include[] (§1.5)', () => {
  it('is taken in every spelling that clients send, and nothing else is a value of it', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('Hi'));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const value = encodeURIComponent('step_details.tool_calls[*].file_search.results[*].content');
    const steps = `/threads/${thread_id}/runs/${run.id}/steps`;
    for (const query of [`include[]=${value}`, `include=${value}`, `include[0]=${value}`]) {
      expect((await r.raw('GET', `${steps}?${query}`)).status).toBe(200);
    }
    const refused = await r.raw('GET', `${steps}?include[]=usage`);
    expect(refused.status).toBe(400);
  });
});
