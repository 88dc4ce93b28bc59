import type { ContainerRetrieveResponse } from 'openai/resources/containers/containers';
import type { FileRetrieveResponse } from 'openai/resources/containers/files/files';
import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { badRequest, notFound } from './errors.ts';
import { type App, FormBody, formBody, jsonBody } from './exchange.ts';
import { type FileStore, toBytes } from './files.ts';
import { check } from './issues.ts';
import { paginate } from './lists.ts';
import type { Base } from './state.ts';
import type { ContainerFileRef } from './text.ts';

interface ContainerFile {
  object: FileRetrieveResponse;
  bytes: Uint8Array<ArrayBuffer>;
}

interface Container {
  id: string;
  name: string;
  created_at: number;
  /** Unix milliseconds, by the simulator's clock. */
  lastActive: number;
  minutes: number;
  memory_limit: '1g' | '4g' | '16g' | '64g';
  expired: boolean;
  files: Map<string, ContainerFile>;
}

/** The containers of a simulator. */
export interface ContainerStore {
  /**
   * The container a request's code interpreter runs in, made only when code is run for `{type: 'auto'}`.
   *
   * @throws ApiError 404 for one that is not there, 400 `Container is expired.`
   */
  forTool(tool: CodeInterpreter): { open(): string };
  write(containerId: string, path: string, content: string | Uint8Array): ContainerFileRef;
  list(containerId: string): ContainerFileRef[];
  /** Expires all containers at once. */
  expireAll(): void;
}

type CodeInterpreter = Extract<
  NonNullable<ResponseCreateParams['tools']>[number],
  { type: 'code_interpreter' }
>;

const createSchema = z.strictObject({
  name: z.string(),
  file_ids: z.array(z.string()).optional(),
  expires_after: z
    .strictObject({ anchor: z.enum(['last_active_at']), minutes: z.int().min(1).max(20) })
    .optional(),
  memory_limit: z.enum(['1g', '4g', '16g', '64g']).optional(),
  network_policy: z.unknown().optional(),
  skills: z.unknown().optional(),
});

