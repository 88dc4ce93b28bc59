import type { VectorStoreFileBatch } from 'openai/resources/vector-stores/file-batches';
import type { VectorStoreFile } from 'openai/resources/vector-stores/files';
import type { FileChunkingStrategy, VectorStore } from 'openai/resources/vector-stores/vector-stores';
import type { z } from 'zod';
import { badRequest, notFound } from './errors.ts';
import { type App, jsonBody } from './exchange.ts';
import type { FileStore, StoredFile } from './files.ts';
import { check } from './issues.ts';
import { paginate } from './lists.ts';
import { rank, type SearchResult, splitIntoChunks } from './search.ts';
import type { Base } from './state.ts';
import { type Addition, addSchema, batchSchema, createSchema, updateSchema } from './vector-store-schema.ts';

/** How long files take to be indexed. */
export interface Indexing {
  /** So many GETs of the file, its store or its batch still see `in_progress`. Default 0: the first one sees the end. */
  polls?: number;
  /** And so many milliseconds must have gone by. Default 0. */
  ms?: number;
}

interface IndexedFile {
  id: string;
  created_at: number;
  attributes: Record<string, string | number | boolean>;
  chunking_strategy: FileChunkingStrategy;
  pollsLeft: number;
  readyAt: number;
  state: 'indexing' | 'completed' | 'failed' | 'cancelled';
  last_error: VectorStoreFile['last_error'];
  bytes: number;
}

interface Store {
  id: string;
  name: string;
  description: string | null;
  created_at: number;
  /** Unix milliseconds, by the simulator's clock. */
  lastActive: number;
  metadata: Record<string, string>;
  expires_after: { anchor: 'last_active_at'; days: number } | null;
  expired: boolean;
  files: Map<string, IndexedFile>;
  batches: Map<string, Batch>;
}

interface Batch {
  id: string;
  created_at: number;
  files: string[];
  cancelled: boolean;
}

/** The vector stores of a simulator. */
export interface VectorStores {
  /** @throws ApiError 404 for a store that is not there, 400 for one that has expired */
  requireAll(ids: readonly string[]): void;
  search(
    ids: readonly string[],
    query: string,
    options?: { limit?: number | undefined; threshold?: number | undefined },
  ): SearchResult[];
  /** Expires all stores at once. */
  expireAll(): void;
}

/** What can be read as text, and so be searched (§2.9 #21). */
const SUPPORTED = new Set(
  'c cpp cs css doc docx go html java js json md pdf php pptx py rb sh tex ts txt'.split(' '),
);

