/** /files/{file_id} for files that runs made (§4.4); all other files are the upstream's. */
import { Hono } from 'hono';
import { deleteFiles, readFile, retrieveFile } from '../../files/minted.ts';
import { answer, type Env, scopeOf } from './context.ts';

export const files = new Hono<Env>()
  .get('/:file_id', async (c) => {
    const { domain } = await scopeOf(c);
    return answer(c, await retrieveFile(domain, c.req.param('file_id')));
  })
  .get('/:file_id/content', async (c) => {
    const { domain } = await scopeOf(c);
    const { file, bytes } = await readFile(domain, c.req.param('file_id'));
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
    });
  })
  .delete('/:file_id', async (c) => {
    const { domain } = await scopeOf(c);
    const { id } = await retrieveFile(domain, c.req.param('file_id'));
    await deleteFiles(domain, [id]);
    return answer(c, { id, object: 'file', deleted: true });
  });
