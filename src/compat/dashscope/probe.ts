/** Finds out what an endpoint that speaks DashScope's dialect has. */
import type { Need } from '../check.ts';
import type { Context } from '../context.ts';
import { CheckFailure, NotApplicable } from '../failure.ts';
import { finishedRun } from '../openai/world.ts';
import type { Turn } from '../script.ts';
import { CALCULATOR, calculates } from './calculator.ts';

/** There is no OpenAI-Beta (§A.1). */
export const dashscopeHeaders = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });

const ASSUMED: readonly Need[] = ['model', 'streaming', 'tools', 'files'];
const SECRET = 'compat-4711';

const probes: Partial<Record<Need, (t: Context) => Promise<boolean>>> = {
  async scripted(t) {
    const { threadId } = await finishedRun(t, [[{ say: SECRET }]]);
    const list = await t.get(`/threads/${threadId}/messages`, { limit: 1 });
    return list.get('data[0].content[0].text.value') === SECRET;
  },
  async code_interpreter(t) {
    const tools = [{ type: 'code_interpreter' }];
    return (await finishedRun(t, [[{ say: 'Hello.' }]], { tools })).run.get('status') === 'completed';
  },
  async calculator(t) {
    const script: Turn[] = [calculates('1+1'), [{ say: '2' }]];
    return (await finishedRun(t, script, { tools: [CALCULATOR] })).run.get('status') === 'completed';
  },
  async auth(t) {
    const headers = { authorization: 'Bearer sk-compat-wrong-key' };
    return (await t.request('GET', '/assistants', { headers })).status === 401;
  },
};

/** @throws CheckFailure when the endpoint does not answer at all */
export async function probeDashscope(t: Context, wanted: ReadonlySet<Need>): Promise<Set<Need>> {
  await t.get('/assistants', { limit: 1 });
  const found = new Set(ASSUMED.filter((need) => wanted.has(need)));
  for (const [need, probe] of Object.entries(probes)) {
    if (!wanted.has(need as Need)) continue;
    const has = await probe(t).catch((error: unknown) => {
      if (error instanceof CheckFailure || error instanceof NotApplicable) return false;
      throw error;
    });
    if (has) found.add(need as Need);
  }
  return found;
}
