/** Gateways as processes that are killed and started again, and clients that go on asking until they get an answer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { callFunctions, createSimulator, say, slow, turn } from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from '../store/helpers/clean.ts';
import type { ServiceOptions } from './service.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The program of the processes, bundled: they start often. Beside the packages, where its imports are found. */
async function bundle(name: string): Promise<{ program: string; outDir: string }> {
  const outDir = join(ROOT, 'node_modules/.cache', name);
  await build({
    config: false,
    entry: [join(ROOT, 'test/soak/service.ts')],
    outDir,
    format: 'esm',
    platform: 'node',
    dts: false,
    clean: false,
    logLevel: 'silent',
  });
  return { program: join(outDir, 'service.mjs'), outDir };
}

export type Kind = 'file' | 'redis' | 'postgres';

/** Data that several processes share, an upstream for them, and a look into the data. */
export async function ground(kind: Kind, given: GatewayOptions & { redis?: string } = {}) {
  const { redis: redisUrl = redis.url, ...more } = given;
  const namespace = `soak_${randomBytes(5).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), 'rethread-soak-'));
  const { program, outDir } = await bundle(namespace);
  const stores = { file: `file:${directory}`, redis: redisUrl, postgres: postgres.url };
  const upstream = await createSimulator({
    defaultScript: ({ lastUserText, toolOutputs, body }) =>
      body.tools?.length && toolOutputs.length === 0
        ? callFunctions({ name: 'look', arguments: {} })
        : turn(slow({ betweenDeltas: 5 }), say(`Answer to ${lastUserText}`, { deltas: 8 })),
  }).listen();
  const gateway: GatewayOptions = {
    store: stores[kind],
    namespace,
    ...(kind !== 'file' && { queue: redisUrl }),
    recoverAfter: 1,
    runExpiry: 300,
    upstream: upstream.url,
    ...more,
  };
  const store = await openStore(stores[kind], {
    namespace,
    lockTtlMs: 1000,
    ...(kind !== 'file' && { locks: redisUrl }),
  });
  return {
    program,
    gateway,
    /** The data of all callers, as they are stored: reading them looks after nothing. */
    data: store.scoped('local') as Store,
    async clear() {
      await upstream.close();
      await store.close();
      if (kind !== 'file') await dropKeys(redisUrl, namespace);
      if (kind === 'postgres') await dropTable(postgres.url, namespace);
      for (const left of [directory, outDir]) await rm(left, { recursive: true, force: true });
    },
  };
}

/** One of the processes; started again whenever it ends, until it is stopped. */
export class Service {
  readonly url: string;
  kills = 0;
  #child: ChildProcess | undefined;
  #stopped = false;
  #life: Promise<void> = Promise.resolve();
  readonly #port: number;
  readonly #gateway: GatewayOptions;

  readonly #program: string;

  private constructor(port: number, program: string, gateway: GatewayOptions) {
    this.#port = port;
    this.#program = program;
    this.#gateway = gateway;
    this.url = `http://127.0.0.1:${port}/v1`;
  }

  /** @param plan for each life the point at which it ends (0: none), and after how many ms it is killed whatever it does */
  static async start(
    { program, gateway }: { program: string; gateway: GatewayOptions },
    plan: () => { diesAt: number; after?: number },
  ): Promise<Service> {
    const service = new Service(await freePort(), program, gateway);
    await new Promise<void>((ready) => {
      service.#life = service.#live(plan, ready);
    });
    return service;
  }

  async #live(plan: () => { diesAt: number; after?: number }, ready: () => void): Promise<void> {
    while (!this.#stopped) {
      const { diesAt, after } = plan();
      const options: ServiceOptions = { port: this.#port, diesAt, gateway: this.#gateway };
      const child = spawn(process.execPath, [this.#program, JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      this.#child = child;
      const ended = once(child, 'exit');
      const up = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
      if (up) ready();
      const timer = after === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), after);
      const [, signal] = await ended;
      clearTimeout(timer);
      if (signal === 'SIGKILL') this.kills += 1;
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#child?.kill('SIGTERM');
    await this.#life;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every kind
  body: any;
}

/** Asks one service after another until one answers; a POST carries the same `Idempotency-Key` each time (§5.2). */
export async function ask(
  services: Service[],
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const key = randomUUID();
  for (let attempt = randomInt(services.length); ; attempt++) {
    const { url } = services[attempt % services.length] as Service;
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: 'Bearer any',
          'openai-beta': 'assistants=v2',
          'content-type': 'application/json',
          ...(method === 'POST' && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      const answer = { status: response.status, body: await response.json() };
      if (answer.status < 500 && answer.status !== 409) return answer;
    } catch {
      // killed, or not up again
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
