/** `createAndPoll` against the bare call, when the model takes its time. */
import OpenAI from 'openai';
import { withAssistants } from '../../src/index.ts';
import { inTurns, ratio, spawn, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';

export async function pollRows(): Promise<Row[]> {
  const upstream = await spawn('./servers/upstream.ts');
  const client = () => new OpenAI({ apiKey: 'sk-bench', baseURL: upstream.said });
  const bare = client();
  const shim = withAssistants(client(), { store: 'memory:' });
  const instructions = JSON.stringify({ deltas: 1, delayMs: 300 });
  const { id: assistant_id } = await shim.beta.assistants.create({ model: 'gpt-4o', instructions });
  const times = await inTurns(
    {
      bare: () => bare.responses.create({ model: 'gpt-4o', input: 'hi', instructions }),
      poll: async () => {
        const { id } = await shim.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
        const began = performance.now();
        const run = await shim.beta.threads.runs.createAndPoll(id, { assistant_id });
        if (run.status !== 'completed') throw new Error(`The run is ${run.status}.`);
        return performance.now() - began;
      },
    },
    20,
  );
  upstream.end();
  return [
    {
      what: 'createAndPoll, upstream taking 300 ms',
      reference: 'responses.create',
      base: ms(summary(times.bare)),
      ratio: ratio(times.poll, times.bare),
      target: { most: 1.1 },
    },
  ];
}
