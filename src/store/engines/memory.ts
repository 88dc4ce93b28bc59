/** `memory:`, for tests: a Map that is gone with the process. */
import { Keyv } from 'keyv';
import type { Engine } from '../engine.ts';
import { processLocks } from '../locks.ts';
import { newKeyv } from './new-keyv.ts';

export function openMemory(): Engine {
  const map = new Map<string, string>();
  const keyv = newKeyv(Keyv, map);
  return {
    kind: 'memory',
    target: 'memory:',
    keyv,
    atomic: false,
    keyPrefix: '',
    locks: processLocks(map),
    close: async () => map.clear(),
  };
}
