import type OpenAI from 'openai6';
import { describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { connect } from './connect.ts';

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Input = OpenAI.Responses.ResponseInputItem[];

async function ask(input: string | Input, more: Partial<Params> = {}, sim: Simulator = createSimulator()) {
  const client = await connect(sim);
  return client.responses.create({ model: 'gpt-4o', input, ...more });
}

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'Get the current weather in a given city',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
      days: { type: 'integer' },
    },
    required: ['city', 'unit', 'days'],
  },
  strict: false,
};
const time = {
  type: 'function' as const,
  name: 'getTime',
  description: 'Tells what time it is',
  parameters: { type: 'object', properties: {} },
  strict: false,
};

function calls(response: OpenAI.Responses.Response) {
  return response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
}

describe('The default script talks', () => {
  it('back, with what was said', async () => {
    expect((await ask('The sky is green.')).output_text).toContain('The sky is green.');
  });

  it('the same way to the same request', async () => {
    expect((await ask('Hello')).output).toEqual((await ask('Hello')).output);
  });

  it('about what was said before', async () => {
    const before: Input = [
      { role: 'user', content: 'I like tea.' },
      { role: 'assistant', content: 'Noted.' },
    ];
    expect((await ask([...before, { role: 'user', content: 'What did I say?' }])).output_text).toContain(
      'I like tea.',
    );
    expect((await ask('What did I say?')).output_text).not.toContain('tea');
  });

  it('to one whose name it was told', async () => {
    const before: Input = [{ role: 'user', content: 'Hi, my name is Grace Hopper.' }];
    expect((await ask([...before, { role: 'user', content: "What's my name?" }])).output_text).toBe(
      'Your name is Grace Hopper.',
    );
    expect((await ask('What is my name?')).output_text).toBe('You have not told me your name yet.');
  });

  it('no longer than it may', async () => {
    const response = await ask('word '.repeat(50), { max_output_tokens: 16 });
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(response.usage?.output_tokens).toBeLessThanOrEqual(16);
    expect(response.output_text).not.toBe('');
  });
});

describe('The default script calls functions', () => {
  it('when the message is about one, with arguments from the message', async () => {
    const response = await ask('What is the weather in New York for 3 days, in Fahrenheit?', {
      tools: [time, weather],
    });
    expect(calls(response).map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([
      ['get_weather', { city: 'New York', unit: 'fahrenheit', days: 3 }],
    ]);
  });

  it('of any way of writing names', async () => {
    expect(calls(await ask('What time is it?', { tools: [weather, time] }))[0]?.name).toBe('getTime');
  });

  it('not when the message is about something else, and not when it is told not to', async () => {
    expect(calls(await ask('Tell me a joke', { tools: [weather, time] }))).toEqual([]);
    expect(calls(await ask('Weather in Rome?', { tools: [weather], tool_choice: 'none' }))).toEqual([]);
  });

  it('when it must', async () => {
    expect(
      calls(await ask('Tell me a joke', { tools: [weather, time], tool_choice: 'required' })),
    ).toHaveLength(1);
    const named = await ask('Weather in Rome?', {
      tools: [weather, time],
      tool_choice: { type: 'function', name: 'getTime' },
    });
    expect(calls(named)[0]?.name).toBe('getTime');
  });

  it('once, and then answers with the output', async () => {
    const sim = createSimulator();
    const question: Input = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const first = await ask(question, { tools: [weather] }, sim);
    const call = calls(first)[0];
    const answer = await ask(
      [
        ...question,
        ...(first.output as Input),
        {
          type: 'function_call_output',
          call_id: call?.call_id ?? '',
          output: '{"temperature":22,"sky":"clear"}',
        },
      ],
      { tools: [weather] },
      sim,
    );
    expect(calls(answer)).toEqual([]);
    expect(answer.output_text).toBe('Here is what I found: get weather says temperature: 22, sky: clear.');
  });

  it('after some reasoning, when its model reasons; all of it can be sent back', async () => {
    const sim = createSimulator();
    const question: Input = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const more = {
      model: 'o4-mini',
      tools: [weather],
      store: false,
      include: ['reasoning.encrypted_content' as const],
    };
    const first = await ask(question, more, sim);
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call']);
    const call_id = calls(first)[0]?.call_id ?? '';
    const second = await ask(
      [...question, ...(first.output as Input), { type: 'function_call_output', call_id, output: 'Sunny' }],
      more,
      sim,
    );
    expect(second.output_text).toContain('Sunny');
  });
});

describe('The default script searches files', () => {
  it('and cites what it finds, at the place of the marker', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const file = sim.addFile('handbook.md', '# Handbook\n\nStaff have 30 days of holiday. Lunch is at noon.');
    const store = await client.vectorStores.create({ file_ids: [file.id] });
    const tools = [{ type: 'file_search' as const, vector_store_ids: [store.id] }];
    const response = await ask('How many days of holiday do I have?', { tools }, sim);
    expect(response.output.map(({ type }) => type)).toEqual(['file_search_call', 'message']);
    expect(response.output_text).toBe('According to handbook.md: Staff have 30 days of holiday.');
    const message = response.output[1];
    const part = message?.type === 'message' ? message.content[0] : undefined;
    expect(part).toMatchObject({
      annotations: [{ type: 'file_citation', file_id: file.id, filename: 'handbook.md', index: 55 }],
    });
    expect((await ask('Who painted it?', { tools }, sim)).output.map(({ type }) => type)).toEqual([
      'message',
    ]);
  });
});

