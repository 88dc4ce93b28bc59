/** Files, from the program to the model and back: attachments, vector stores, pictures, what code interpreter makes (§1.9, §4.3, §4.4). */
import { describe, expect, it } from 'vitest';
import { callFunctions, reason, refuse, runCode, say, searchFiles, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { failure, type Rig, ready, rig } from './harness.ts';

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
const SEARCH = { type: 'file_search' as const };
const CODE = { type: 'code_interpreter' as const };

/** The request that the model got, as loosely as a test looks at it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of request
const sent = (r: Rig, at = -1): any => r.sim.responsesRequests.at(at)?.body;

async function run(r: Rig, thread_id: string, assistant_id: string) {
  const ended = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
  expect([ended.status, ended.last_error]).toEqual(['completed', null]);
  return ended;
}

describe.each(majors)('openai $major', (major) => {
  it('a file attached for search makes a store for the thread, which later files join (§1.9)', async () => {
    const r = rig({ major });
    const [one, two] = [r.sim.addFile('one.txt', '1'), r.sim.addFile('two.txt', '2')];
    const own = await r.client.vectorStores.create({ file_ids: [] });
    const { id: assistant_id } = await r.beta.assistants.create({
      model: 'gpt-4o',
      tools: [SEARCH],
      tool_resources: { file_search: { vector_store_ids: [own.id] } },
    });
    const { id: thread_id } = await r.beta.threads.create();
    const attach = (file_id: string) =>
      r.beta.threads.messages.create(thread_id, {
        role: 'user',
        content: 'Read this',
        attachments: [{ file_id, tools: [SEARCH] }],
      });
    expect((await attach(one.id)).attachments).toEqual([{ file_id: one.id, tools: [SEARCH] }]);
    const [store] =
      (await r.beta.threads.retrieve(thread_id)).tool_resources?.file_search?.vector_store_ids ?? [];
    await attach(two.id);
    const { tool_resources } = await r.beta.threads.retrieve(thread_id);
    expect(tool_resources?.file_search?.vector_store_ids).toEqual([store]);
    expect(await r.client.vectorStores.retrieve(store ?? '')).toMatchObject({
      expires_after: { anchor: 'last_active_at', days: 7 },
      file_counts: { total: 2 },
    });
    await run(r, thread_id, assistant_id);
    // The assistant's store and the thread's are both searched (§4.1).
    expect(sent(r).tools).toMatchObject([{ type: 'file_search', vector_store_ids: [own.id, store] }]);
  });

  it('helpers describe stores: the thread’s goes away after a week of rest, the assistant’s stays (§1.9)', async () => {
    const r = rig({ major });
    const file = r.sim.addFile('a.txt', 'a');
    const tool_resources = {
      file_search: { vector_stores: [{ file_ids: [file.id], metadata: { a: 'b' } }] },
    };
    const assistant = await r.beta.assistants.create({ model: 'gpt-4o', tools: [SEARCH], tool_resources });
    const thread = await r.beta.threads.create({ tool_resources });
    const storeOf = async (id: string | undefined) => r.client.vectorStores.retrieve(id ?? '');
    const expiring = await storeOf(
      (await r.beta.threads.retrieve(thread.id)).tool_resources?.file_search?.vector_store_ids?.[0],
    );
    const staying = await storeOf(assistant.tool_resources?.file_search?.vector_store_ids?.[0]);
    expect(expiring).toMatchObject({
      metadata: { a: 'b' },
      expires_after: { anchor: 'last_active_at', days: 7 },
    });
    expect(staying.metadata).toEqual({ a: 'b' });
    expect(staying.expires_after ?? null).toBe(null);
    expect(JSON.stringify([assistant, thread])).not.toContain('vector_stores"');
  });

  it('citations point into the text where their markers stand, and the markers do not go back to the model (§4.4)', async () => {
    const r = rig({ major });
    const [a, b] = [r.sim.addFile('a.txt', 'a'), r.sim.addFile('b.txt', 'b')];
    const { assistant_id, thread_id } = await ready(r, {
      tools: [SEARCH],
      tool_resources: { file_search: { vector_stores: [{ file_ids: [a.id, b.id] }] } },
    });
    const results = [a, b].map(({ id, filename }) => ({ file_id: id, filename, text: filename }));
    const cite = (at: number, { id, filename }: typeof a) => ({ at, file_id: id, filename });
    r.sim.script(
      turn(
        searchFiles({ queries: ['x'], results }),
        say('First this, then that.', { citations: [cite(10, a), cite(21, b)] }),
      ),
      say('More.'),
    );
    await run(r, thread_id, assistant_id);
    const [message] = (await r.beta.threads.messages.list(thread_id)).data;
    const part = message?.content[0];
    if (part?.type !== 'text') throw new Error('no text');
    const { value, annotations } = part.text;
    expect(value).toBe('First this【4:0†a.txt】, then that【4:1†b.txt】.');
    for (const annotation of annotations) {
      expect(value.slice(annotation.start_index, annotation.end_index)).toBe(annotation.text);
    }
    expect(annotations.map((one) => one.type === 'file_citation' && one.file_citation.file_id)).toEqual([
      a.id,
      b.id,
    ]);

    await run(r, thread_id, assistant_id);
    expect(JSON.stringify(sent(r).input)).toContain('First this, then that.');
    expect(JSON.stringify(sent(r).input)).not.toContain('【');
  });

  it('a file for code interpreter is in the thread’s container; what the code makes has an id that stays (§4.4)', async () => {
    const r = rig({ major });
    const data = r.sim.addFile('data.csv', 'a,b\n');
    const { assistant_id, thread_id } = await ready(r, { tools: [CODE] });
    await r.beta.threads.messages.create(thread_id, {
      role: 'user',
      content: 'Sum it',
      attachments: [{ file_id: data.id, tools: [CODE] }],
    });
    r.sim.script(
      turn(
        runCode({
          code: 'save()',
          logs: 'ok\n',
          files: [{ path: 'sum.csv', content: 'sum\n3\n' }],
          images: [PNG],
        }),
        say('See [sum](sandbox:/mnt/data/sum.csv).'),
      ),
    );
    const { id: run_id } = await run(r, thread_id, assistant_id);
    const [{ container }] = sent(r).tools;
    expect(container).toMatch(/^cntr_/);
    expect(
      r.sim.requests.filter(({ path }) => path === `/containers/${container}/files`).map(({ body }) => body),
    ).toEqual([{ file_id: data.id }]);
    expect((await r.beta.threads.retrieve(thread_id)).tool_resources?.code_interpreter?.file_ids).toEqual([
      data.id,
    ]);

    const [message] = (await r.beta.threads.messages.list(thread_id, { run_id })).data;
    const part = message?.content.find(({ type }) => type === 'text');
    if (part?.type !== 'text') throw new Error('no text');
    const [path] = part.text.annotations;
    expect(path).toMatchObject({ type: 'file_path', text: 'sandbox:/mnt/data/sum.csv' });
    const id = path?.type === 'file_path' ? path.file_path.file_id : '';
    r.sim.expireContainers();
    expect(await r.client.files.retrieve(id)).toMatchObject({
      id,
      object: 'file',
      filename: 'sum.csv',
      purpose: 'assistants_output',
      bytes: 6,
    });
    expect(await (await r.client.files.content(id)).text()).toBe('sum\n3\n');

    const steps = await r.beta.threads.runs.steps.list(run_id, { thread_id, order: 'asc' });
    const [step] = steps.data;
    if (step?.step_details.type !== 'tool_calls') throw new Error('no tool calls');
    const [call] = step.step_details.tool_calls;
    if (call?.type !== 'code_interpreter') throw new Error('no code');
    const image = call.code_interpreter.outputs.find(({ type }) => type === 'image');
    const picture = image?.type === 'image' ? image.image.file_id : '';
    expect(new Uint8Array(await (await r.client.files.content(picture)).arrayBuffer())).toEqual(PNG);

    await r.beta.threads.delete(thread_id);
    expect((await failure(r.client.files.retrieve(id))).status).toBe(404);
  });

  it('pictures go to the model as parts, and come back as parts (§4.3, §4.4)', async () => {
    const r = rig({ major });
    const file = r.sim.addFile('cat.png', PNG, 'vision');
    const { assistant_id } = await ready(r, { tools: [CODE] });
    const { id: thread_id } = await r.beta.threads.create({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
            { type: 'image_file', image_file: { file_id: file.id } },
          ],
        },
      ],
    });
    const [asked] = (await r.beta.threads.messages.list(thread_id)).data;
    expect(asked?.content).toEqual([
      { type: 'text', text: { value: 'Compare', annotations: [] } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'image_file', image_file: { file_id: file.id, detail: 'auto' } },
    ]);
    r.sim.script(
      turn(
        runCode({ code: 'plot()', files: [{ path: 'plot.png', content: PNG }] }),
        say('Here.', { files: [{ path: 'plot.png', at: 'end' }] }),
      ),
    );
    const { id: run_id } = await run(r, thread_id, assistant_id);
    expect(sent(r).input[0].content).toEqual([
      { type: 'input_text', text: 'Compare' },
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
      { type: 'input_image', file_id: file.id, detail: 'auto' },
    ]);
    const [answer] = (await r.beta.threads.messages.list(thread_id, { run_id })).data;
    const picture = answer?.content.find(({ type }) => type === 'image_file');
    const id = picture?.type === 'image_file' ? picture.image_file.file_id : '';
    expect(new Uint8Array(await (await r.client.files.content(id)).arrayBuffer())).toEqual(PNG);
  });

  it('a refusal comes back as a refusal, and is shown to the model as one (§4.3)', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(refuse('I will not.'), say('Fine.'));
    await run(r, thread_id, assistant_id);
    await run(r, thread_id, assistant_id);
    expect(sent(r).input[1]).toMatchObject({
      role: 'assistant',
      content: [{ type: 'refusal', refusal: 'I will not.' }],
    });
  });
});

describe('what the model thinks (§4.4)', () => {
  it('is not shown, and goes back with its calls inside the run only', async () => {
    const r = rig();
    const tools = [{ type: 'function' as const, function: { name: 'look' } }];
    const { assistant_id, thread_id } = await ready(r, { model: 'o3', tools, reasoning_effort: 'low' });
    r.sim.script(
      turn(reason('Let me look'), callFunctions({ name: 'look', call_id: 'call_1' })),
      say('Seen.'),
      say('Later.'),
    );
    const waiting = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(waiting).toMatchObject({ status: 'requires_action', reasoning_effort: 'low' });
    expect(sent(r)).toMatchObject({
      reasoning: { effort: 'low' },
      include: expect.arrayContaining(['reasoning.encrypted_content']),
    });
    expect(sent(r).temperature).toBeUndefined();
    const ended = await r.beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_1', output: 'it' }],
    });
    expect(ended.status).toBe('completed');
    const types = (at: number) => sent(r, at).input.map(({ type }: { type?: string }) => type ?? 'message');
    expect(types(1)).toEqual(['message', 'reasoning', 'function_call', 'function_call_output']);
    const steps = await r.beta.threads.runs.steps.list(ended.id, { thread_id, order: 'asc' });
    expect(steps.data.map(({ type }) => type)).toEqual(['tool_calls', 'message_creation']);

    await run(r, thread_id, assistant_id);
    expect(types(2)).toEqual(['message', 'message']);
  });
});
