import { describe, expect, it } from 'vitest';
import { callFunctions, createSimulator, say, turn } from '../../src/simulator/index.ts';
import { connect, doors, type Major, majors } from './connect.ts';

describe.each(Object.keys(majors) as Major[])('%s', (major) => {
  describe.each(doors)('%s', (door) => {
    it('gets a response', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { major, door });
      sim.script(say('Hello world'));
      const response = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
      expect(response.output_text).toBe('Hello world');
      expect(response.status).toBe('completed');
      expect(response.id).toMatch(/^resp_[0-9a-f]{48}$/);
      expect(sim.responsesRequests[0]?.body).toEqual({ model: 'gpt-4o-mini', input: 'Hi' });
    });

    it('gets a stream in the order of the real API (§4.5)', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { major, door });
      sim.script(turn(say('One two', { deltas: 2 }), callFunctions({ name: 'f', arguments: '{}' })));
      const events = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hi', stream: true });
      const seen = [];
      for await (const event of events) seen.push(event);
      expect(seen.map((event) => event.type)).toEqual([
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
      expect(seen.map((event) => event.sequence_number)).toEqual(seen.map((_, index) => index));
    });

    it('gets errors as its own classes, with the request id', async () => {
      const sim = createSimulator({ apiKey: 'sk-right' });
      const client = await connect(sim, { major, door, apiKey: 'sk-wrong-0000000000' });
      const error = await client.responses.create({ model: 'gpt-4o', input: 'Hi' }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(majors[major].AuthenticationError);
      expect(error.status).toBe(401);
      expect(error.code).toBe('invalid_api_key');
      expect(error.message).toBe(
        '401 Incorrect API key provided: sk-w***********0000. You can find your API key at https://platform.openai.com/account/api-keys.',
      );
    });

    it('uploads a file, reads it back and searches it', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { major, door });
      const file = await client.files.create({
        file: new File(['The garden opens at nine.'], 'garden.txt'),
        purpose: 'assistants',
      });
      expect(file).toMatchObject({
        object: 'file',
        filename: 'garden.txt',
        bytes: 25,
        purpose: 'assistants',
      });
      expect(file.id).toMatch(/^file-[A-Za-z0-9]{22}$/);

      const store = await client.vectorStores.create({ name: 'Garden' });
      await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
      const response = await client.responses.create({
        model: 'gpt-4o-mini',
        input: 'When does the garden open?',
        tools: [{ type: 'file_search', vector_store_ids: [store.id] }],
        include: ['file_search_call.results'],
      });
      expect(response.output[0]).toMatchObject({
        type: 'file_search_call',
        results: [{ file_id: file.id, filename: 'garden.txt', text: 'The garden opens at nine.' }],
      });

      const listed = [];
      for await (const each of client.files.list()) listed.push(each.id);
      expect(listed).toEqual([file.id]);
    });
  });
});

describe('responses.stream() of the SDK', () => {
  it.each(['openai5', 'openai6', 'openai7'] as const)(
    'accumulates the same response in %s',
    async (major) => {
      const sim = createSimulator();
      const client = await connect(sim, { major });
      sim.script(
        turn(
          say('One two three', { deltas: 5 }),
          callFunctions({ name: 'f', arguments: { a: 1 } }, { name: 'g', arguments: { b: [1, 2] } }),
        ),
      );
      const final = await client.responses.stream({ model: 'gpt-4o-mini', input: 'Hi' }).finalResponse();
      expect(final.output[0]).toMatchObject({ content: [{ type: 'output_text', text: 'One two three' }] });
      expect(final.output.map((item) => item.type)).toEqual(['message', 'function_call', 'function_call']);
      expect(final.output[2]).toMatchObject({ name: 'g', arguments: '{"b":[1,2]}' });
    },
  );
});
