import { describe, expect, it } from 'vitest';
import { createSimulator, runCode, type Simulator } from '../../src/simulator/index.ts';
import { call, connect, type Major, refused } from './connect.ts';

const majors: Major[] = ['openai4', 'openai7'];

describe.each(majors)('Files through %s', (major) => {
  it('are uploaded, retrieved, listed by purpose and deleted', async () => {
    const client = await connect(createSimulator(), { major });
    const file = await client.files.create({ file: new File(['{}'], 'batch.jsonl'), purpose: 'batch' });
    await client.files.create({ file: new File(['x'], 'other.txt'), purpose: 'assistants' });
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect((await client.files.list({ purpose: 'batch' })).data.map(({ id }) => id)).toEqual([file.id]);
    expect(await (await client.files.content(file.id)).text()).toBe('{}');
    const remove = 'del' in client.files ? 'del' : 'delete';
    const files = client.files as unknown as Record<string, (id: string) => Promise<unknown>>;
    expect(await files[remove]?.(file.id)).toEqual({ object: 'file', id: file.id, deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({
      status: 404,
      message: `404 No such File object: ${file.id}`,
    });
  });
});

describe('Files', () => {
  it('of purpose assistants cannot be downloaded', async () => {
    const sim = createSimulator();
    const { id } = sim.addFile('a.txt', 'x');
    const response = await call(sim, 'GET', `/files/${id}/content`);
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toBe(
      'Not allowed to download files of purpose: assistants',
    );
  });

  it.each([
    ['no purpose', { file: new File(['x'], 'a.txt') }, "Missing required parameter: 'purpose'."],
    ['no file', { purpose: 'assistants' }, "Missing required parameter: 'file'."],
    [
      'a purpose that is none',
      { file: new File(['x'], 'a.txt'), purpose: 'fun' },
      "Invalid value: 'fun'. Supported values are: 'assistants', 'batch', 'fine-tune', 'vision', 'user_data', and 'evals'.",
    ],
    [
      'an unknown field',
      { file: new File(['x'], 'a.txt'), purpose: 'vision', name: 'x' },
      "Unknown parameter: 'name'.",
    ],
  ])('with %s are refused', async (_, fields, message) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value as string);
    const response = await createSimulator().fetch('http://simulator.test/v1/files', {
      method: 'POST',
      headers: { authorization: 'Bearer sk-sim' },
      body: form,
    });
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toBe(message);
  });
});

it('A form that is none is refused', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const response = await call(createSimulator(), 'POST', '/files', 'no form at all', headers);
  expect(response.status).toBe(400);
  expect((await response.json()).error.message).toBe(
    "Invalid Content-Type header. Expected 'multipart/form-data'.",
  );
});

