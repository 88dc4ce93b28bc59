/** What an endpoint that speaks OpenAI's dialect has. */
import type { Need } from '../check.ts';
import type { Context } from '../context.ts';
import { type Probes, probe } from '../probe.ts';
import { finishedRun, newFile } from './world.ts';

export const openaiHeaders = (apiKey: string) => ({
  authorization: `Bearer ${apiKey}`,
  'openai-beta': 'assistants=v2',
});

const ASSUMED: readonly Need[] = ['model', 'streaming', 'tools', 'vision'];

const PROBES: Probes = {
  files: async (t) => Boolean(await newFile(t)),
  vector_stores: async (t) => (await t.post('/vector_stores', {})).status === 200,
  code_interpreter: (t) => takesTool(t, 'code_interpreter'),
  file_search: (t) => takesTool(t, 'file_search'),
};

async function takesTool(t: Context, type: string): Promise<boolean> {
  return (
    (await finishedRun(t, [[{ say: 'Hello.' }]], { tools: [{ type }] })).run.get('status') === 'completed'
  );
}

/** @throws CheckFailure when the endpoint does not answer at all */
export const probeOpenai = (t: Context, wanted: ReadonlySet<Need>): Promise<Set<Need>> =>
  probe(t, wanted, ASSUMED, PROBES);