/** POST, GET and DELETE /containers and their files. */
export function mountContainers(app: App, base: Base, files: FileStore): ContainerStore {
  const containers = new Map<string, Container>();

  function create(
    name: string,
    fileIds: readonly string[],
    options: {
      minutes?: number | undefined;
      memory_limit?: Container['memory_limit'] | null | undefined;
    } = {},
  ): Container {
    for (const id of fileIds) files.require(id);
    const container: Container = {
      id: base.makeId('container'),
      name,
      created_at: base.clock.seconds(),
      lastActive: base.clock.now(),
      minutes: options.minutes ?? 20,
      memory_limit: options.memory_limit ?? '1g',
      expired: false,
      files: new Map(),
    };
    containers.set(container.id, container);
    for (const id of fileIds) copy(container, id);
    return container;
  }

  /** Puts an uploaded file where code finds it (§4.4). */
  function copy(container: Container, id: string): FileRetrieveResponse {
    const { object, bytes } = files.require(id);
    return put(container, `/mnt/data/${object.id}-${object.filename}`, bytes, 'user').object;
  }

  /** A file of the same path is replaced, under a new id. */
  function put(
    container: Container,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    source: 'user' | 'assistant',
  ): ContainerFile {
    for (const [id, file] of container.files) if (file.object.path === path) container.files.delete(id);
    const object: FileRetrieveResponse = {
      id: base.makeId('container_file'),
      object: 'container.file',
      created_at: base.clock.seconds(),
      bytes: bytes.length,
      container_id: container.id,
      path,
      source,
    };
    const file = { object, bytes };
    container.files.set(object.id, file);
    return file;
  }

  function isExpired(container: Container): boolean {
    return container.expired || base.clock.now() - container.lastActive > container.minutes * 60_000;
  }

  function find(id: string): Container {
    const container = containers.get(id);
    if (!container) throw notFound(`Container with id '${id}' not found.`);
    return container;
  }

  /** Using a container keeps it alive. */
  function use(id: string): Container {
    const container = find(id);
    if (isExpired(container)) throw badRequest('Container is expired.');
    container.lastActive = base.clock.now();
    return container;
  }

  function findFile(container: Container, id: string): ContainerFile {
    const file = container.files.get(id);
    if (!file) throw notFound(`Container file with id '${id}' not found.`);
    return file;
  }

  function show(container: Container): ContainerRetrieveResponse {
    return {
      id: container.id,
      object: 'container',
      created_at: container.created_at,
      status: isExpired(container) ? 'expired' : 'running',
      expires_after: { anchor: 'last_active_at', minutes: container.minutes },
      last_active_at: Math.floor(container.lastActive / 1000),
      memory_limit: container.memory_limit,
      name: container.name,
    };
  }

  const reference = ({ object }: ContainerFile): ContainerFileRef => ({
    container_id: object.container_id,
    file_id: object.id,
    path: object.path,
  });

  app.post('/containers', (c) => {
    const body = jsonBody(c);
    check(createSchema, body);
    const { name, file_ids, expires_after, memory_limit } = body as z.infer<typeof createSchema>;
    return c.json(show(create(name, file_ids ?? [], { minutes: expires_after?.minutes, memory_limit })));
  });
  app.get('/containers', (c) => c.json(paginate([...containers.values()].map(show), c.env.search)));
  app.get('/containers/:id', (c) => c.json(show(find(c.req.param('id')))));
  app.delete('/containers/:id', (c) => {
    const { id } = find(c.req.param('id'));
    containers.delete(id);
    return c.json({ id, object: 'container.deleted', deleted: true });
  });

  app.post('/containers/:id/files', async (c) => {
    const container = use(c.req.param('id'));
    // SDKs send both forms of this request as multipart.
    if (c.env.record.body instanceof FormBody) {
      const { file, file_id } = formBody(c);
      if (typeof file_id === 'string') return c.json(copy(container, file_id));
      if (!(file instanceof File)) {
        throw badRequest("Missing required parameter: 'file'.", 'file', 'missing_required_parameter');
      }
      const bytes = new Uint8Array(await file.arrayBuffer());
      return c.json(put(container, `/mnt/data/${file.name}`, bytes, 'user').object);
    }
    const body = jsonBody(c);
    check(z.strictObject({ file_id: z.string() }), body);
    return c.json(copy(container, String(body.file_id)));
  });
  app.get('/containers/:id/files', (c) => {
    const container = use(c.req.param('id'));
    return c.json(
      paginate(
        [...container.files.values()].map(({ object }) => object),
        c.env.search,
      ),
    );
  });
  app.get('/containers/:id/files/:file', (c) =>
    c.json(findFile(use(c.req.param('id')), c.req.param('file')).object),
  );
  app.get('/containers/:id/files/:file/content', (c) =>
    c.body(findFile(use(c.req.param('id')), c.req.param('file')).bytes, 200, {
      'content-type': 'application/octet-stream',
    }),
  );
  app.delete('/containers/:id/files/:file', (c) => {
    const container = use(c.req.param('id'));
    const { id } = findFile(container, c.req.param('file')).object;
    container.files.delete(id);
    return c.json({ id, object: 'container.file.deleted', deleted: true });
  });

  return {
    forTool({ container: wanted }) {
      if (typeof wanted === 'string') {
        use(wanted);
        return { open: () => wanted };
      }
      for (const id of wanted.file_ids ?? []) files.require(id);
      let made: string | undefined;
      return {
        open() {
          made ??= create('auto', wanted.file_ids ?? [], { memory_limit: wanted.memory_limit }).id;
          return made;
        },
      };
    },
    write: (id, path, content) => reference(put(use(id), path, toBytes(content), 'assistant')),
    list: (id) => [...(containers.get(id)?.files.values() ?? [])].map(reference),
    expireAll() {
      for (const container of containers.values()) container.expired = true;
    },
  };
}
