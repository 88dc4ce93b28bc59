/** /files, where the SDK's file sample uploads (§A.2). What a file is used for nothing here asks (§D). */
import { Hono } from 'hono';
import { badRequest } from '../../assistants/errors.ts';
import { runIds } from '../../assistants/ids.ts';
import { deleteFiles } from '../../files/minted.ts';
import { keepUpload, retrieveUpload, type Upload } from '../../files/uploads.ts';
import { answer, type Env, formOf, scopeOf } from './context.ts';

const present = ({ file, description }: Upload) => ({
  file_id: file.id,
  name: file.filename,
  description,
  size: file.bytes,
  gmt_create: new Date(file.created_at * 1000).toISOString().slice(0, 19).replace('T', ' '),
});

export const files = new Hono<Env>()
  .post('/', async (c) => {
    const form = await formOf(c);
    const given = form.getAll('files').filter((part) => part instanceof File);
    if (given.length === 0) throw badRequest("Missing required parameter: 'files'.");
    const descriptions = form.getAll('descriptions').map(String);
    const { domain } = await scopeOf(c);
    const { idsAhead } = c.var;
    const uploaded_files: { file_id: string; name: string }[] = [];
    for (const [at, part] of given.entries()) {
      const bytes = new Uint8Array(await part.arrayBuffer());
      const description = descriptions[at] ?? '';
      const id = idsAhead?.uploads && runIds(idsAhead.uploads).file(at);
      const { file } = await keepUpload(domain, { id, filename: part.name, bytes, description });
      uploaded_files.push({ file_id: file.id, name: file.filename });
    }
    return answer(c, { data: { uploaded_files, failed_uploads: [] } });
  })
  .get('/:file_id', async (c) => {
    const { domain } = await scopeOf(c);
    return answer(c, { data: present(await retrieveUpload(domain, c.req.param('file_id'))) });
  })
  .delete('/:file_id', async (c) => {
    const { domain } = await scopeOf(c);
    const { file } = await retrieveUpload(domain, c.req.param('file_id'));
    await deleteFiles(domain, [file.id]);
    return answer(c, {});
  });
