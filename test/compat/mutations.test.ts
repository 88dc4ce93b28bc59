/**
 * Every check can fail (issue 6): rethread's right answers are recorded, one thing in them is made wrong, and the check is
 * run again on what was recorded, until it has been seen to fail. That a check cannot be prepared is no such failure.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/compat/check.ts';
import type { Session } from '../../src/compat/context.ts';
import { checksOf, type Dialect } from '../../src/compat/index.ts';
import { closeSession, openSession, runCheck } from '../../src/compat/run.ts';
import { type Mutation, mutations, statusMutations } from './mutate.ts';
import { type Recorded, recording, replaying } from './replay.ts';
import { API_KEY, type Rethread, rethread, settings } from './rethread.ts';

/** What answers, and the checks that are put to it. Those of expiry need runs that expire soon. */
const SUBJECTS: [name: string, { dialect: Dialect; runExpiry?: number; has(check: Check): boolean }][] = [
  ['openai', { dialect: 'openai', has: ({ needs }) => !needs.includes('expiry') }],
  [
    'openai with runs of a second',
    { dialect: 'openai', runExpiry: 1, has: ({ needs }) => needs.includes('expiry') },
  ],
  ['dashscope', { dialect: 'dashscope', has: () => true }],
];

/** CI asks for all of them; otherwise each fourth check, and of those for several majors of the SDK those for the newest. */
const ALL = process.env['MUTATIONS'] === 'all';
const OTHER_MAJORS = /^sdk[456]\./;
const isAsked = ({ id }: Check, at: number) => ALL || (at % 4 === 0 && !OTHER_MAJORS.test(id));

const fresh = (session: Session, target: Session['target']): Session => ({
  ...session,
  target,
  fixtures: new Map(),
  fixtureWires: [],
});

async function record(session: Session, check: Check): Promise<Recorded[]> {
  const tape: Recorded[] = [];
  const own = fresh(session, recording(session.target, tape));
  const { outcome, failure, reason } = await runCheck(own, check, 0, false);
  expect({ outcome, failure, reason }).toEqual({ outcome: 'passed' });
  const made = tape.slice();
  await closeSession(own);
  return check.needs.includes('expiry') ? withoutRepeats(made) : made;
}

/** Polls that found the same as the one before: waiting for them again at every mutation shows nothing. */
const withoutRepeats = (tape: readonly Recorded[]) =>
  tape.filter(({ key, body }, at) => tape[at - 1]?.key !== key || tape[at - 1]?.body !== body);

/** @returns whether the check failed by what it says, on nothing but what was recorded */
async function fails(session: Session, check: Check, tape: readonly Recorded[]) {
  const target = replaying(session.target, tape);
  const { outcome, failure } = await runCheck(fresh({ ...session, timeout: 500 }, target), check, 0, false);
  const own = outcome === 'failed' && !failure?.message.startsWith('could not prepare') && !target.strayed();
  return { own, outcome, failure };
}

/** Mutations of what the check's own sentence speaks of come first. */
function* inOrder({ id, title, area }: Check, tape: readonly Recorded[]): Generator<Mutation> {
  const words = `${id} ${title}`.toLowerCase().replaceAll(/[-_.]/g, ' ');
  const all = [...mutations(tape)];
  const rank = ({ key, kind }: Mutation) => {
    if ((kind === 'frame' && /^(streams|sdk)$/.test(area)) || (kind === 'header' && area === 'headers'))
      return 0;
    return key.length > 1 && words.includes(key.toLowerCase().replaceAll(/[-_.]/g, ' ')) ? 1 : 2;
  };
  for (const wanted of [0, 1, 2]) yield* all.filter((mutation) => rank(mutation) === wanted);
  yield* statusMutations(tape);
}

describe.each(SUBJECTS)('%s: every check is seen to fail', (_, { dialect, runExpiry, has }) => {
  let subject: Rethread;
  let session: Session;
  const checks = checksOf(dialect).filter(has).filter(isAsked);
  const expiring = runExpiry === undefined ? {} : { expirySeconds: runExpiry };
  beforeAll(async () => {
    subject = rethread({ store: 'memory:', ...(runExpiry !== undefined && { runExpiry }) });
    const { handler } = subject;
    session = await openSession(
      { ...settings[dialect], ...expiring, handler, apiKey: API_KEY, dialect },
      checks,
    );
  });
  afterAll(() => subject.close());

  const areas = [...new Set(checks.map(({ area }) => area))];
  it.each(areas)('%s', { timeout: 60_000 }, async (area) => {
    const unseen: string[] = [];
    for (const check of checks.filter((one) => one.area === area)) {
      const tape = await record(session, check);
      const { outcome, failure } = await fails(session, check, tape);
      expect({ id: check.id, outcome, failure }).toEqual({ id: check.id, outcome: 'passed' });
      let tried = 0;
      let caught: Mutation | undefined;
      for (const mutation of inOrder(check, tape)) {
        tried += 1;
        if (!(await fails(session, check, mutation.tape())).own) continue;
        caught = mutation;
        break;
      }
      if (process.env['SHOW_MUTATIONS']) console.log(check.id, tried, caught?.name ?? 'NOTHING');
      if (!caught) unseen.push(check.id);
    }
    expect(unseen).toEqual([]);
  });
});
