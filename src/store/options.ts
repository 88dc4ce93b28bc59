/** How a store is opened, beyond its address. */
import { StoreError } from './errors.ts';

export interface OpenOptions {
  /**
   * Keeps rethread's keys apart from other programs' (and from another rethread's) in a shared Redis or
   * database. Letters, digits, `_` and `-`.
   * @default 'rethread'
   */
  namespace?: string;
  /**
   * A `redis://` address that locks and leases are taken from when the data live elsewhere (`postgres://`,
   * or a Keyv that every host reaches): the store's reach is then `cluster`.
   */
  locks?: string;
  /**
   * How long a lock outlives a process that died inside a critical section, in milliseconds. A process that is
   * stopped for longer loses its lock.
   * @default 10000
   */
  lockTtlMs?: number;
  /**
   * For a Keyv instance or adapter: does one `setMany` write all of its entries or none? When it doesn't,
   * entries are written one after another, in their order.
   * @default false
   */
  atomicSetMany?: boolean;
  /** Told of settings that endanger data, such as a Redis that evicts keys. Default: `console.warn`. */
  warn?: (message: string) => void;
}

/** {@link OpenOptions} with nothing left out. */
export type ResolvedOptions = Required<Omit<OpenOptions, 'locks'>> & { locks: string | undefined };

/** @throws StoreError `bad_target` for what cannot be */
export function resolveOptions(options: OpenOptions): ResolvedOptions {
  const { namespace = 'rethread', lockTtlMs = 10_000 } = options;
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(namespace)) {
    throw new StoreError(
      'bad_target',
      namespace,
      'a namespace is made of lower-case letters, digits and "_", up to 41',
    );
  }
  if (!(lockTtlMs >= 100)) {
    throw new StoreError(
      'bad_target',
      String(lockTtlMs),
      'lockTtlMs is a number of milliseconds, at least 100',
    );
  }
  return {
    namespace,
    lockTtlMs,
    locks: options.locks,
    atomicSetMany: options.atomicSetMany ?? false,
    warn: options.warn ?? ((message) => console.warn(message)),
  };
}
