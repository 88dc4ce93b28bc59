/** /threads and their messages in DashScope's dialect (docs/contracts/dashscope.md §A.5, §A.6). */
import { describe, expect, it } from 'vitest';
import { ready, rig } from './rig.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const REQUEST_ID = expect.stringMatching(`^${UUID}$`);

describe('a thread (§A.5)', () => {
  it.each([
    ['the JSON string "" that the Python SDK sends without arguments', '""'],
    ['{}, as Java sends it', '{}'],
    ['null', 'null'],
    ['nothing', undefined],
  ])('is made from %s', async (_, body) => {
    const thread = await rig().ok('POST', '/threads', body);
    expect(thread).toEqual({
      id: expect.stringMatching(`^thread_${UUID}$`),
      object: 'thread',
      created_at: expect.any(Number),
      metadata: {},
      request_id: REQUEST_ID,
    });
    expect(String(thread.created_at)).toMatch(/^\d{13}$/);
  });

  it('is not made from anything else', async () => {
    const { call } = rig();
    for (const body of ['"x"', '[]', '1', 'true', '{', '{"messages":{}}', '{"messages":[{"role":"user"}]}']) {
      const { status, body: error } = await call('POST', '/threads', body);
      expect([body, status, error.code]).toEqual([body, 400, 'InvalidParameter']);
    }
  });

  it('is made with messages and metadata, changed and deleted with all that is in it', async () => {
    const { ok, call } = rig();
    const { id } = await ok('POST', '/threads', {
      messages: [
        { role: 'user', content: 'one', file_ids: ['file-1'], metadata: { a: 'b' } },
        { role: 'user', content: 'two' },
      ],
      metadata: { k: 'v' },
    });
    expect((await ok('GET', `/threads/${id}`)).metadata).toEqual({ k: 'v' });
    expect((await ok('POST', `/threads/${id}`, { metadata: { k2: 'v2' } })).metadata).toEqual({ k2: 'v2' });
    expect((await ok('POST', `/threads/${id}`, { metadata: null })).metadata).toEqual({ k2: 'v2' });
    const { data } = await ok('GET', `/threads/${id}/messages?order=asc`);
    expect(
      data.map((message: { content: [{ text: { value: string } }] }) => message.content[0].text.value),
    ).toEqual(['one', 'two']);
    expect(data[0]).toMatchObject({ file_ids: ['file-1'], metadata: { a: 'b' } });
    expect(await ok('DELETE', `/threads/${id}`)).toEqual({
      id,
      object: 'thread.deleted',
      deleted: true,
      request_id: REQUEST_ID,
    });
    for (const path of [
      `/threads/${id}`,
      `/threads/${id}/messages`,
      `/threads/${id}/messages/${data[0].id}`,
    ]) {
      const gone = await call('GET', path);
      expect([gone.status, gone.body.code]).toEqual([404, 'NotFound']);
    }
  });

  it('is in no list (§A.2)', async () => {
    const { status, body } = await rig().call('GET', '/threads');
    expect([status, body.code]).toEqual([405, 'MethodNotAllowed']);
  });
});

