/** What an engine (`engines/`) hands to the store that is built over it. */
import type { Keyv } from 'keyv';
import type { Locks } from './locks.ts';
import type { Store } from './store.ts';

export interface Engine {
  readonly kind: Store['kind'];
  /** the address, for error messages; its password is removed when it is shown */
  readonly target: string;
  readonly keyv: Keyv;
  /** does one `setMany` of the adapter write all or nothing? */
  readonly atomic: boolean;
  /** goes before every key, where the engine is shared with other programs */
  readonly keyPrefix: string;
  readonly locks: Locks;
  /** lets go of what the engine has opened, locks included */
  close(): Promise<void>;
}
