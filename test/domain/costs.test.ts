/** What an operation asks of the store, counted: the same on a thread of 10 messages and on one of 100 000 (DESIGN decision 5). */
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Domain } from '../../src/assistants/domain.ts';
import { createThread } from '../../src/assistants/threads.ts';
import { say } from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import { createWorld, settledRun, type World } from '../faults/world.ts';

const SHORT = 10;
/** Ten more than whole pages of the log have. */
const LONG = 100_010;

let asked = 0;

/** Reads of many keys at once are one request, as they are to a server. */
class Counting implements Pick<KeyvStoreAdapter, 'get' | 'set' | 'delete' | 'clear' | 'getMany'> {
  opts = {};
  readonly #entries: Map<string, string>;

  constructor(entries: Map<string, string>) {
    this.#entries = entries;
  }

  on() {
    return this;
  }

  async get<T>(key: string) {
    asked++;
    return this.#entries.get(key) as T;
  }

  async getMany<T>(keys: string[]) {
    asked++;
    return keys.map((key) => this.#entries.get(key)) as T[];
  }

  async set(key: string, value: string) {
    asked++;
    this.#entries.set(key, value);
  }

  async delete(key: string) {
    asked++;
    return this.#entries.delete(key);
  }

  async clear() {}
}

interface Place {
  /** e.g. `/threads/thread_1` */
  thread: string;
  /** An id in the middle of the thread, and what stands beside it. */
  middle: string;
  assistant: string;
}

let world: World;
const places = new Map<number, Place>();

/** Straight into the store: over the wire a thread begins with 32 messages at the most (§1.6). */
async function fill(entries: Map<string, string>, length: number): Promise<{ id: string; middle: string }> {
  const seeded = new Map<string, string>();
  const domain: Domain = {
    store: (await openStore(new Keyv({ store: seeded, ...json }))).scoped('local'),
    now: Date.now,
    tenant: 'local',
    runExpiry: 600,
    declared: {},
  };
  const { id } = await createThread(
    domain,
    {},
    Array.from({ length }, (_, at) => ({
      role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: `message ${at}`,
    })),
  );
  const ids = [...seeded.keys()].flatMap((key) => /(msg_\w{24})$/.exec(key)?.[1] ?? []);
  for (const [key, value] of seeded) entries.set(key, value);
  return { id, middle: ids[Math.floor(ids.length / 2)] as string };
}

const json = { serialize: JSON.stringify, deserialize: JSON.parse };

beforeAll(async () => {
  const entries = new Map<string, string>();
  for (const length of [SHORT, LONG]) {
    const { id, middle } = await fill(entries, length);
    places.set(length, { thread: `/threads/${id}`, middle, assistant: '' });
  }
  world = createWorld({ entries, adapter: (map) => new Counting(map) as unknown as KeyvStoreAdapter });
  const { body } = await world.call('POST', '/assistants', { model: 'gpt-4o' });
  for (const place of places.values()) place.assistant = body.id;
}, 60_000);

afterAll(() => world.close());

async function cost(length: number, work: (place: Place) => Promise<unknown>): Promise<number> {
  const place = places.get(length) as Place;
  await work(place);
  asked = 0;
  await work(place);
  return asked;
}

async function ok(method: string, path: string, body?: unknown) {
  const answer = await world.call(method, path, body);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body;
}

async function runToItsEnd({ thread, assistant }: Place) {
  world.sim.script(say('Hi'));
  const truncation_strategy = { type: 'last_messages', last_messages: 4 };
  const { id, thread_id } = await ok('POST', `${thread}/runs`, {
    assistant_id: assistant,
    truncation_strategy,
  });
  expect((await settledRun(world, thread_id, id)).status).toBe('completed');
}

const OPERATIONS: Record<string, (place: Place) => Promise<unknown>> = {
  'adding a message': ({ thread }) => ok('POST', `${thread}/messages`, { role: 'user', content: 'one more' }),
  'the first page': ({ thread }) => ok('GET', `${thread}/messages`),
  'the first page, oldest first': ({ thread }) => ok('GET', `${thread}/messages?order=asc`),
  'a page after a cursor': ({ thread, middle }) => ok('GET', `${thread}/messages?after=${middle}&limit=3`),
  'a page before a cursor': ({ thread, middle }) => ok('GET', `${thread}/messages?before=${middle}&limit=3`),
  'reading a message': ({ thread, middle }) => ok('GET', `${thread}/messages/${middle}`),
  'changing a message': ({ thread, middle }) =>
    ok('POST', `${thread}/messages/${middle}`, { metadata: { a: 'b' } }),
  'deleting a message': async ({ thread }) => {
    const { data } = await ok('GET', `${thread}/messages?limit=1&order=asc`);
    await ok('DELETE', `${thread}/messages/${data[0].id}`);
  },
  'a run that sees the last messages (§4.1), from start to end': runToItsEnd,
  'the list of runs': ({ thread }) => ok('GET', `${thread}/runs`),
};

describe('what the store is asked', () => {
  it.each(Object.entries(OPERATIONS))('is the same on a short and on a long thread: %s', async (_, work) => {
    const short = await cost(SHORT, work);
    expect(short).toBeGreaterThan(0);
    expect(await cost(LONG, work)).toBe(short);
  });

  it('does not grow with what a run without instructions looks at, to find a user’s message (§2.9 no. 11)', async () => {
    const { thread, assistant } = places.get(LONG) as Place;
    asked = 0;
    world.sim.script(say('Hi'));
    const truncation_strategy = { type: 'last_messages', last_messages: 1 };
    await ok('POST', `${thread}/runs`, { assistant_id: assistant, truncation_strategy });
    expect(asked).toBeLessThan(40);
  });
});