describe('a message (§A.6)', () => {
  it('is shown with what is unset in DashScope’s ways', async () => {
    const { ok } = rig();
    const thread = await ok('POST', '/threads', '""');
    const message = await ok('POST', `/threads/${thread.id}/messages`, '{"content":"hi","role":"user"}');
    const expected = {
      id: expect.stringMatching(`^message_${UUID}$`),
      object: 'thread.message',
      created_at: expect.any(Number),
      thread_id: thread.id,
      incomplete_details: {},
      completed_at: null,
      incomplete_at: null,
      assistant_id: '',
      run_id: '',
      file_ids: [],
      role: 'user',
      content: [{ type: 'text', text: { value: 'hi', annotations: [] } }],
      metadata: {},
      name: '',
      plugin_call: {},
      tool_calls: [],
      status: '',
      request_id: REQUEST_ID,
    };
    expect(message).toEqual(expected);
    expect(Object.keys(message)).toEqual(Object.keys(expected));
    expect(await ok('GET', `/threads/${thread.id}/messages/${message.id}`)).toEqual({
      ...message,
      request_id: REQUEST_ID,
    });
  });

  it('has no name, plugin_call, tool_calls, status and request_id in a list', async () => {
    const rigged = rig();
    const { thread_id } = await ready(rigged);
    const [listed] = (await rigged.ok('GET', `/threads/${thread_id}/messages`)).data;
    for (const key of ['name', 'plugin_call', 'tool_calls', 'status', 'request_id'])
      expect(listed).not.toHaveProperty(key);
  });

  it('may be the assistant’s, as Java’s client lets through', async () => {
    const { ok } = rig();
    const { id } = await ok('POST', '/threads', {});
    const message = await ok('POST', `/threads/${id}/messages`, { role: 'assistant', content: 'I am here' });
    expect(message.role).toBe('assistant');
  });

  it('needs a role and a content that is a text with something in it', async () => {
    const { ok, call } = rig();
    const { id } = await ok('POST', '/threads', {});
    for (const body of [
      {},
      { content: 'x' },
      { role: 'system', content: 'x' },
      { role: 'user' },
      { role: 'user', content: '' },
      { role: 'user', content: ['x'] },
      { role: 'user', content: 'x', file_ids: 'file-1' },
      { role: 'user', content: 'x', metadata: 'm' },
    ]) {
      const { status, body: error } = await call('POST', `/threads/${id}/messages`, body);
      expect([body, status, error.code]).toEqual([body, 400, 'InvalidParameter']);
    }
    expect((await ok('GET', `/threads/${id}/messages`)).data).toEqual([]);
  });

  it('changes in its metadata only, and cannot be deleted (§A.2)', async () => {
    const rigged = rig();
    const { thread_id } = await ready(rigged);
    const [{ id }] = (await rigged.ok('GET', `/threads/${thread_id}/messages`)).data;
    const path = `/threads/${thread_id}/messages/${id}`;
    expect((await rigged.ok('POST', path, { metadata: { seen: 'yes' } })).metadata).toEqual({ seen: 'yes' });
    const refused = await rigged.call('DELETE', path);
    expect([refused.status, refused.body.code]).toEqual([405, 'MethodNotAllowed']);
  });

  it('is found under its own id only, and errors name it as DashScope does', async () => {
    const rigged = rig();
    const { thread_id } = await ready(rigged);
    const { status, body } = await rigged.call('GET', `/threads/${thread_id}/messages/message_none`);
    expect(status).toBe(404);
    expect(body).toEqual({
      code: 'NotFound',
      message: "No message found with id 'message_none'.",
      request_id: REQUEST_ID,
    });
  });

  it('has files that are listed and looked up (§A.2)', async () => {
    const { ok, call } = rig();
    const { id } = await ok('POST', '/threads', {});
    const message = await ok('POST', `/threads/${id}/messages`, {
      role: 'user',
      content: 'x',
      file_ids: ['file-1', 'file-2'],
    });
    expect(message.file_ids).toEqual(['file-1', 'file-2']);
    const path = `/threads/${id}/messages/${message.id}/files`;
    const file = {
      id: 'file-2',
      object: 'thread.message.file',
      created_at: message.created_at,
      message_id: message.id,
    };
    expect((await ok('GET', path)).data[0]).toEqual(file);
    expect(await ok('GET', `${path}/file-2`)).toEqual({ ...file, request_id: REQUEST_ID });
    expect((await call('GET', `${path}/file-3`)).status).toBe(404);
  });

  it('lists come newest first and take DashScope’s ids for cursors (§A.3)', async () => {
    const { ok, call } = rig();
    const { id } = await ok('POST', '/threads', {});
    const ids: string[] = [];
    for (const content of ['a', 'b', 'c'])
      ids.push((await ok('POST', `/threads/${id}/messages`, { role: 'user', content })).id);
    const page = async (query: string) =>
      (await ok('GET', `/threads/${id}/messages?${query}`)).data.map((one: { id: string }) =>
        ids.indexOf(one.id),
      );
    expect(await page('')).toEqual([2, 1, 0]);
    expect(await page(`after=${ids[2]}`)).toEqual([1, 0]);
    expect(await page(`order=asc&before=${ids[1]}`)).toEqual([0]);
    expect((await call('GET', `/threads/${id}/messages?before=message_none`)).status).toBe(404);
  });
});