describe('Lists (§1.4)', () => {
  async function withStores(
    count: number,
  ): Promise<{ sim: Simulator; names: (query: string) => Promise<string[]> }> {
    const sim = createSimulator();
    for (let index = 0; index < count; index += 1)
      await call(sim, 'POST', '/vector_stores', { name: `s${index}` });
    const names = async (query: string) => {
      const page = await (await call(sim, 'GET', `/vector_stores?${query}`)).json();
      return page.data.map(({ name }: { name: string }) => name);
    };
    return { sim, names };
  }

  it('are newest first, or oldest first when asked', async () => {
    const { names } = await withStores(3);
    expect(await names('')).toEqual(['s2', 's1', 's0']);
    expect(await names('order=asc')).toEqual(['s0', 's1', 's2']);
  });

  it('come in pages, which the SDK follows', async () => {
    const { sim, names } = await withStores(5);
    const client = await connect(sim);
    const all = [];
    for await (const store of client.vectorStores.list({ limit: 2 })) all.push(store.name);
    expect(all).toEqual(['s4', 's3', 's2', 's1', 's0']);
    const page = await (await call(sim, 'GET', '/vector_stores?limit=2&order=asc')).json();
    expect(page).toMatchObject({
      object: 'list',
      has_more: true,
      first_id: page.data[0].id,
      last_id: page.data[1].id,
    });
    const before = page.data[1].id;
    expect(await names(`order=asc&before=${before}`)).toEqual(['s0']);
  });

  it('that are empty have no ids', async () => {
    const page = await (await call(createSimulator(), 'GET', '/vector_stores')).json();
    expect(page).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  it.each([
    ['limit=0', "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead."],
    [
      'limit=101',
      "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
    ],
    ['order=up', "Invalid value: 'up'. Supported values are: 'asc' and 'desc'."],
  ])('with %s are refused (§2.9 #20)', async (query, message) => {
    const response = await call(createSimulator(), 'GET', `/vector_stores?${query}`);
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toBe(message);
  });
});

describe.each(majors)('Vector stores through %s', (major) => {
  it('index a batch of files and are searched', async () => {
    const sim = createSimulator();
    const client = await connect(sim, { major });
    const store = await client.vectorStores.create({ name: 'Docs', metadata: { a: 'b' } });
    expect(store).toMatchObject({ object: 'vector_store', status: 'completed', metadata: { a: 'b' } });
    expect(store.id).toMatch(/^vs_[0-9a-f]{32}$/);
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, {
      files: [new File(['Cats sleep all day.'], 'cats.md'), new File(['Dogs like long walks.'], 'dogs.md')],
    });
    expect(batch).toMatchObject({ object: 'vector_store.files_batch', status: 'completed' });
    expect(batch.file_counts).toEqual({ in_progress: 0, completed: 2, failed: 0, cancelled: 0, total: 2 });
    const listed = await client.vectorStores.files.list(store.id);
    expect(listed.data.map(({ status }) => status)).toEqual(['completed', 'completed']);
    const response = await client.responses.create({
      model: 'gpt-4o',
      input: 'What do dogs like?',
      tools: [{ type: 'file_search', vector_store_ids: [store.id] }],
    });
    expect(response.output_text).toBe('According to dogs.md: Dogs like long walks.');
  });
});

describe('Vector stores', () => {
  async function indexed(options: Parameters<typeof createSimulator>[0] = {}) {
    const sim = createSimulator(options);
    const client = await connect(sim);
    const { id: file_id } = sim.addFile('cats.md', 'Cats sleep all day.');
    const store = await client.vectorStores.create({});
    const file = await client.vectorStores.files.create(store.id, { file_id });
    const found = async () => {
      const response = await call(sim, 'POST', '/responses', {
        model: 'gpt-4o',
        input: 'What do cats do?',
        tools: [{ type: 'file_search', vector_store_ids: [store.id] }],
        tool_choice: { type: 'file_search' },
        include: ['file_search_call.results'],
      });
      return (await response.json()).output[0].results.length;
    };
    return { sim, client, store, file, file_id, found };
  }

  it('are in progress for as many polls as they are told, and find nothing until then', async () => {
    const { client, store, file, file_id, found } = await indexed({ indexing: { polls: 2 } });
    expect(file.status).toBe('in_progress');
    expect(await found()).toBe(0);
    expect((await client.vectorStores.retrieve(store.id)).status).toBe('in_progress');
    expect((await client.vectorStores.files.retrieve(file_id, { vector_store_id: store.id })).status).toBe(
      'in_progress',
    );
    expect(await client.vectorStores.retrieve(store.id)).toMatchObject({
      status: 'completed',
      file_counts: { completed: 1 },
      usage_bytes: 19,
    });
    expect(await found()).toBe(1);
  });

  it('are in progress for as long as they are told', async () => {
    const { sim, client, store } = await indexed({ indexing: { ms: 3_600_000 } });
    expect((await client.vectorStores.retrieve(store.id)).status).toBe('in_progress');
    sim.advance(3_600_000);
    expect((await client.vectorStores.retrieve(store.id)).status).toBe('completed');
  });

  it('refuse files that cannot be read, a batch reports them (§2.9 #21)', async () => {
    const { sim, client, store } = await indexed();
    const { id: file_id } = sim.addFile('table.csv', 'a,b');
    const message =
      'Files with extensions [.csv] are not supported for retrieval. See https://platform.openai.com/docs/assistants/tools/file-search/supported-files';
    await expect(client.vectorStores.files.create(store.id, { file_id })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_file',
      message: `400 ${message}`,
    });
    const batch = await client.vectorStores.fileBatches.createAndPoll(store.id, { file_ids: [file_id] });
    expect(batch).toMatchObject({ status: 'completed', file_counts: { failed: 1 } });
    const file = await client.vectorStores.files.retrieve(file_id, { vector_store_id: store.id });
    expect(file).toMatchObject({ status: 'failed', last_error: { code: 'unsupported_file', message } });
  });

  it('are changed, emptied and deleted', async () => {
    const { client, store, file_id, found } = await indexed();
    expect(
      await client.vectorStores.update(store.id, {
        name: 'New',
        expires_after: { anchor: 'last_active_at', days: 7 },
      }),
    ).toMatchObject({ name: 'New', expires_after: { anchor: 'last_active_at', days: 7 } });
    await client.vectorStores.files.delete(file_id, { vector_store_id: store.id });
    expect(await found()).toBe(0);
    expect(await client.vectorStores.delete(store.id)).toEqual({
      id: store.id,
      object: 'vector_store.deleted',
      deleted: true,
    });
    await expect(client.vectorStores.retrieve(store.id)).rejects.toMatchObject({ status: 404 });
  });

  it('expire after days without use, or at once, and then refuse to be searched (§1.9)', async () => {
    const { sim, client, store } = await indexed();
    const body = {
      model: 'gpt-4o',
      input: 'Hi',
      tools: [{ type: 'file_search', vector_store_ids: [store.id] }],
    };
    await client.vectorStores.update(store.id, { expires_after: { anchor: 'last_active_at', days: 7 } });
    sim.advance(6 * 86_400_000);
    expect((await call(sim, 'POST', '/responses', body)).status).toBe(200);
    sim.advance(6 * 86_400_000);
    expect((await client.vectorStores.retrieve(store.id)).status).toBe('completed');
    sim.advance(2 * 86_400_000);
    expect((await client.vectorStores.retrieve(store.id)).status).toBe('expired');
    expect(await refused(body, sim)).toMatchObject({
      status: 400,
      message: `Vector store with id '${store.id}' is expired.`,
    });
    const other = await client.vectorStores.create({});
    sim.expireVectorStores();
    expect((await client.vectorStores.retrieve(other.id)).status).toBe('expired');
  });

  it.each([
    ['a file that is not there', { file_ids: ['file-none'] }, 404, 'No such File object: file-none'],
    ['an unknown parameter', { files: [] }, 400, "Unknown parameter: 'files'."],
    [
      'a chunk size below 100 (§1.6)',
      {
        chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 50, chunk_overlap_tokens: 0 } },
      },
      400,
      "Invalid 'chunking_strategy.static.max_chunk_size_tokens': integer below minimum value. Expected a value >= 100, but got 50 instead.",
    ],
  ])('with %s are refused', async (_, body, status, message) => {
    const response = await call(createSimulator(), 'POST', '/vector_stores', body);
    expect(response.status).toBe(status);
    expect((await response.json()).error.message).toBe(message);
  });
});

