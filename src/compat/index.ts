/**
 * The Assistants API, written down so that it can be checked: whatever claims to speak it can be put behind this suite.
 *
 * @module
 */
import type { Check, Dialect } from './check.ts';
import { dialects } from './dialects.ts';

export { type Check, type Dialect, type Evidence, NEEDS, type Need } from './check.ts';
export { type DescribeOptions, describeCompatibility, type TestApi } from './describe.ts';
export { CheckFailure } from './failure.ts';
export { junit } from './junit.ts';
export { type CheckResult, type Report, runSuite, type SuiteOptions } from './run.ts';
export type { Piece as ScriptPiece, Script, Turn as ScriptTurn } from './script.ts';
export { notation, readScript } from './script.ts';
export type { Sdks } from './sdk.ts';
export { summary } from './summary.ts';
export type { ClientLike, Handler, TargetOptions } from './target.ts';

/** The checks of a dialect, as data. */
export function checksOf(dialect: Dialect): readonly Check[] {
  return dialects[dialect]?.checks ?? [];
}
