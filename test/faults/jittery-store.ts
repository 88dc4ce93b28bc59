/** A store that takes its time, differently at every operation, and watches what is written to it. */
import type { KeyvStoreAdapter, StoredData } from 'keyv';

export type Random = () => number;

export const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)] as T;

/** Numbers between 0 and 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const OVER = new Set(['completed', 'incomplete', 'failed', 'cancelled', 'expired']);

/** What must hold after every single write, whoever makes it. */
export class Watch {
  readonly violations: string[] = [];
  readonly #statuses = new Map<string, string>();
  readonly #active = new Map<string, Set<string>>();
  readonly #deleted = new Set<string>();

  wrote(key: string, value: string): void {
    const thread = /\/thread\/(thread_\w+)$/.exec(key)?.[1];
    if (thread && this.#deleted.has(thread)) this.violations.push(`the deleted thread ${thread} came back`);
    const [, threadId, runId] = /\/run\/(thread_\w+)\/(run_\w+)$/.exec(key) ?? [];
    if (threadId && runId) this.#run(threadId, runId, statusIn(value));
  }

  removed(key: string): void {
    const thread = /\/thread\/(thread_\w+)$/.exec(key)?.[1];
    if (thread) this.#deleted.add(thread);
    const [, threadId, runId] = /\/run\/(thread_\w+)\/(run_\w+)$/.exec(key) ?? [];
    if (threadId && runId) this.#active.get(threadId)?.delete(runId);
  }

  #run(threadId: string, runId: string, status: string): void {
    const before = this.#statuses.get(runId);
    if (before && OVER.has(before) && before !== status) {
      this.violations.push(`${runId} was ${before} and became ${status}`);
    }
    this.#statuses.set(runId, status);
    const active = this.#active.get(threadId) ?? new Set();
    this.#active.set(threadId, active);
    if (OVER.has(status)) active.delete(runId);
    else active.add(runId);
    if (active.size > 1)
      this.violations.push(`${threadId} has ${active.size} active runs: ${[...active].join(', ')}`);
  }
}

/** Keyv's envelope holds the store's, which holds the record. */
function statusIn(value: string): string {
  const { value: sealed } = JSON.parse(value) as { value: { d: { run: { status: string } } } };
  return sealed.d.run.status;
}

/** Between an operation's beginning and its effect, and between that and its end, anything may happen. */
export class JitteryStore implements KeyvStoreAdapter {
  opts = {};
  namespace?: string;
  readonly #entries: Map<string, string>;
  readonly #random: Random;
  readonly #watch: Watch | undefined;

  constructor(entries: Map<string, string>, random: Random, watch?: Watch) {
    this.#entries = entries;
    this.#random = random;
    this.#watch = watch;
  }

  on(): this {
    return this;
  }

  async #pause(): Promise<void> {
    for (let ticks = Math.floor(this.#random() * 4); ticks > 0; ticks--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    await this.#pause();
    const value = this.#entries.get(key) as StoredData<Value> | undefined;
    await this.#pause();
    return value;
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    await this.#pause();
    const values = keys.map((key) => this.#entries.get(key) as StoredData<Value | undefined>);
    await this.#pause();
    return values;
  }

  async set(key: string, value: string): Promise<boolean> {
    await this.#pause();
    this.#entries.set(key, value);
    this.#watch?.wrote(key, value);
    await this.#pause();
    return true;
  }

  async delete(key: string): Promise<boolean> {
    await this.#pause();
    const had = this.#entries.delete(key);
    this.#watch?.removed(key);
    await this.#pause();
    return had;
  }

  async clear(): Promise<void> {
    this.#entries.clear();
  }
}