describe.each(majors)('Containers through %s', (major) => {
  it('hold the files they are given under /mnt/data/<file-id>-<name> (§4.4)', async () => {
    const sim = createSimulator();
    const client = await connect(sim, { major });
    const file = sim.addFile('data.csv', 'a,b');
    // Version 4 has containers only in its late releases.
    const container = await client.containers.create({ name: 'thread', file_ids: [file.id] });
    expect(container).toMatchObject({ object: 'container', status: 'running', name: 'thread' });
    expect(container.id).toMatch(/^cntr_[0-9a-f]{48}$/);
    const second = sim.addFile('more.csv', 'c,d');
    await client.containers.files.create(container.id, { file_id: second.id });
    await client.containers.files.create(container.id, { file: new File(['x'], 'raw.txt') });
    const files = [];
    for await (const each of client.containers.files.list(container.id, { order: 'asc' })) files.push(each);
    expect(files.map(({ path }) => path)).toEqual([
      `/mnt/data/${file.id}-data.csv`,
      `/mnt/data/${second.id}-more.csv`,
      '/mnt/data/raw.txt',
    ]);
    for (const each of files) expect(each).toMatchObject({ object: 'container.file', source: 'user' });
    expect(files[0]?.id).toMatch(/^cfile_[0-9a-f]{32}$/);
  });
});

