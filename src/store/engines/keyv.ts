/** Any Keyv instance or adapter that the user brings. */
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import type { Engine } from '../engine.ts';
import { StoreError } from '../errors.ts';
import { processLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { locksFor } from './locks-for.ts';
import { newKeyv } from './new-keyv.ts';

/** Such a store has no address. */
const TARGET = 'Keyv';

export async function openKeyv(target: Keyv | KeyvStoreAdapter, options: ResolvedOptions): Promise<Engine> {
  const keyv = isKeyv(target) ? target : newKeyv(Keyv, asAdapter(target));
  const adapter = keyv.store as KeyvStoreAdapter & { throwOnErrors?: boolean };
  if ('throwOnErrors' in keyv) keyv.throwOnErrors = true;
  // Redis and Valkey adapters have a switch of their own, off by default
  if ('throwOnErrors' in adapter) adapter.throwOnErrors = true;

  const keyPrefix = `${options.namespace}/`;
  // Keyv doesn't put its namespace before a key that seems to have it already, except in getMany
  if (keyv.namespace?.startsWith(keyPrefix)) {
    throw new StoreError('bad_target', TARGET, `a namespace that begins with ${keyPrefix} is ambiguous`);
  }
  const locks = await locksFor(processLocks(adapter), options);
  return {
    kind: 'keyv',
    target: TARGET,
    keyv,
    atomic: options.atomicSetMany,
    keyPrefix,
    locks,
    close: () => locks.close(),
  };
}

/** Not `instanceof`: the user may have another copy or major of Keyv. */
function isKeyv(target: Keyv | KeyvStoreAdapter): target is Keyv {
  return (
    typeof target === 'object' &&
    target !== null &&
    'store' in target &&
    'hooks' in target &&
    typeof target.get === 'function'
  );
}

function asAdapter(target: KeyvStoreAdapter): KeyvStoreAdapter {
  const methods = ['get', 'set', 'delete', 'clear'] as const;
  const missing = methods.filter((method) => typeof target?.[method] !== 'function');
  if (missing.length === 0) return target;
  throw new StoreError(
    'bad_target',
    TARGET,
    `not a Keyv instance or adapter: it has no ${missing.join(', ')}()`,
  );
}
