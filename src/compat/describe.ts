/** The suite as tests of somebody's own test runner. */
import { CheckFailure } from './failure.ts';
import {
  type CheckResult,
  checksFor,
  closeSession,
  openSession,
  runCheck,
  type SuiteOptions,
} from './run.ts';
import { shown } from './summary.ts';

/** What a test runner may hand to a test. */
export interface TestContext {
  skip?(reason?: string): unknown;
}

/** What of a test runner is used: vitest's, jest's, mocha's, or that of `node:test`. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: (context?: TestContext) => Promise<void>, timeout?: number): unknown;
  afterAll?(body: () => Promise<void>): unknown;
  /** What mocha and `node:test` call it. */
  after?(body: () => Promise<void>): unknown;
}

export type DescribeOptions = Omit<SuiteOptions, 'onResult' | 'concurrency'> & {
  /** Stands above the tests. */
  name?: string;
  /** Of the test runner. By default the globals; vitest has them with `globals: true`. */
  api?: TestApi;
};

/**
 * Registers one test a check. What is not applicable is skipped with its reason, where the test runner can do that.
 *
 * @example
 * import { afterAll, describe, it } from 'vitest';
 * describeCompatibility({ client: new OpenAI({ baseURL }), api: { afterAll, describe, it } });
 *
 * @throws TypeError for options that cannot be used
 */
export function describeCompatibility({ name, api = globals(), ...options }: DescribeOptions): void {
  const checks = checksFor(options);
  let opening: ReturnType<typeof openSession> | undefined;
  const session = () => (opening ??= openSession(options, checks));
  const areas = [...new Set(checks.map(({ area }) => area))];
  api.describe(name ?? `compatibility: ${options.dialect ?? 'openai'}`, () => {
    for (const area of areas) {
      api.describe(area, () => {
        for (const check of checks.filter((one) => one.area === area)) {
          api.it(
            `${check.title} (${check.section})`,
            async (context?: TestContext) =>
              report(await runCheck(await session(), check, options.retries), context),
            60_000,
          );
        }
      });
    }
    const after = api.afterAll ?? api.after;
    after?.(async () => {
      if (opening) await closeSession(await opening);
    });
  });
}

function report({ outcome, reason, failure }: CheckResult, context?: TestContext): void {
  if (outcome === 'not_applicable' && typeof context?.skip === 'function') context.skip(reason);
  if (outcome !== 'failed' || !failure) return;
  const { message, expected, received, curl = '' } = failure;
  throw new CheckFailure(
    `${message}\nexpected  ${shown(expected)}\nreceived  ${shown(received)}\n${curl}`,
    expected,
    received,
  );
}

function globals(): TestApi {
  const { describe, it } = globalThis as Partial<TestApi>;
  if (!describe || !it)
    throw new TypeError('describeCompatibility: there is no global describe and it; give them as `api`');
  return globalThis as unknown as TestApi;
}