/** POST, GET and DELETE /vector_stores, their files and batches. */
export function mountVectorStores(app: App, base: Base, files: FileStore, indexing: Indexing): VectorStores {
  const stores = new Map<string, Store>();

  function find(id: string): Store {
    const store = stores.get(id);
    if (!store) throw notFound(`Vector store with id '${id}' not found.`);
    return store;
  }

  function isExpired(store: Store): boolean {
    const life = store.expires_after ? store.expires_after.days * 86_400_000 : Number.POSITIVE_INFINITY;
    return store.expired || base.clock.now() - store.lastActive > life;
  }

  function findFile(store: Store, id: string): IndexedFile {
    const file = store.files.get(id);
    if (!file) throw notFound(`No file found with id '${id}' in vector store '${store.id}'.`);
    return file;
  }

  function findBatch(store: Store, id: string): Batch {
    const batch = store.batches.get(id);
    if (!batch) throw notFound(`No file batch found with id '${id}'.`);
    return batch;
  }

  function isSupported({ object }: StoredFile): boolean {
    return SUPPORTED.has(extensionOf(object.filename).toLowerCase());
  }

  function add(store: Store, { file_id, attributes: given, chunking_strategy }: Addition): IndexedFile {
    const source = files.require(file_id);
    const failed = !isSupported(source);
    const file: IndexedFile = {
      id: file_id,
      created_at: base.clock.seconds(),
      attributes: given ?? {},
      chunking_strategy:
        chunking_strategy?.type === 'static'
          ? chunking_strategy
          : { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
      pollsLeft: indexing.polls ?? 0,
      readyAt: base.clock.elapsed() + (indexing.ms ?? 0),
      state: failed ? 'failed' : 'indexing',
      last_error: failed ? { code: 'unsupported_file', message: unsupported(source) } : null,
      bytes: source.bytes.length,
    };
    store.files.set(file_id, file);
    store.lastActive = base.clock.now();
    return file;
  }

  /** Its state by now. A poll is a GET that sees it before it counts. */
  function settle(file: IndexedFile): IndexedFile['state'] {
    if (file.state === 'indexing' && file.pollsLeft <= 0 && base.clock.elapsed() >= file.readyAt) {
      file.state = 'completed';
    }
    return file.state;
  }

  function poll(polled: Iterable<IndexedFile>): void {
    for (const file of polled) {
      settle(file);
      file.pollsLeft -= 1;
    }
  }

  function statusOf(file: IndexedFile): VectorStoreFile['status'] {
    return file.state === 'indexing' ? 'in_progress' : file.state;
  }

  function countFiles(counted: readonly IndexedFile[]): VectorStore.FileCounts {
    const count = (status: VectorStoreFile['status']) =>
      counted.filter((file) => statusOf(file) === status).length;
    return {
      in_progress: count('in_progress'),
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      total: counted.length,
    };
  }

  function show(store: Store): VectorStore {
    const all = [...store.files.values()];
    const file_counts = countFiles(all);
    const lastActive = Math.floor(store.lastActive / 1000);
    const life = store.expires_after;
    return {
      id: store.id,
      object: 'vector_store',
      created_at: store.created_at,
      name: store.name,
      ...(store.description === null ? {} : { description: store.description }),
      usage_bytes: all.reduce((sum, file) => sum + (file.state === 'completed' ? file.bytes : 0), 0),
      file_counts,
      status: isExpired(store) ? 'expired' : file_counts.in_progress > 0 ? 'in_progress' : 'completed',
      ...(life ? { expires_after: life } : {}),
      expires_at: life ? lastActive + life.days * 86_400 : null,
      last_active_at: lastActive,
      metadata: store.metadata,
    };
  }

  function showFile(store: Store, file: IndexedFile): VectorStoreFile {
    return {
      id: file.id,
      object: 'vector_store.file',
      usage_bytes: file.state === 'completed' ? file.bytes : 0,
      created_at: file.created_at,
      vector_store_id: store.id,
      status: statusOf(file),
      last_error: file.last_error,
      chunking_strategy: file.chunking_strategy,
      attributes: file.attributes,
    };
  }

  function batchFiles(store: Store, batch: Batch): IndexedFile[] {
    return batch.files.flatMap((id) => store.files.get(id) ?? []);
  }

  function showBatch(store: Store, batch: Batch): VectorStoreFileBatch {
    const file_counts = countFiles(batchFiles(store, batch));
    return {
      id: batch.id,
      object: 'vector_store.files_batch',
      created_at: batch.created_at,
      vector_store_id: store.id,
      status: batch.cancelled ? 'cancelled' : file_counts.in_progress > 0 ? 'in_progress' : 'completed',
      file_counts,
    };
  }

  app.post('/vector_stores', (c) => {
    const body = jsonBody(c, true);
    check(createSchema, body);
    const given = body as z.infer<typeof createSchema>;
    for (const id of given.file_ids ?? []) files.require(id);
    const store: Store = {
      id: base.makeId('vector_store'),
      name: given.name ?? '',
      description: given.description ?? null,
      created_at: base.clock.seconds(),
      lastActive: base.clock.now(),
      metadata: given.metadata ?? {},
      expires_after: given.expires_after ?? null,
      expired: false,
      files: new Map(),
      batches: new Map(),
    };
    stores.set(store.id, store);
    for (const file_id of given.file_ids ?? [])
      add(store, { file_id, chunking_strategy: given.chunking_strategy });
    return c.json(show(store));
  });
  app.get('/vector_stores', (c) => c.json(paginate([...stores.values()].map(show), c.env.search)));
  app.get('/vector_stores/:id', (c) => {
    const store = find(c.req.param('id'));
    poll(store.files.values());
    return c.json(show(store));
  });
  app.post('/vector_stores/:id', (c) => {
    const store = find(c.req.param('id'));
    const body = jsonBody(c, true);
    check(updateSchema, body);
    const given = body as z.infer<typeof updateSchema>;
    if (given.name !== undefined) store.name = given.name ?? '';
    if (given.metadata !== undefined) store.metadata = given.metadata ?? {};
    if (given.expires_after !== undefined) store.expires_after = given.expires_after;
    return c.json(show(store));
  });
  app.delete('/vector_stores/:id', (c) => {
    const { id } = find(c.req.param('id'));
    stores.delete(id);
    return c.json({ id, object: 'vector_store.deleted', deleted: true });
  });

  app.post('/vector_stores/:id/files', (c) => {
    const store = find(c.req.param('id'));
    const body = jsonBody(c);
    check(addSchema, body);
    const addition = body as Addition;
    const source = files.require(addition.file_id);
    if (!isSupported(source)) throw badRequest(unsupported(source), 'file_id', 'unsupported_file');
    return c.json(showFile(store, add(store, addition)));
  });
  app.get('/vector_stores/:id/files', (c) => {
    const store = find(c.req.param('id'));
    poll(store.files.values());
    const filter = c.env.search.get('filter');
    const all = [...store.files.values()].map((file) => showFile(store, file));
    return c.json(paginate(filter ? all.filter(({ status }) => status === filter) : all, c.env.search));
  });
  app.get('/vector_stores/:id/files/:file', (c) => {
    const store = find(c.req.param('id'));
    const file = findFile(store, c.req.param('file'));
    poll([file]);
    return c.json(showFile(store, file));
  });
  app.delete('/vector_stores/:id/files/:file', (c) => {
    const store = find(c.req.param('id'));
    const { id } = findFile(store, c.req.param('file'));
    store.files.delete(id);
    return c.json({ id, object: 'vector_store.file.deleted', deleted: true });
  });

  app.post('/vector_stores/:id/file_batches', (c) => {
    const store = find(c.req.param('id'));
    const body = jsonBody(c);
    check(batchSchema, body);
    const given = body as z.infer<typeof batchSchema>;
    const shared = { attributes: given.attributes, chunking_strategy: given.chunking_strategy };
    const additions: Addition[] =
      given.files ?? (given.file_ids ?? []).map((file_id) => ({ file_id, ...shared }));
    if (additions.length === 0) {
      throw badRequest("Missing required parameter: 'file_ids'.", 'file_ids', 'missing_required_parameter');
    }
    for (const { file_id } of additions) files.require(file_id);
    for (const addition of additions) add(store, addition);
    const batch: Batch = {
      id: base.makeId('file_batch'),
      created_at: base.clock.seconds(),
      files: additions.map(({ file_id }) => file_id),
      cancelled: false,
    };
    store.batches.set(batch.id, batch);
    return c.json(showBatch(store, batch));
  });
  app.get('/vector_stores/:id/file_batches/:batch', (c) => {
    const store = find(c.req.param('id'));
    const batch = findBatch(store, c.req.param('batch'));
    poll(batchFiles(store, batch));
    return c.json(showBatch(store, batch));
  });
  app.post('/vector_stores/:id/file_batches/:batch/cancel', (c) => {
    const store = find(c.req.param('id'));
    const batch = findBatch(store, c.req.param('batch'));
    batch.cancelled = true;
    for (const file of batchFiles(store, batch)) if (settle(file) === 'indexing') file.state = 'cancelled';
    return c.json(showBatch(store, batch));
  });
  app.get('/vector_stores/:id/file_batches/:batch/files', (c) => {
    const store = find(c.req.param('id'));
    const batch = findBatch(store, c.req.param('batch'));
    return c.json(
      paginate(
        batchFiles(store, batch).map((file) => showFile(store, file)),
        c.env.search,
      ),
    );
  });

  return {
    requireAll(ids) {
      for (const id of ids) {
        const store = find(id);
        if (isExpired(store)) throw badRequest(`Vector store with id '${id}' is expired.`);
        store.lastActive = base.clock.now();
      }
    },
    search(ids, query, { limit = 20, threshold = 0 } = {}) {
      const chunks = ids.flatMap((id) =>
        [...(stores.get(id)?.files.values() ?? [])].flatMap((file) => {
          const source = files.get(file.id);
          if (!source || settle(file) !== 'completed') return [];
          const text = new TextDecoder().decode(source.bytes);
          const { filename } = source.object;
          return splitIntoChunks(text).map((chunk) => ({
            file_id: file.id,
            filename,
            text: chunk,
            attributes: file.attributes,
          }));
        }),
      );
      return rank(query, chunks)
        .filter(({ score }) => score >= threshold)
        .slice(0, limit);
    },
    expireAll() {
      for (const store of stores.values()) store.expired = true;
    },
  };
}

function extensionOf(filename: string): string {
  const dot = filename.lastIndexOf('.');
  return dot < 0 ? 'none' : filename.slice(dot + 1);
}

function unsupported({ object }: StoredFile): string {
  const extension = extensionOf(object.filename);
  const shown = extension === 'none' ? extension : `.${extension}`;
  return `Files with extensions [${shown}] are not supported for retrieval. See https://platform.openai.com/docs/assistants/tools/file-search/supported-files`;
}
