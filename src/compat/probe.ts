/** Finds out what an endpoint has, so that checks of what it hasn't are not applicable. */
import type { Need } from './check.ts';
import type { Context } from './context.ts';
import { CheckFailure, NotApplicable } from './failure.ts';
import { finishedRun } from './openai/world.ts';

export type Probes = Partial<Record<Need, (t: Context) => Promise<boolean>>>;

const SECRET = 'compat-4711';

/** What is found out in the same way whatever the dialect. */
const COMMON: Probes = {
  async scripted(t) {
    const { threadId } = await finishedRun(t, [[{ say: SECRET }]]);
    const list = await t.get(`/threads/${threadId}/messages`, { limit: 1 });
    return list.get('data[0].content[0].text.value') === SECRET;
  },
  async auth(t) {
    const headers = { authorization: 'Bearer sk-compat-wrong-key' };
    return (await t.request('GET', '/assistants', { headers })).status === 401;
  },
};

/**
 * @param assumed what is taken to be there until somebody says it isn't
 * @param own what is found out in this dialect's way
 * @returns what is wanted and there
 * @throws CheckFailure when the endpoint does not answer at all
 */
export async function probe(
  t: Context,
  wanted: ReadonlySet<Need>,
  assumed: readonly Need[],
  own: Probes,
): Promise<Set<Need>> {
  await t.get('/assistants', { limit: 1 });
  const found = new Set(assumed.filter((need) => wanted.has(need)));
  const probes = Object.entries({ ...COMMON, ...own }) as [Need, (t: Context) => Promise<boolean>][];
  await Promise.all(
    probes.map(async ([need, has]) => {
      if (wanted.has(need) && (await has(t).catch(refused))) found.add(need);
    }),
  );
  return found;
}

/** What can't be had isn't there; anything else is a fault of the suite. */
function refused(error: unknown): false {
  if (error instanceof CheckFailure || error instanceof NotApplicable) return false;
  throw error;
}
