/**
 * What a request with an `Idempotency-Key` was answered, so that a retry is answered the same and nothing is done twice.
 *
 * Under the tenant's scope of the store:
 *
 *     once/<key>     Noted               what is known of a key
 *     once-hours     [hour, …]           the hours in which keys came in; each has a log of its keys
 *
 * A key is forgotten with its hour: when another hour begins, those that are over for more than a day are swept.
 */

import type { Entry } from '../store/store.ts';
import { type Domain, locks } from './domain.ts';
import { logOf } from './lists.ts';
import type { PhaseStart } from './runs.ts';

/** Ids that were set aside for what a request creates; from `uploads` those of all its files are derived. */
export type IdsAhead = Partial<Record<'asst_' | 'thread_' | 'msg_' | 'run_' | 'uploads', string>>;

/** What a request was answered: an object, or the stream of a run from an event on. */
export type Answer =
  | { type: 'json'; status: number; body: string; headers: Record<string, string> }
  | ({ type: 'stream'; threadId: string; runId: string } & PhaseStart);

/** A request under its key. */
export interface Noted {
  /** Tells whether another request is the same one. */
  fingerprint: string;
  ids: IdsAhead;
  /** Absent while the request is being carried out, and after a process died over it. */
  answer?: Answer;
}

export interface Ledger {
  /** Everything about one key, one after another. */
  exclusive<T>(key: string, section: () => Promise<T>): Promise<T>;
  /** Undefined for a key that was not used within a day, or whose request was refused. */
  find(key: string): Promise<Noted | undefined>;
  /** Before a request is carried out for the first time, or again. */
  begin(key: string, noted: Noted): Promise<void>;
  finish(key: string, noted: Noted): Promise<void>;
  /** The request was refused and left nothing behind: its key is free again. */
  drop(key: string): Promise<void>;
}

const HOUR_MS = 60 * 60 * 1000;
const KEPT_MS = 24 * HOUR_MS;

const HOURS = 'once-hours';
const keyOf = (key: string) => `once/${key}`;
const logName = (hour: number) => `once-hour/${hour}`;

interface Stored {
  /** Unix milliseconds. */
  at: number;
  /** In whose log the key stands. */
  hour: number;
  noted: Noted | null;
}

/** Survives the process, and is seen by all processes that share the store. */
export function storeLedger(domain: Domain): Ledger {
  const { store } = domain;
  const load = (key: string) => store.get<Stored>(keyOf(key));
  const replace = async (key: string, noted: Noted | null) => {
    const stored = await load(key);
    if (stored) await store.set(keyOf(key), { ...stored, noted } satisfies Stored);
  };
  return {
    exclusive: (key, section) => store.lock(keyOf(key), section),
    async find(key) {
      const stored = await load(key);
      return stored?.noted && domain.now() - stored.at < KEPT_MS ? stored.noted : undefined;
    },
    async begin(key, noted) {
      const at = domain.now();
      const hour = Math.floor(at / HOUR_MS);
      const before = await load(key);
      const stored: Stored = { at, hour, noted };
      if (before?.hour === hour) return store.set(keyOf(key), stored);
      await store.lock(locks.list(HOURS), async () => {
        const opening = await openHour(domain, hour);
        const { writes } = await logOf(store, logName(hour)).append([key]);
        await store.setMany([...opening, ...writes, [keyOf(key), stored]]);
      });
    },
    finish: replace,
    drop: (key) => replace(key, null),
  };
}

/** What to write when the first key of an hour comes in; those of long ago go. */
async function openHour(domain: Domain, hour: number): Promise<Entry[]> {
  const hours = (await domain.store.get<number[]>(HOURS)) ?? [];
  if (hours.includes(hour)) return [];
  const { left } = await sweep(domain, hours);
  return [[HOURS, [...left, hour]]];
}

/** Removes what is left of keys that came in more than a day ago. @returns how many keys that were */
export function sweepLedger(domain: Domain): Promise<number> {
  return domain.store.lock(locks.list(HOURS), async () => {
    const { left, swept } = await sweep(domain, (await domain.store.get<number[]>(HOURS)) ?? []);
    if (swept > 0) await domain.store.set(HOURS, left);
    return swept;
  });
}

async function sweep({ store, now }: Domain, hours: readonly number[]) {
  const over = hours.filter((hour) => now() - (hour + 1) * HOUR_MS >= KEPT_MS);
  let swept = 0;
  for (const hour of over) {
    const log = logOf(store, logName(hour));
    const keys = await log.all();
    const found = await store.getMany<Stored>(keys.map(keyOf));
    // A key that was used again later belongs to that hour.
    const old = keys.filter((_, at) => found[at]?.hour === hour).map(keyOf);
    await store.delete([...old, ...(await log.keys())]);
    swept += keys.length;
  }
  return { left: hours.filter((hour) => !over.includes(hour)), swept };
}
