/** Runs checks against an endpoint and tells what became of each. */
import PQueue from 'p-queue';
import type { Check, Dialect, Need } from './check.ts';
import { createContext, type Session } from './context.ts';
import { type DialectSuite, dialects } from './dialects.ts';
import { toCurl } from './exchange.ts';
import { CheckFailure, NotApplicable } from './failure.ts';
import { installedSdks, type Sdks } from './sdk.ts';
import { matches } from './select.ts';
import { openTarget, type TargetOptions } from './target.ts';

export interface SuiteOptions extends TargetOptions {
  /** @default 'openai' */
  dialect?: Dialect;
  /** Model that assistants and runs are made with. */
  model?: string;
  /** Checks to run, and checks to leave out: ids or beginnings of ids, areas, sections (`§2.9`), evidence tags, operations. */
  only?: readonly string[];
  skip?: readonly string[];
  /** What the endpoint doesn't claim; see {@link Need}. */
  without?: readonly Need[];
  /** Whether the model follows scripts. By default that is found out. */
  mode?: 'scripted' | 'live';
  /** Seconds in which this endpoint's runs expire; without it, expiry is not waited for. */
  expirySeconds?: number;
  /** Majors of the openai package to use. By default those that are installed as openai4 … openai7 or openai. */
  sdks?: Sdks;
  /** Checks at a time. @default 8, with a live model 4 */
  concurrency?: number;
  /** How often a check that reaches a live model is tried again. @default 2 */
  retries?: number;
  /** Milliseconds for one request or one run. @default 30000, with a live model 120000 */
  timeout?: number;
  onResult?(result: CheckResult, progress: { done: number; total: number }): void;
}

/** What a check is, without what carries it out. */
type Told = Pick<Check, 'id' | 'title' | 'section' | 'evidence' | 'dialect' | 'area' | 'operation'>;

export interface CheckResult extends Told {
  outcome: 'passed' | 'failed' | 'not_applicable';
  /** Why it is not applicable. */
  reason?: string;
  failure?: { message: string; expected: unknown; received: unknown; curl?: string };
  attempts: number;
  durationMs: number;
}

export interface Report {
  dialect: Dialect;
  target: string;
  mode: 'scripted' | 'live';
  claims: Need[];
  passed: number;
  failed: number;
  notApplicable: number;
  durationMs: number;
  checks: CheckResult[];
}

/** @throws TypeError for options that cannot be used @throws CheckFailure when the endpoint does not answer */
export async function runSuite(options: SuiteOptions): Promise<Report> {
  const began = performance.now();
  const chosen = checksFor(options);
  const session = await openSession(options, chosen);
  let done = 0;
  const queue = new PQueue({ concurrency: options.concurrency ?? (session.mode === 'live' ? 4 : 8) });
  const results = await queue.addAll(
    chosen.map((check) => async () => {
      const result = await runCheck(session, check, options.retries);
      done += 1;
      options.onResult?.(result, { done, total: chosen.length });
      return result;
    }),
  );
  await closeSession(session);
  const count = (outcome: CheckResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    dialect: session.dialect,
    target: session.target.baseURL,
    mode: session.mode,
    claims: [...session.claims],
    passed: count('passed'),
    failed: count('failed'),
    notApplicable: count('not_applicable'),
    durationMs: Math.round(performance.now() - began),
    checks: results,
  };
}

function suiteOf(dialect: Dialect = 'openai'): DialectSuite {
  const suite = dialects[dialect];
  if (!suite) throw new TypeError(`there are no checks for the dialect '${dialect}' yet`);
  return suite;
}

/** The checks that are asked for. @throws TypeError when a word of `only` or `skip` names nothing */
export function checksFor(options: SuiteOptions): Check[] {
  return selectChecks(suiteOf(options.dialect).checks, options);
}

/** Deletes what several checks looked at. */
export async function closeSession({ dialect, fixtureWires }: Session): Promise<void> {
  await Promise.all(fixtureWires.map((wire) => suiteOf(dialect).tidyUp(wire)));
}

/** @throws TypeError when a word of `only` or `skip` names nothing */
export function selectChecks(
  checks: readonly Check[],
  { only = [], skip = [] }: Pick<SuiteOptions, 'only' | 'skip'>,
): Check[] {
  for (const word of [...only, ...skip])
    if (!checks.some((check) => matches(check, word))) throw new TypeError(`no check is called '${word}'`);
  const named = (words: readonly string[]) => (check: Check) => words.some((word) => matches(check, word));
  return checks.filter(only.length > 0 ? named(only) : () => true).filter((check) => !named(skip)(check));
}

