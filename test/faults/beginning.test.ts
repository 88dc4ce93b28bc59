/** A run begins: its thread is taken, it is stored, and meanwhile the upstream is asked (§2.1, §4.6). */
import type { KeyvStoreAdapter } from 'keyv';
import { afterEach, expect, it } from 'vitest';
import { createSimulator, httpError } from '../../src/simulator/index.ts';
import { JitteryStore } from './jittery-store.ts';
import { assertAtRest, createWorld, prepare, settledRun, type World } from './world.ts';

/** A store in which the record of a new run is written when it is let through, or fails to be. */
class Gate {
  /** Resolves when somebody stands before it. */
  reached!: Promise<void>;
  #arrive = () => {};
  #open: Promise<void> | undefined;
  letThrough = () => {};
  fail = () => {};

  shut() {
    this.reached = new Promise((resolve) => {
      this.#arrive = resolve;
    });
    this.#open = new Promise((resolve, reject) => {
      this.letThrough = resolve;
      this.fail = () => reject(new Error('The disk is full.'));
    });
    this.#open.catch(() => {});
  }

  async pass(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    this.#arrive();
    await open;
  }
}

class GatedStore extends JitteryStore {
  readonly #gate: Gate;

  constructor(entries: Map<string, string>, gate: Gate) {
    super(entries, () => 0);
    this.#gate = gate;
  }

  override async set(key: string, value: string): Promise<boolean> {
    if (/\/run\/thread_\w+\/run_\w+$/.test(key)) await this.#gate.pass();
    return super.set(key, value);
  }
}

/** A call to the upstream, and what became of its signal. */
interface Call {
  signal: AbortSignal | null | undefined;
}

let world: World;
afterEach(() => world.close());

async function begun() {
  const gate = new Gate();
  const calls: Call[] = [];
  const sim = createSimulator();
  let asked = () => {};
  const called = new Promise<void>((resolve) => {
    asked = resolve;
  });
  world = createWorld({
    sim,
    adapter: (entries) => new GatedStore(entries, gate) as KeyvStoreAdapter,
    fetch: (async (url: string, init: RequestInit) => {
      calls.push({ signal: init.signal });
      asked();
      return sim.fetch(url, init);
    }) as typeof fetch,
  });
  const { assistantId, threadId, runs } = await prepare(world);
  gate.shut();
  let settled = false;
  const start = (body: object = {}) => {
    const answer = world.call('POST', runs, { assistant_id: assistantId, ...body });
    void answer.finally(() => {
      settled = true;
    });
    return answer;
  };
  return { gate, calls, called, start, sim, assistantId, threadId, runs, settled: () => settled };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it('the upstream is asked while the run is being written, and nothing is told before it is', async () => {
  const { gate, called, start, threadId, runs, settled } = await begun();
  const answer = start();
  await Promise.all([called, gate.reached]);
  // The simulator has answered long since.
  await turns(50);
  expect(settled()).toBe(false);
  expect((await world.call('GET', runs)).body.data).toEqual([]);

  gate.letThrough();
  const { status, body } = await answer;
  expect([status, body.status]).toEqual([200, 'queued']);
  expect((await settledRun(world, threadId, body.id)).status).toBe('completed');
  const messages = await world.call('GET', `/threads/${threadId}/messages`);
  expect(messages.body.data.map(({ role }: { role: string }) => role)).toEqual(['assistant', 'user']);
});

it('where the run cannot be written the call is broken off, nothing is left and the thread is free', async () => {
  const { gate, calls, called, start, threadId, assistantId, runs } = await begun();
  const answer = start();
  await Promise.all([called, gate.reached]);
  gate.fail();
  expect((await answer).status).toBe(503);
  expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true]);
  expect((await world.call('GET', runs)).body.data).toEqual([]);

  const again = await world.call('POST', runs, { assistant_id: assistantId });
  expect(again.status).toBe(200);
  expect((await settledRun(world, threadId, again.body.id)).status).toBe('completed');
  await assertAtRest(world, threadId);
});

it('an upstream that refuses the key before the run is written takes it back all the same', async () => {
  const { gate, called, start, sim, threadId } = await begun();
  const before = new Map(world.entries);
  sim.script(httpError(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' }));
  const answer = start();
  await Promise.all([called, gate.reached]);
  await turns(50);
  gate.letThrough();
  const { status, body } = await answer;
  expect([status, body.error.code]).toEqual([401, 'invalid_api_key']);
  // Empty lists and free places stay behind.
  const left = [...world.entries.keys()].filter((key) => !before.has(key) && /\/(run|message)\//.test(key));
  expect(left).toEqual([]);
  await assertAtRest(world, threadId);
});

it('what is asked with messages of its own is asked when these are written', async () => {
  const { gate, calls, start, threadId, sim } = await begun();
  const answer = start({ additional_messages: [{ role: 'user', content: 'And you?' }] });
  await gate.reached;
  await turns(50);
  expect(calls).toEqual([]);
  gate.letThrough();
  const { body } = await answer;
  await settledRun(world, threadId, body.id);
  expect(JSON.stringify(sim.requests.at(-1)?.body)).toContain('And you?');
});
