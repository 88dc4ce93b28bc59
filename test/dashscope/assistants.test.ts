/** /assistants in DashScope's dialect (docs/contracts/dashscope.md §A.2 to §A.4). */
import { describe, expect, it } from 'vitest';
import { rig } from './rig.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

describe('an assistant (§A.4)', () => {
  it('is made from the Python SDK’s minimal body, and shown with what is unset in DashScope’s ways', async () => {
    const { ok } = rig();
    const before = Date.now();
    const assistant = await ok('POST', '/assistants', '{"model":"qwen-max","file_ids":[],"metadata":null}');
    expect(Object.keys(assistant)).toEqual([
      ...['id', 'object', 'created_at', 'model', 'name', 'description', 'instructions', 'tools', 'file_ids'],
      ...['metadata', 'temperature', 'top_p', 'top_k', 'max_tokens', 'request_id'],
    ]);
    expect(assistant).toEqual({
      id: expect.stringMatching(`^asst_${UUID}$`),
      object: 'assistant',
      created_at: expect.any(Number),
      model: 'qwen-max',
      name: '',
      description: '',
      instructions: '',
      tools: [],
      file_ids: [],
      metadata: {},
      temperature: null,
      top_p: null,
      top_k: null,
      max_tokens: null,
      request_id: expect.stringMatching(`^${UUID}$`),
    });
    // 13 digits (§A.3), to the second.
    expect(String(assistant.created_at)).toMatch(/^\d{10}000$/);
    expect(assistant.created_at).toBeGreaterThan(before - 2000);
    expect(assistant.created_at).toBeLessThanOrEqual(Date.now());
  });

  it('echoes what was said, tools included, as it was said', async () => {
    const { ok } = rig();
    const said = {
      model: 'qwen-plus',
      name: 'helper',
      description: 'helps',
      instructions: '仔细回答',
      tools: [
        { type: 'code_interpreter' },
        { type: 'quark_search', description: 'searches' },
        { type: 'search' },
        { type: 'wanx' },
        { type: 'calculator' },
        { type: 'generate_qrcode' },
        { type: 'github_search' },
        {
          type: 'function',
          function: { name: 'big_add', description: 'adds', parameters: { type: 'object' } },
        },
        { type: 'rag', prompt_ra: { pipeline_id: ['p1'], rerank_top_n: 5 } },
        { type: 'my_plugin', auth: { type: 'user_http', user_token: 'token' } },
      ],
      file_ids: ['file-1', 'file-2'],
      metadata: { a: 'b' },
      temperature: 1,
      top_p: 0.8,
      top_k: 50,
      max_tokens: 100,
    };
    const made = await ok('POST', '/assistants', said);
    expect(made).toMatchObject(said);
    expect(made.tools).toEqual(said.tools);
    expect(await ok('GET', `/assistants/${made.id}`)).toMatchObject(said);
  });

  it('keeps numbers and booleans of metadata as texts, and refuses what is deeper (§A.3)', async () => {
    const { ok, call } = rig();
    const { metadata } = await ok('POST', '/assistants', { model: 'm', metadata: { n: 1, b: true, s: 'x' } });
    expect(metadata).toEqual({ n: '1', b: 'true', s: 'x' });
    const refused = await call('POST', '/assistants', { model: 'm', metadata: { deep: {} } });
    expect([refused.status, refused.body.code]).toEqual([400, 'InvalidParameter']);
  });

  it('an update without file_ids, tools and metadata, as Python sends it, leaves them', async () => {
    const { ok } = rig();
    const { id } = await ok('POST', '/assistants', {
      model: 'qwen-max',
      tools: [{ type: 'calculator' }],
      file_ids: ['file-1'],
      metadata: { a: 'b' },
      top_k: 3,
    });
    const updated = await ok('POST', `/assistants/${id}`, '{"name":"new","file_ids":[],"metadata":null}');
    expect(updated).toMatchObject({
      model: 'qwen-max',
      name: 'new',
      tools: [{ type: 'calculator' }],
      file_ids: ['file-1'],
      metadata: { a: 'b' },
      top_k: 3,
    });
  });

  it('an update with tools [] clears them', async () => {
    const { ok } = rig();
    const { id } = await ok('POST', '/assistants', { model: 'qwen-max', tools: [{ type: 'calculator' }] });
    expect(
      (await ok('POST', `/assistants/${id}`, { tools: [], file_ids: [], metadata: null })).tools,
    ).toEqual([]);
    expect((await ok('GET', `/assistants/${id}`)).tools).toEqual([]);
  });

  it('an update changes each field that is sent', async () => {
    const { ok } = rig();
    const { id } = await ok('POST', '/assistants', { model: 'qwen-max' });
    const changes = {
      model: 'qwen-plus',
      name: 'n',
      description: 'd',
      instructions: 'i',
      tools: [{ type: 'quark_search' }],
      file_ids: ['file-9'],
      metadata: { k: 'v' },
      temperature: 0.3,
      top_p: 0.5,
      top_k: 7,
      max_tokens: 20,
    };
    expect(await ok('POST', `/assistants/${id}`, changes)).toMatchObject(changes);
  });

  it('is deleted, and then not found', async () => {
    const { ok, call } = rig();
    const { id } = await ok('POST', '/assistants', { model: 'qwen-max' });
    const deleted = await ok('DELETE', `/assistants/${id}`);
    expect(deleted).toEqual({
      id,
      object: 'assistant.deleted',
      deleted: true,
      request_id: expect.stringMatching(`^${UUID}$`),
    });
    const gone = await call('GET', `/assistants/${id}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'NotFound']);
  });
});

describe('the list of assistants (§A.3)', () => {
  async function five() {
    const made = rig();
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) ids.push((await made.ok('POST', '/assistants', { model: 'm' })).id);
    return { ...made, ids };
  }

  it('comes newest first in one envelope, whose items have no request_id', async () => {
    const { ok, ids } = await five();
    const list = await ok('GET', '/assistants');
    expect(Object.keys(list)).toEqual(['object', 'data', 'first_id', 'last_id', 'has_more', 'request_id']);
    expect(list).toMatchObject({ object: 'list', first_id: ids[4], last_id: ids[0], has_more: false });
    expect(list.data.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
    expect(list.data.some((item: object) => 'request_id' in item)).toBe(false);
  });

  it('is paged by limit, order, after and before', async () => {
    const { ok, ids } = await five();
    const page = async (query: string) => {
      const list = await ok('GET', `/assistants?${query}`);
      return [list.data.map(({ id }: { id: string }) => ids.indexOf(id)), list.has_more];
    };
    expect(await page('limit=2&order=asc')).toEqual([[0, 1], true]);
    expect(await page(`limit=2&order=asc&after=${ids[1]}`)).toEqual([[2, 3], true]);
    expect(await page(`limit=2&order=asc&after=${ids[3]}`)).toEqual([[4], false]);
    expect(await page(`order=asc&before=${ids[2]}`)).toEqual([[0, 1], false]);
    expect(await page('limit=1000')).toEqual([[4, 3, 2, 1, 0], false]);
    expect(await page('limit=1&order=&after=')).toEqual([[4], true]);
  });

  it('refuses a limit that is no number, and an order that is none', async () => {
    const { call } = await five();
    for (const query of ['limit=x', 'limit=0', 'limit=-1', 'order=up']) {
      const { status, body } = await call('GET', `/assistants?${query}`);
      expect([query, status, body.code]).toEqual([query, 400, 'InvalidParameter']);
    }
  });

  it('is empty where there is nothing: Java asks for one before anything else (§A.9.3)', async () => {
    const list = await rig().ok('GET', '/assistants?limit=1');
    expect(list).toMatchObject({ object: 'list', data: [], has_more: false });
  });
});

describe('files of an assistant (§A.2)', () => {
  it('are bound, listed, looked up and taken off', async () => {
    const { ok, call } = rig();
    const { id, created_at } = await ok('POST', '/assistants', { model: 'm', file_ids: ['file-1'] });
    const bound = await ok('POST', `/assistants/${id}/files`, { file_id: 'file-2' });
    expect(bound).toEqual({
      id: 'file-2',
      object: 'assistant.file',
      created_at: expect.any(Number),
      assistant_id: id,
      request_id: expect.any(String),
    });
    expect(bound.created_at).toBeGreaterThanOrEqual(created_at);
    // Once more changes nothing.
    await ok('POST', `/assistants/${id}/files`, { file_id: 'file-2' });
    expect((await ok('GET', `/assistants/${id}`)).file_ids).toEqual(['file-1', 'file-2']);
    const list = await ok('GET', `/assistants/${id}/files?order=asc`);
    expect(list.data.map((file: { id: string }) => file.id)).toEqual(['file-1', 'file-2']);
    expect((await ok('GET', `/assistants/${id}/files/file-1`)).id).toBe('file-1');
    expect(await ok('DELETE', `/assistants/${id}/files/file-1`)).toMatchObject({
      id: 'file-1',
      object: 'assistant.file.deleted',
      deleted: true,
    });
    expect((await ok('GET', `/assistants/${id}`)).file_ids).toEqual(['file-2']);
    for (const method of ['GET', 'DELETE']) {
      const gone = await call(method, `/assistants/${id}/files/file-1`);
      expect([gone.status, gone.body.code]).toEqual([404, 'NotFound']);
    }
  });
});
