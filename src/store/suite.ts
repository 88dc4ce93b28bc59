/**
 * `rethread/store/suite`: proves that a store keeps what rethread relies on. For anyone who brings a Keyv adapter
 * of their own:
 *
 *     import { describe, it } from 'vitest';
 *     import { storeSuite } from 'rethread/store/suite';
 *
 *     storeSuite({ name: 'my adapter', make: () => openStore(new MyAdapter()), api: { describe, it } });
 */
import type { Store } from './store.ts';
import { type Check, defaultApi, inScratch, type SuiteApi } from './suite/harness.ts';
import { lockChecks } from './suite/locks.ts';
import { crashChecks, logChecks } from './suite/logs.ts';
import { sharedChecks } from './suite/shared.ts';
import { valueChecks } from './suite/values.ts';

export type { SuiteApi } from './suite/harness.ts';

export interface StoreSuiteOptions {
  /** of the store, as it shall stand in the report */
  name: string;
  /** Opens the store. Called in every test; what a test writes is under a prefix of its own and deleted at its end. */
  make: () => Promise<Store>;
  /**
   * Does every store that `make` opens hold the same data? Then two of them at a time are put to the test too.
   * @default false
   */
  shared?: boolean;
  /** `describe` and `it` of vitest, jest, mocha or node:test. Default: the global ones */
  api?: SuiteApi;
  /** of the random walks; the same seed walks the same way */
  seed?: number;
}

/** Registers the tests. Takes a few seconds, and no other package. */
export function storeSuite(options: StoreSuiteOptions): void {
  const { name, make, shared = false, api = defaultApi(), seed = 20260826 } = options;
  const register = (title: string, checks: Check[]) =>
    api.describe(title, () => {
      for (const check of checks) api.it(check.name, () => inScratch(make, check.run));
    });

  api.describe(`store: ${name}`, () => {
    register('values', valueChecks);
    register('locks and leases', lockChecks);
    register('logs', logChecks(seed));
    register('a crash between two writes', crashChecks);
    if (shared) register('two stores over the same data', sharedChecks(make));
  });
}