/** Opens the target and finds out what it has. */
export async function openSession(options: SuiteOptions, checks: readonly Check[]): Promise<Session> {
  const suite = suiteOf(options.dialect);
  const target = openTarget(options);
  const wanted = new Set<Need>(checks.flatMap(({ needs }) => needs));
  for (const need of options.without ?? []) wanted.delete(need);
  // Whether a model follows scripts decides how it is asked, also where no check says that it must.
  if (!options.mode && !options.without?.includes('model')) wanted.add('scripted');
  const session: Session = {
    target,
    dialect: options.dialect ?? 'openai',
    mode: 'scripted',
    model: options.model ?? suite.model,
    claims: new Set<Need>(),
    timeout: options.timeout ?? 30_000,
    expirySeconds: options.expirySeconds,
    sdks: [...wanted].some((need) => need.startsWith('sdk')) ? await installedSdks(options.sdks) : new Map(),
    headers: suite.headers(target.apiKey),
    fixtures: new Map(),
    fixtureWires: [],
  };
  const probing = createContext(session);
  session.fixtureWires.push(probing.wire);
  const claims = await suite.probe(probing, wanted);
  for (const major of session.sdks.keys())
    if (wanted.has(`sdk${major}` as Need)) claims.add(`sdk${major}` as Need);
  if (options.expirySeconds !== undefined && wanted.has('expiry')) claims.add('expiry');
  const mode = options.mode ?? (claims.has('scripted') ? 'scripted' : 'live');
  if (mode === 'live') claims.delete('scripted');
  return { ...session, mode, claims, ...(mode === 'live' && { timeout: options.timeout ?? 120_000 }) };
}

/** A live model may do something else than it is asked; how often it is asked again. */
const LIVE_RETRIES = 2;

/** @param tidy whether to delete what the check has made */
export async function runCheck(
  session: Session,
  check: Check,
  retries = LIVE_RETRIES,
  tidy = true,
): Promise<CheckResult> {
  const { id, title, section, evidence, dialect, area, operation } = check;
  const told: Told = { id, title, section, evidence, dialect, area, operation };
  const began = performance.now();
  const missing = check.needs.find((need) => !session.claims.has(need));
  if (missing)
    return { ...told, outcome: 'not_applicable', reason: without(missing), attempts: 0, durationMs: 0 };
  const most = session.mode === 'live' && check.needs.includes('model') ? 1 + retries : 1;
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(session, check, tidy);
    const durationMs = Math.round(performance.now() - began);
    if (outcome.outcome !== 'failed' || attempts >= most)
      return { ...told, ...outcome, attempts, durationMs };
  }
}

function without(need: Need): string {
  if (need.startsWith('sdk')) return `openai@${need.slice(3)} is not installed`;
  if (need === 'scripted') return 'the model follows no scripts';
  if (need === 'expiry') return 'nobody said that runs expire soon enough to wait for it';
  return `the endpoint has no ${need}`;
}

type Outcome = Pick<CheckResult, 'outcome' | 'reason' | 'failure'>;

async function attempt(session: Session, check: Check, tidy: boolean): Promise<Outcome> {
  const context = createContext(session);
  try {
    await check.run(context);
    return { outcome: 'passed' };
  } catch (error) {
    if (error instanceof NotApplicable) return { outcome: 'not_applicable', reason: error.message };
    return { outcome: 'failed', failure: failureOf(error, context.wire.exchanges.at(-1), session.dialect) };
  } finally {
    if (tidy) await dialects[session.dialect]?.tidyUp(context.wire);
  }
}

function failureOf(
  error: unknown,
  last: CheckFailure['exchange'],
  dialect: Dialect,
): NonNullable<CheckResult['failure']> {
  const { keyVariable } = suiteOf(dialect);
  if (!(error instanceof CheckFailure)) {
    const { name, message } = error as Error;
    return {
      message: `${name}: ${message}`,
      expected: 'no exception',
      received: name,
      ...(last && { curl: toCurl(last, keyVariable) }),
    };
  }
  const { message, expected, received, exchange = last } = error;
  return { message, expected, received, ...(exchange && { curl: toCurl(exchange, keyVariable) }) };
}
