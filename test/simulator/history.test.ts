import type OpenAI from 'openai6';
import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  createSimulator,
  reason,
  type Simulator,
  say,
  turn,
} from '../../src/simulator/index.ts';
import { call, connect, refused } from './connect.ts';

type Output = OpenAI.Responses.Response['output'];

const tools = [{ type: 'function', name: 'f', parameters: { type: 'object' } }];
const user = { role: 'user', content: 'Hi' };

/** A response whose model reasoned and then called a function twice, and what is needed to go on from it. */
async function reasoned(
  body: Record<string, unknown> = {},
): Promise<{ sim: Simulator; id: string; output: Output }> {
  const sim = createSimulator();
  sim.script(turn(reason('Hm'), callFunctions({ name: 'f' }, { name: 'f' })));
  const response = await call(sim, 'POST', '/responses', {
    model: 'o4-mini',
    input: [user],
    tools,
    include: ['reasoning.encrypted_content'],
    ...body,
  });
  const { id, output } = (await response.json()) as { id: string; output: Output };
  return { sim, id, output };
}

function outputsFor(output: Output): Record<string, unknown>[] {
  return output.flatMap((item) =>
    item.type === 'function_call'
      ? [{ type: 'function_call_output', call_id: item.call_id, output: 'done' }]
      : [],
  );
}

async function next(sim: Simulator, input: unknown[], body: Record<string, unknown> = {}) {
  const response = await call(sim, 'POST', '/responses', {
    model: 'o4-mini',
    input,
    tools,
    store: false,
    ...body,
  });
  const json = (await response.json()) as {
    error?: { message: string; param: string | null; code: string | null };
  };
  return { status: response.status, ...json.error };
}

describe('Calls and outputs (§4.2)', () => {
  it('a call without its output is refused', async () => {
    const input = [user, { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }];
    expect(await refused({ model: 'gpt-4o', input })).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: 'No tool output found for function call call_1.',
      param: 'input',
      code: null,
    });
  });

  it('an output without its call is refused', async () => {
    const input = [user, { type: 'function_call_output', call_id: 'call_1', output: 'x' }];
    expect(await refused({ model: 'gpt-4o', input })).toMatchObject({
      status: 400,
      message: 'No tool call found for function call output with call_id call_1.',
      param: 'input',
    });
  });

  it('an output that comes before its call is refused', async () => {
    const input = [
      user,
      { type: 'function_call_output', call_id: 'call_1', output: 'x' },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
    ];
    expect((await refused({ model: 'gpt-4o', input })).status).toBe(400);
  });

  it('all of parallel calls are answered, or none', async () => {
    const { sim, output } = await reasoned();
    expect((await next(sim, [user, ...output, ...outputsFor(output)])).status).toBe(200);
    expect((await next(sim, [user, ...output, ...outputsFor(output).slice(1)])).message).toMatch(
      /^No tool output found for function call call_\w{24}\.$/,
    );
  });
});

