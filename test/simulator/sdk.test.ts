import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { afterEach, describe, expect, it } from 'vitest';
import { callFunctions, createSimulator, say, turn } from '../../src/simulator/index.ts';

const majors = { openai4: OpenAI4, openai5: OpenAI5, openai6: OpenAI6, openai7: OpenAI7 } as const;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Sim = ReturnType<typeof createSimulator>;
type Door = 'in process' | 'over HTTP';

async function connect(major: keyof typeof majors, sim: Sim, door: Door): Promise<OpenAI6> {
  const options: { apiKey: string; baseURL: string; fetch?: Sim['fetch'] } = {
    apiKey: 'sk-sim',
    baseURL: 'http://simulator.test/v1',
  };
  if (door === 'in process') options.fetch = sim.fetch;
  else {
    const server = await sim.listen();
    closers.push(server.close);
    options.baseURL = server.url;
  }
  const Client = majors[major] as unknown as typeof OpenAI6;
  return new Client({ ...options, maxRetries: 0 });
}

describe.each(Object.keys(majors) as (keyof typeof majors)[])('%s', (major) => {
  describe.each<Door>(['in process', 'over HTTP'])('%s', (door) => {
    it('gets a response', async () => {
      const sim = createSimulator();
      const client = await connect(major, sim, door);
      sim.script(say('Hello world'));
      const response = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
      expect(response.output_text).toBe('Hello world');
      expect(response.status).toBe('completed');
      expect(response.id).toMatch(/^resp_[0-9a-f]{48}$/);
      expect(sim.responsesRequests[0]?.body).toEqual({ model: 'gpt-4o-mini', input: 'Hi' });
    });

    it('gets a stream in the order of the real API (§4.5)', async () => {
      const sim = createSimulator();
      const client = await connect(major, sim, door);
      sim.script(turn(say('One two', { deltas: 2 }), callFunctions({ name: 'f', arguments: '{}' })));
      const stream = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hi', stream: true });
      const events = [];
      for await (const event of stream) events.push(event);
      expect(events.map((event) => event.type)).toEqual([
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.output_item.added',
        'response.function_call_arguments.delta',
        'response.function_call_arguments.done',
        'response.output_item.done',
        'response.completed',
      ]);
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    });
  });
});