describe('Containers', () => {
  async function withContainer() {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.containers.create({ name: 'thread' });
    const tools = [{ type: 'code_interpreter' as const, container: id }];
    return { sim, client, id, tools, body: { model: 'gpt-4o', input: 'Hi', tools } };
  }

  it('get the files that code makes', async () => {
    const { sim, client, id, body } = await withContainer();
    sim.script(runCode({ code: '', files: [{ path: 'x.csv', content: '1,2' }] }));
    const response = await client.responses.create(body);
    expect(response.output[0]).toMatchObject({ container_id: id });
    const { data } = await client.containers.files.list(id);
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ path: '/mnt/data/x.csv', bytes: 3, source: 'assistant' });
    const content = await call(sim, 'GET', `/containers/${id}/files/${data[0]?.id}/content`);
    expect(await content.text()).toBe('1,2');
  });

  it('are made for container auto, with its files, one for all code of a response', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id: file } = sim.addFile('in.csv', '1');
    const tools = [
      { type: 'code_interpreter' as const, container: { type: 'auto' as const, file_ids: [file] } },
    ];
    const { output } = await client.responses.create({ model: 'gpt-4o', input: 'calculate 1 + 1', tools });
    const code = output.find((item) => item.type === 'code_interpreter_call');
    expect(code?.container_id).toMatch(/^cntr_/);
    const { data } = await client.containers.files.list(code?.container_id ?? '');
    expect(data.map(({ path }) => path)).toEqual([`/mnt/data/${file}-in.csv`]);
  });

  it('expire after 20 minutes without use, and are refused from then on (§4.3)', async () => {
    const { sim, client, id, body } = await withContainer();
    sim.advance(19 * 60_000);
    await client.responses.create(body);
    sim.advance(19 * 60_000);
    expect((await client.containers.retrieve(id)).status).toBe('running');
    sim.advance(2 * 60_000);
    expect((await client.containers.retrieve(id)).status).toBe('expired');
    expect(await refused(body, sim)).toMatchObject({ status: 400, message: 'Container is expired.' });
  });

  it('expire at once by the test hook', async () => {
    const { sim, id, body } = await withContainer();
    sim.expireContainers();
    expect(await refused(body, sim)).toMatchObject({ status: 400, message: 'Container is expired.' });
    expect((await call(sim, 'GET', `/containers/${id}/files`)).status).toBe(400);
  });

  it('cannot live longer than 20 minutes (§4.3)', async () => {
    const response = await call(createSimulator(), 'POST', '/containers', {
      name: 'x',
      expires_after: { anchor: 'last_active_at', minutes: 60 },
    });
    expect(response.status).toBe(400);
    expect((await response.json()).error).toEqual({
      message:
        "Invalid 'expires_after.minutes': integer above maximum value. Expected a value <= 20, but got 60 instead.",
      type: 'invalid_request_error',
      param: 'expires_after.minutes',
      code: 'integer_above_max_value',
    });
  });

  it('are deleted, and then not found', async () => {
    const { sim, client, id } = await withContainer();
    await client.containers.delete(id);
    const response = await call(sim, 'GET', `/containers/${id}`);
    expect(response.status).toBe(404);
    expect((await response.json()).error.message).toBe(`Container with id '${id}' not found.`);
  });
});