describe('Reasoning items (§4.3)', () => {
  it('a function call with its id needs the reasoning item that came before it', async () => {
    const { sim, output } = await reasoned();
    const [reasoning, first, second] = output;
    for (const input of [
      [user, first, second, ...outputsFor(output)],
      [user, first, reasoning, second, ...outputsFor(output)],
    ]) {
      expect(await next(sim, input)).toEqual({
        status: 400,
        message: `Item '${first?.id}' of type 'function_call' was provided without its required 'reasoning' item: '${reasoning?.id}'.`,
        type: 'invalid_request_error',
        param: 'input',
        code: null,
      });
    }
  });

  it('a reasoning item needs what followed it', async () => {
    const { sim, output } = await reasoned();
    expect((await next(sim, [user, output[0]])).message).toBe(
      `Item '${output[0]?.id}' of type 'reasoning' was provided without its required following item.`,
    );
    expect((await next(sim, [output[0], user])).status).toBe(400);
  });

  it('without its encrypted content is not found when its response was not stored', async () => {
    const { sim, output } = await reasoned({ store: false, include: [] });
    expect(output[0]).not.toHaveProperty('encrypted_content');
    expect(await next(sim, [user, ...output, ...outputsFor(output)])).toEqual({
      status: 404,
      message: `Item with id '${output[0]?.id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      type: 'invalid_request_error',
      param: 'input',
      code: null,
    });
  });

  it('without its encrypted content is found when its response was stored', async () => {
    const { sim, output } = await reasoned({ store: true, include: [] });
    expect((await next(sim, [user, ...output, ...outputsFor(output)])).status).toBe(200);
  });

  it('with encrypted content that is not its own is refused', async () => {
    const { sim, output } = await reasoned();
    const [reasoning, ...calls] = output;
    const forged = { ...reasoning, encrypted_content: 'gAAAAABoforged' };
    expect(await next(sim, [user, forged, ...calls, ...outputsFor(output)])).toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
    });
  });

  it('are nothing for a model that does not reason', async () => {
    const { sim, output } = await reasoned();
    expect((await next(sim, [user, ...output, ...outputsFor(output)], { model: 'gpt-4o' })).message).toBe(
      'Reasoning input items can only be provided to a reasoning or computer use model. Remove reasoning items from your input and try again.',
    );
  });
});

describe('Items sent back', () => {
  it('twice with the same id are refused', async () => {
    const { sim, output } = await reasoned();
    const all = [user, ...output, ...outputsFor(output)];
    expect((await next(sim, [...all, output[0], output[1]])).message).toBe(
      `Duplicate item found with id ${output[0]?.id}. Remove duplicate items from your input and try again.`,
    );
  });

  it('may be references when their response was stored', async () => {
    const { sim, output } = await reasoned({ store: true });
    const references = output.map(({ id }) => ({ type: 'item_reference', id }));
    expect((await next(sim, [user, ...references, ...outputsFor(output)])).status).toBe(200);
    const unstored = await reasoned({ store: false });
    const [reference] = unstored.output.map(({ id }) => ({ type: 'item_reference', id }));
    expect((await next(unstored.sim, [user, reference])).status).toBe(404);
  });
});

describe('previous_response_id', () => {
  it('goes on from everything before it, instructions aside', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const model = 'gpt-4o';
    const first = await client.responses.create({
      model,
      input: 'My name is Ada.',
      instructions: 'Be kind.',
    });
    const second = await client.responses.create({
      model,
      input: 'Nice day.',
      previous_response_id: first.id,
    });
    const third = await client.responses.create({
      model,
      input: 'What is my name?',
      previous_response_id: second.id,
    });
    expect(third.output_text).toBe('Your name is Ada.');
    expect(third.previous_response_id).toBe(second.id);
    expect(third.instructions).toBeNull();
    expect(third.usage?.input_tokens).toBeGreaterThan(second.usage?.input_tokens ?? 0);
  });

  it('of a response with open calls wants their outputs', async () => {
    const { sim, id, output } = await reasoned();
    expect((await next(sim, [user], { previous_response_id: id })).message).toMatch(/^No tool output found/);
    expect((await next(sim, outputsFor(output), { previous_response_id: id })).status).toBe(200);
  });

  it('of a response that was not stored, or was deleted, is not found', async () => {
    const unstored = await reasoned({ store: false });
    const expected = (id: string) => ({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      message: `Previous response with id '${id}' not found.`,
    });
    const { sim: one, id: lost } = unstored;
    expect(await next(one, [user], { previous_response_id: lost })).toMatchObject(expected(lost));
    const { sim, id } = await reasoned({ store: true });
    await call(sim, 'DELETE', `/responses/${id}`);
    expect(await next(sim, [user], { previous_response_id: id })).toMatchObject(expected(id));
  });
});

describe('The script', () => {
  it('is told when it makes a model reason that cannot', async () => {
    const sim = createSimulator();
    sim.script(turn(reason('Hm'), say('42')));
    expect(await refused({ model: 'gpt-4o', input: 'Hi' }, sim)).toMatchObject({ code: 'simulator_script' });
  });

  it('sees what the model reads: texts, outputs, earlier responses', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(
      callFunctions({ name: 'f', call_id: 'call_1' }),
      (request) => {
        expect(request.userTexts).toEqual(['One', 'Two']);
        expect(request.lastUserText).toBe('Two');
        expect(request.toolOutputs).toEqual([]);
        return callFunctions({ name: 'f', call_id: 'call_2' });
      },
      (request) => {
        expect(request.toolOutputs).toEqual([{ call_id: 'call_2', name: 'f', output: 'b' }]);
        expect(request.reasoning).toBe(false);
        return say('Done');
      },
    );
    const output = (call_id: string, text: string) => ({
      type: 'function_call_output' as const,
      call_id,
      output: text,
    });
    const model = 'gpt-4o';
    const first = await client.responses.create({ model, input: 'One' });
    const second = await client.responses.create({
      model,
      previous_response_id: first.id,
      input: [output('call_1', 'a'), { role: 'user', content: [{ type: 'input_text', text: 'Two' }] }],
    });
    const third = await client.responses.create({
      model,
      previous_response_id: second.id,
      input: [output('call_2', 'b')],
    });
    expect(third.output_text).toBe('Done');
  });
});
