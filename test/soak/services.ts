/** What programs of soak tests share, and clients that go on asking until they get an answer. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { callFunctions, createSimulator, hang, say, slow, turn } from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from '../store/helpers/clean.ts';
import { bundle } from './programs.ts';

export type Kind = 'file' | 'redis' | 'postgres';

/** A message whose answer is begun and never ended. */
export const WITHOUT_END = 'Go on without end';

/** Where the servers are, if not where all tests have them. */
export interface Addresses {
  redis?: string;
  postgres?: string;
}

/** Data that several processes share, an upstream for them, and a look into the data. */
export async function ground(kind: Kind, addresses: Addresses = {}) {
  const { redis: redisUrl = redis.url, postgres: postgresUrl = postgres.url } = addresses;
  const namespace = `soak_${randomBytes(5).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), 'rethread-soak-'));
  const programs = await bundle(namespace);
  const stores = { file: `file:${directory}`, redis: redisUrl, postgres: postgresUrl };
  const simulator = createSimulator({
    defaultScript: ({ lastUserText, toolOutputs, body }) => {
      if (lastUserText === WITHOUT_END) return turn(say('Half'), hang());
      return body.tools?.length && toolOutputs.length === 0
        ? callFunctions({ name: 'look', arguments: {} })
        : turn(slow({ betweenDeltas: 5 }), say(`Answer to ${lastUserText}`, { deltas: 8 }));
    },
  });
  const upstream = await simulator.listen();
  const gateway: GatewayOptions = {
    store: stores[kind],
    namespace,
    ...(kind !== 'file' && { queue: redisUrl }),
    recoverAfter: 1,
    runExpiry: 300,
    upstream: upstream.url,
  };
  const store = await openStore(stores[kind], {
    namespace,
    lockTtlMs: 1000,
    ...(kind !== 'file' && { locks: redisUrl }),
  });
  return {
    programs,
    gateway,
    simulator,
    /** The data of all callers, as they are stored: reading them looks after nothing. */
    data: store.scoped('local') as Store,
    async clear() {
      await upstream.close();
      await store.close();
      // Servers of a test's own go with all that they hold.
      if (kind !== 'file' && !addresses.redis) await dropKeys(redisUrl, namespace);
      if (kind === 'postgres' && !addresses.postgres) await dropTable(postgresUrl, namespace);
      await programs.clear();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type Ground = Awaited<ReturnType<typeof ground>>;

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every kind
  body: any;
}

/** An answer after which a client asks again. */
export interface Failure extends Answer {
  headers: Headers;
}

/** However much is wrong, no request is left without an answer for longer, in ms; a stream has as long as its run. */
const LONGEST_MS = { json: 60_000, stream: 240_000 };

/** What a poll helper says: its GET is held for half of the time that it would wait. */
const POLLS = { 'x-stainless-poll-helper': 'true', 'x-stainless-timeout': '5000' };

/** A stream is its text; one that ends in an error is that error. */
async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return { status: response.status, body: JSON.parse(text) };
  const [, error] = /^event: error\ndata: (.*)$/m.exec(text) ?? [];
  return error ? { status: 500, body: JSON.parse(error) } : { status: response.status, body: text };
}

/**
 * Asks one service after another until one answers; a POST carries the same `Idempotency-Key` each time (§5.2).
 * @param tell told of answers after which it asks again
 * @throws where a service keeps the connection and says nothing
 */
export async function ask(
  services: readonly { url: string }[],
  method: string,
  path: string,
  body?: unknown,
  tell: (failure: Failure) => void = () => {},
): Promise<Answer> {
  const key = randomUUID();
  const longest = LONGEST_MS[(body as { stream?: boolean } | undefined)?.stream ? 'stream' : 'json'];
  for (let attempt = randomInt(services.length); ; attempt++) {
    const { url } = services[attempt % services.length] as { url: string };
    const signal = AbortSignal.timeout(longest);
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: 'Bearer any',
          'openai-beta': 'assistants=v2',
          'content-type': 'application/json',
          ...(method === 'POST' ? { 'idempotency-key': key } : POLLS),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      });
      const answer = await read(response);
      if (answer.status < 500 && answer.status !== 409) return answer;
      tell({ ...answer, headers: response.headers });
    } catch (error) {
      if (signal.aborted) throw new Error(`${method} ${path}: no answer in ${longest} ms`);
      // Killed, or not up again.
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
