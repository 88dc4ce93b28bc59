import type { FileObject } from 'openai/resources/files';
import { badRequest, notFound, quoteList } from './errors.ts';
import { type App, formBody } from './exchange.ts';
import { paginate } from './lists.ts';
import type { Base } from './state.ts';

/** A file and what is in it. */
export interface StoredFile {
  object: FileObject;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The files of a simulator. */
export interface FileStore {
  add(filename: string, content: string | Uint8Array, purpose: FileObject['purpose']): StoredFile;
  get(id: string): StoredFile | undefined;
  /** @throws ApiError 404 `No such File object` */
  require(id: string): StoredFile;
}

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];

/** GET …/content is refused for files that were uploaded for these. */
const NOT_DOWNLOADABLE = new Set(['assistants', 'vision', 'user_data']);

/** Bytes of a text or of a view on them. */
export function toBytes(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
}

/** POST, GET and DELETE /files. */
export function mountFiles(app: App, base: Base): FileStore {
  const files = new Map<string, StoredFile>();

  const store: FileStore = {
    add(filename, content, purpose) {
      const bytes = toBytes(content);
      const object: FileObject & { expires_at?: number; status_details?: string } = {
        object: 'file',
        id: base.makeId('file'),
        purpose,
        filename,
        bytes: bytes.length,
        created_at: base.clock.seconds(),
        status: 'processed',
      };
      const file = { object, bytes };
      files.set(object.id, file);
      return file;
    },
    get: (id) => files.get(id),
    require(id) {
      const file = files.get(id);
      if (!file) throw notFound(`No such File object: ${id}`, 'id');
      return file;
    },
  };

  app.post('/files', async (c) => {
    const form = formBody(c);
    const { file, purpose } = form;
    const unknown = Object.keys(form).find((name) => !/^(file|purpose|expires_after\[\w+\])$/.test(name));
    if (unknown) throw badRequest(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
    if (purpose === undefined) {
      throw badRequest("Missing required parameter: 'purpose'.", 'purpose', 'missing_required_parameter');
    }
    if (typeof purpose !== 'string' || !PURPOSES.includes(purpose)) {
      throw badRequest(
        `Invalid value: '${String(purpose)}'. Supported values are: ${quoteList(PURPOSES)}.`,
        'purpose',
        'invalid_value',
      );
    }
    if (!(file instanceof File)) {
      throw badRequest("Missing required parameter: 'file'.", 'file', 'missing_required_parameter');
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    return c.json(store.add(file.name, bytes, purpose as FileObject['purpose']).object);
  });

  app.get('/files', (c) => {
    const purpose = c.env.search.get('purpose');
    const all = [...files.values()].map(({ object }) => object);
    const chosen = purpose ? all.filter((object) => object.purpose === purpose) : all;
    return c.json(paginate(chosen, c.env.search, { maxLimit: 10_000, defaultLimit: 10_000 }));
  });
  app.get('/files/:id', (c) => c.json(store.require(c.req.param('id')).object));
  app.get('/files/:id/content', (c) => {
    const { object, bytes } = store.require(c.req.param('id'));
    if (NOT_DOWNLOADABLE.has(object.purpose)) {
      throw badRequest(`Not allowed to download files of purpose: ${object.purpose}`);
    }
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${object.filename.replaceAll('"', '')}"`,
    });
  });
  app.delete('/files/:id', (c) => {
    const { id } = store.require(c.req.param('id')).object;
    files.delete(id);
    return c.json({ object: 'file', id, deleted: true });
  });
  return store;
}
