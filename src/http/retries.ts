/**
 * The ledger for keys that an SDK makes up for its own retries: these come from the process that holds the answer, so
 * remembering it in memory, for as long as an SDK tries again, is enough.
 */
import { LRUCache } from 'lru-cache';
import type { Ledger, Noted } from '../assistants/ledger.ts';
import { ProcessMutexes } from '../store/locks.ts';

/** An SDK waits ten minutes for an answer, and tries again within one. */
const KEPT_MS = 15 * 60_000;
/** Characters of all answers together. */
const MOST = 16 * 1024 * 1024;

export function memoryLedger(): Ledger {
  const noted = new LRUCache<string, Noted>({
    maxSize: MOST,
    sizeCalculation: ({ answer }) => 200 + (answer?.type === 'json' ? answer.body.length : 0),
    ttl: KEPT_MS,
  });
  const mutexes = new ProcessMutexes();
  return {
    exclusive: (key, section) => mutexes.run(key, section),
    find: async (key) => noted.get(key),
    begin: async (key, one) => void noted.set(key, one),
    finish: async (key, one) => void noted.set(key, one),
    drop: async (key) => void noted.delete(key),
  };
}
