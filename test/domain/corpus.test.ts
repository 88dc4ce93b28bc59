/** What the domain has stored in each released format is there for ever, through the SDK (§1.7): read, carried on, deleted. */
import { readdirSync, readFileSync } from 'node:fs';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, it } from 'vitest';
import { say } from '../../src/simulator/index.ts';
import { majors, newest } from '../surface/clients.ts';
import { failure, type Rig, rig } from '../surface/harness.ts';

interface Corpus {
  ids: {
    assistant: string;
    file: string;
    deleted: string;
    full: { thread: string; run: string };
    waiting: { thread: string; run: string };
    ended: { thread: string; failed: string; incomplete: string; cancelled: string };
    orphan: { thread: string; run: string };
  };
  stored: [key: string, value: unknown][];
}

const fixtures = new URL('../../fixtures/store/', import.meta.url);
const formats = readdirSync(fixtures).filter((name) => /^v\d+$/.test(name));

let corpus: Corpus;

function open(format: string, major = newest): Rig {
  corpus = JSON.parse(readFileSync(new URL(`${format}/domain.json`, fixtures), 'utf8'));
  const entries = new Map(corpus.stored.map(([key, value]) => [`rethread/${key}`, JSON.stringify(value)]));
  const json = { serialize: JSON.stringify, deserialize: JSON.parse };
  return rig({ major, options: { store: new Keyv({ store: entries, useKeyPrefix: false, ...json }) } });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of request
const sent = (r: Rig): any => r.sim.responsesRequests.at(-1)?.body;
const texts = (messages: { content: unknown }[]) =>
  messages.map(({ content }) => (content as { text?: { value: string } }[])[0]?.text?.value);

afterEach(() => {
  expect(corpus.stored.length).toBeGreaterThan(40);
});

describe.each(formats)('the domain of format %s', (format) => {
  it.each(majors)('is read by openai $major as it was written', async (major) => {
    const r = open(format, major);
    const { ids } = corpus;
    const assistants = await r.beta.assistants.list({ order: 'asc' });
    expect(assistants.data.map(({ id }) => id)).toEqual(['asst_Declared', ids.assistant]);
    expect(assistants.data[1]).toMatchObject({
      name: 'Ünïcödé 👩‍👩‍👧‍👦',
      model: 'o3',
      reasoning_effort: 'low',
      metadata: { kept: 'for ever' },
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks', strict: false } },
        { type: 'code_interpreter' },
        { type: 'file_search', file_search: { max_num_results: 7 } },
      ],
    });
    const threads = [ids.full, ids.waiting, ids.ended, ids.orphan].map(({ thread }) => thread);
    const listed = (await (await r.raw('GET', '/threads?order=asc')).json()) as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual(threads);

    const { thread, run } = ids.full;
    expect(await r.beta.threads.retrieve(thread)).toMatchObject({
      metadata: { thread: 'full' },
      tool_resources: { code_interpreter: { file_ids: [ids.file] } },
    });
    const { data: messages } = await r.beta.threads.messages.list(thread, { order: 'asc' });
    expect(texts(messages)).toEqual([
      'What is on these pictures?',
      'Bikes.',
      'Count them.',
      'They are counted【4:0†facts.txt】. See [sum](sandbox:/mnt/data/sum.csv).',
    ]);
    expect(messages[0]).toMatchObject({
      content: [
        { type: 'text' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      ],
      attachments: [{ file_id: ids.file, tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] }],
      metadata: { message: 'first' },
    });
    // The deleted one keeps its place as a cursor (§1.4).
    const after = await r.beta.threads.messages.list(thread, { order: 'asc', after: ids.deleted });
    expect(texts(after.data)[0]).toBe('Count them.');
    const [answer] = (await r.beta.threads.messages.list(thread, { run_id: run })).data;
    const part = answer?.content[0];
    if (part?.type !== 'text') throw new Error('no text');
    for (const { text, start_index, end_index } of part.text.annotations) {
      expect(part.text.value.slice(start_index, end_index)).toBe(text);
    }
    const made = part.text.annotations.find(({ type }) => type === 'file_path');
    const made_id = made?.type === 'file_path' ? made.file_path.file_id : '';
    expect(await (await r.client.files.content(made_id)).text()).toBe('sum\n3\n');
    expect(await r.client.files.retrieve(made_id)).toMatchObject({ filename: 'sum.csv', bytes: 6 });

    expect(await r.beta.threads.runs.retrieve(run, { thread_id: thread })).toMatchObject({
      status: 'completed',
      instructions: 'Look, search and compute.\nBe exact.',
      metadata: { run: 'completed' },
      usage: { total_tokens: expect.any(Number) },
    });
    const { data: steps } = await r.beta.threads.runs.steps.list(run, { thread_id: thread, order: 'asc' });
    expect(
      steps.map(({ status, step_details: details }) => [
        status,
        details.type === 'tool_calls' ? details.tool_calls[0]?.type : details.type,
      ]),
    ).toEqual([
      ['completed', 'file_search'],
      ['completed', 'code_interpreter'],
      ['completed', 'message_creation'],
    ]);
    const ended = await r.beta.threads.runs.list(ids.ended.thread, { order: 'asc' });
    expect(ended.data.map(({ id, status }) => [id, status])).toEqual([
      [ids.ended.failed, 'failed'],
      [ids.ended.incomplete, 'incomplete'],
      [ids.ended.cancelled, 'cancelled'],
    ]);
    expect(ended.data[0]?.last_error).toEqual({ code: 'server_error', message: 'Broke off.' });
    expect(ended.data[1]?.incomplete_details).toEqual({ reason: 'max_completion_tokens' });
  });

  it('a run that waits for outputs takes them, and what it did before is told to the model (§4.3)', async () => {
    const r = open(format);
    const { thread: thread_id, run: run_id } = corpus.ids.waiting;
    const waiting = await r.beta.threads.runs.retrieve(run_id, { thread_id });
    expect(waiting.required_action?.submit_tool_outputs.tool_calls).toEqual([
      { id: 'call_2', type: 'function', function: { name: 'look', arguments: '{"at":"two"}' } },
    ]);
    r.sim.script(say('Two bikes.'));
    const ended = await r.beta.threads.runs.submitToolOutputsAndPoll(run_id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_2', output: 'another' }],
    });
    expect([ended.status, ended.last_error]).toEqual(['completed', null]);
    expect(
      sent(r).input.map(
        ({ type, output }: { type?: string; output?: string }) => output ?? type ?? 'message',
      ),
    ).toEqual([
      'message',
      'reasoning',
      'function_call',
      'a bike',
      'reasoning',
      'message',
      'function_call',
      'another',
    ]);
    const { data } = await r.beta.threads.messages.list(thread_id, { order: 'asc' });
    expect(texts(data)).toEqual(['Look twice', 'Once more.', 'Two bikes.']);
  });

  it('a run that was cut off is carried out from the beginning, without a double', async () => {
    const r = open(format);
    const { thread: thread_id, run: run_id } = corpus.ids.orphan;
    r.sim.script(say('Whole.'));
    expect((await r.beta.threads.runs.poll(run_id, { thread_id })).status).toBe('completed');
    const { data } = await r.beta.threads.messages.list(thread_id, { order: 'asc' });
    expect(texts(data)).toEqual(['Go on', 'Whole.']);
  });

  it('threads go on: messages are added, changed and deleted, runs see what was said', async () => {
    const r = open(format);
    const { thread: thread_id } = corpus.ids.full;
    const { id } = await r.beta.threads.messages.create(thread_id, { role: 'user', content: 'And now?' });
    const [first] = (await r.beta.threads.messages.list(thread_id, { order: 'asc', limit: 1 })).data;
    await r.beta.threads.messages.update(first?.id ?? '', { thread_id, metadata: { new: 'yes' } });
    r.sim.script(say('Now this.'));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, {
      assistant_id: corpus.ids.assistant,
      tools: [],
    });
    expect([run.status, run.last_error]).toEqual(['completed', null]);
    expect(JSON.stringify(sent(r).input)).toContain('They are counted.');
    await r.beta.threads.messages.delete(id, { thread_id });
    const { data } = await r.beta.threads.messages.list(thread_id, { order: 'asc' });
    expect([data[0]?.metadata, texts(data).at(-1), data.length]).toEqual([{ new: 'yes' }, 'Now this.', 5]);
  });

  it('can be deleted, with the files that runs made', async () => {
    const r = open(format);
    const { ids } = corpus;
    const fileKey = corpus.stored.map(([key]) => /file\/(file-rt\w+)$/.exec(key)?.[1]).find((id) => id);
    for (const { thread } of [ids.full, ids.waiting, ids.ended, ids.orphan]) {
      expect((await r.beta.threads.delete(thread)).deleted).toBe(true);
    }
    await r.beta.assistants.delete(ids.assistant);
    expect((await failure(r.client.files.retrieve(fileKey ?? ''))).status).toBe(404);
    expect(await (await r.raw('GET', '/threads')).json()).toMatchObject({ data: [] });
  });
});