describe('The default script runs code', () => {
  const tools = [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }];
  const include = ['code_interpreter_call.outputs' as const];

  it.each([
    ['What is 17 * 23 + 2?', '393'],
    ['Calculate 2 ^ 10 / 4', '256'],
    ['Compute the average of 2, 4 and 9', '5'],
    ['What is the sum of 1 and 2 and 3.5?', '6.5'],
  ])('to calculate: %s', async (question, result) => {
    const response = await ask(question, { tools, include });
    expect(response.output[0]).toMatchObject({
      type: 'code_interpreter_call',
      outputs: [{ type: 'logs', logs: `${result}\n` }],
    });
    expect(response.output_text).toBe(`The result is ${result}.`);
  });

  it('to make a file, and mentions where it is', async () => {
    const response = await ask('Please make a CSV file with squares', { tools });
    const message = response.output[1];
    const part = message?.type === 'message' ? message.content[0] : undefined;
    const annotation = part?.type === 'output_text' ? part.annotations[0] : undefined;
    expect(annotation).toMatchObject({ type: 'container_file_citation', filename: 'data.csv' });
    expect(response.output_text).toContain('sandbox:/mnt/data/data.csv');
  });

  it('to plot, as an image and a file', async () => {
    const response = await ask('Plot x squared', { tools, include });
    expect(response.output[0]).toMatchObject({
      outputs: [{ type: 'image', url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) }],
    });
    expect(response.output[1]).toMatchObject({
      content: [{ annotations: [{ filename: 'plot.png', start_index: 0, end_index: 0 }] }],
    });
  });

  it('only when asked for it, or told to', async () => {
    expect((await ask('Hello', { tools })).output[0]?.type).toBe('message');
    const forced = await ask('Hello', { tools, tool_choice: { type: 'code_interpreter' } });
    expect(forced.output[0]?.type).toBe('code_interpreter_call');
  });
});

describe('The default script writes JSON', () => {
  it('in JSON mode', async () => {
    const response = await ask('Answer in JSON: hello', { text: { format: { type: 'json_object' } } });
    expect(JSON.parse(response.output_text)).toEqual({ answer: expect.any(String) });
  });

  it('that a schema allows', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 6 },
        kind: { enum: ['a', 'b'] },
        age: { type: 'integer', minimum: 18 },
        tags: { type: 'array', items: { $ref: '#/$defs/tag' }, minItems: 2 },
        note: { anyOf: [{ type: 'null' }, { type: 'string' }] },
        when: { type: 'string', format: 'date' },
        left_out: { type: 'string' },
      },
      required: ['name', 'kind', 'age', 'tags', 'note', 'when'],
      $defs: { tag: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] } },
    };
    const response = await ask('x', { text: { format: { type: 'json_schema', name: 'x', schema } } });
    const value = JSON.parse(response.output_text);
    expect(value).toEqual({
      name: expect.stringMatching(/^.{6,}$/),
      kind: 'a',
      age: 18,
      tags: [{ on: true }, { on: true }],
      note: null,
      when: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    });
  });
});
