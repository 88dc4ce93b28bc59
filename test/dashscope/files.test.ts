/** /files, as the Python SDK uploads (docs/contracts/dashscope.md §A.2). */
import { describe, expect, it } from 'vitest';
import { type Rig, rig } from './rig.ts';

async function upload(rigged: Rig, form: FormData, headers: Record<string, string> = {}) {
  const answer = await rigged.gateway.fetch(
    new Request('http://gateway.test/api/v1/files', {
      method: 'POST',
      headers: { authorization: 'Bearer sk-one', ...headers },
      body: form,
    }),
  );
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  return { status: answer.status, body: (await answer.json()) as any };
}

describe('files (§A.2)', () => {
  it('are uploaded in parts named files with descriptions, looked up, used as file_ids, and deleted', async () => {
    const rigged = rig();
    const form = new FormData();
    form.append('files', new File(['one'], 'one.txt'));
    form.append('descriptions', 'the first');
    form.append('files', new File([new Uint8Array([0, 255])], '二.bin'));
    const { status, body } = await upload(rigged, form);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        uploaded_files: [
          { file_id: expect.stringMatching(/^file-/), name: 'one.txt' },
          { file_id: expect.stringMatching(/^file-/), name: '二.bin' },
        ],
        failed_uploads: [],
      },
      request_id: expect.any(String),
    });
    const [{ file_id }] = body.data.uploaded_files;
    expect((await rigged.ok('GET', `/files/${file_id}`)).data).toMatchObject({
      file_id,
      name: 'one.txt',
      description: 'the first',
      size: 3,
    });
    const assistant = await rigged.ok('POST', '/assistants', { model: 'm', file_ids: [file_id] });
    expect(assistant.file_ids).toEqual([file_id]);
    await rigged.ok('DELETE', `/files/${file_id}`);
    expect((await rigged.call('GET', `/files/${file_id}`)).body.code).toBe('NotFound');
  });

  it('are the uploader’s only', async () => {
    const rigged = rig();
    const form = new FormData();
    form.append('files', new File(['one'], 'one.txt'));
    const { body } = await upload(rigged, form);
    const [{ file_id }] = body.data.uploaded_files;
    for (const method of ['GET', 'DELETE']) {
      const { status } = await rigged.call(method, `/files/${file_id}`, undefined, {
        authorization: 'Bearer sk-two',
      });
      expect(status).toBe(404);
    }
    expect((await rigged.ok('GET', `/files/${file_id}`)).data.size).toBe(3);
  });

  it('what is no upload is a 400, and what is too large a BadRequest.TooLarge', async () => {
    const rigged = rig({ options: { maxBodyBytes: 1000 } });
    const without = new FormData();
    without.append('descriptions', 'x');
    expect((await upload(rigged, without)).body.code).toBe('InvalidParameter');
    for (const body of ['{}', 'x', '']) {
      const { status, body: error } = await rigged.call('POST', '/files', body);
      expect([status, error.code]).toEqual([400, 'InvalidParameter']);
    }
    const large = new FormData();
    large.append('files', new File(['x'.repeat(2000)], 'x'));
    const { status, body } = await upload(rigged, large);
    expect([status, body.code]).toEqual([400, 'BadRequest.TooLarge']);
  });
});
