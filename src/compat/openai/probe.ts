/** Finds out what an endpoint has, so that checks of what it hasn't are not applicable. */
import type { Need } from '../check.ts';
import type { Context } from '../context.ts';
import { CheckFailure, NotApplicable } from '../failure.ts';
import { finishedRun, newFile } from './world.ts';

export const openaiHeaders = (apiKey: string) => ({
  authorization: `Bearer ${apiKey}`,
  'openai-beta': 'assistants=v2',
});

/** What is taken to be there until somebody says it isn't. */
const ASSUMED: readonly Need[] = ['model', 'streaming', 'tools', 'vision'];

const SECRET = 'compat-4711';

const probes: Partial<Record<Need, (t: Context) => Promise<boolean>>> = {
  async scripted(t) {
    const { threadId } = await finishedRun(t, [[{ say: SECRET }]]);
    const list = await t.get(`/threads/${threadId}/messages`, { limit: 1 });
    return list.get('data[0].content[0].text.value') === SECRET;
  },
  files: async (t) => Boolean(await newFile(t)),
  vector_stores: async (t) => (await t.post('/vector_stores', {})).status === 200,
  code_interpreter: (t) => takesTool(t, 'code_interpreter'),
  file_search: (t) => takesTool(t, 'file_search'),
  async auth(t) {
    const headers = { authorization: 'Bearer sk-compat-wrong-key' };
    return (await t.request('GET', '/assistants', { headers })).status === 401;
  },
};

async function takesTool(t: Context, type: string): Promise<boolean> {
  return (
    (await finishedRun(t, [[{ say: 'Hello.' }]], { tools: [{ type }] })).run.get('status') === 'completed'
  );
}

/** @throws CheckFailure when the endpoint does not answer at all */
export async function probeOpenai(t: Context, wanted: ReadonlySet<Need>): Promise<Set<Need>> {
  await t.get('/assistants', { limit: 1 });
  const found = new Set(ASSUMED.filter((need) => wanted.has(need)));
  const asked = Object.entries(probes).filter(([need]) => wanted.has(need as Need));
  await Promise.all(
    asked.map(async ([need, probe]) => {
      if (await probe(t).catch(refused)) found.add(need as Need);
    }),
  );
  return found;
}

/** What can't be had isn't there; anything else is a fault of the suite. */
function refused(error: unknown): false {
  if (error instanceof CheckFailure || error instanceof NotApplicable) return false;
  throw error;
}
