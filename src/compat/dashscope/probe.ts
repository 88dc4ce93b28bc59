/** What an endpoint that speaks DashScope's dialect has. */
import type { Need } from '../check.ts';
import type { Context } from '../context.ts';
import { finishedRun } from '../openai/world.ts';
import { type Probes, probe } from '../probe.ts';
import type { Turn } from '../script.ts';
import { CALCULATOR, calculates } from './calculator.ts';

/** There is no OpenAI-Beta (§A.1). */
export const dashscopeHeaders = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });

const ASSUMED: readonly Need[] = ['model', 'streaming', 'tools', 'files'];

const PROBES: Probes = {
  async code_interpreter(t) {
    const tools = [{ type: 'code_interpreter' }];
    return (await finishedRun(t, [[{ say: 'Hello.' }]], { tools })).run.get('status') === 'completed';
  },
  async calculator(t) {
    const script: Turn[] = [calculates('1+1'), [{ say: '2' }]];
    return (await finishedRun(t, script, { tools: [CALCULATOR] })).run.get('status') === 'completed';
  },
};

/** @throws CheckFailure when the endpoint does not answer at all */
export const probeDashscope = (t: Context, wanted: ReadonlySet<Need>): Promise<Set<Need>> =>
  probe(t, wanted, ASSUMED, PROBES);
