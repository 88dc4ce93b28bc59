/** What an assistant and a run are set to, and what of it the model is told (§4.1, §4.3). */
import { describe, expect, it } from 'vitest';
import type { RethreadOptions } from '../../src/index.ts';
import { callFunctions, say, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { failure, type Rig, ready, rig } from './harness.ts';

const TOOL = { type: 'function' as const, function: { name: 'look' } };
const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};

// biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of request
const sent = (r: Rig, at = -1): any => r.sim.responsesRequests.at(at)?.body;
const words = (input: unknown) => JSON.stringify(input);

type RunParams = Parameters<Rig['beta']['threads']['runs']['createAndPoll']>[1];

async function runWith(r: Rig, assistant: Parameters<typeof ready>[1], params: Partial<RunParams> = {}) {
  const { assistant_id, thread_id } = await ready(r, assistant);
  const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id, ...params } as RunParams);
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  return { run, assistant_id, thread_id };
}

describe.each(majors)('openai $major', (major) => {
  it('JSON mode: the format goes along, and the word that the upstream asks for (§4.3)', async () => {
    const r = rig({ major });
    const { run } = await runWith(r, { response_format: { type: 'json_object' } });
    expect(run.response_format).toEqual({ type: 'json_object' });
    expect(sent(r).text).toEqual({ format: { type: 'json_object' } });
    expect(words(sent(r).input)).toMatch(/json/i);
  });

  it('a JSON schema is flattened, and echoed as it was sent', async () => {
    const r = rig({ major });
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'answer', schema: SCHEMA, strict: true, description: 'An answer' },
    };
    const { run } = await runWith(r, {}, { response_format });
    expect(run.response_format).toEqual(response_format);
    expect(sent(r).text).toEqual({
      format: { type: 'json_schema', name: 'answer', schema: SCHEMA, strict: true, description: 'An answer' },
    });
  });

  it('old model names are mapped for the upstream, and kept in every object', async () => {
    const r = rig({ major, options: { models: { 'gpt-4-1106-preview': 'gpt-4o-mini' } } });
    const { run, assistant_id } = await runWith(r, { model: 'gpt-4-1106-preview' });
    expect(sent(r).model).toBe('gpt-4o-mini');
    expect(run.model).toBe('gpt-4-1106-preview');
    expect((await r.beta.assistants.retrieve(assistant_id)).model).toBe('gpt-4-1106-preview');
  });

  it('what a run says wins over its assistant; what it leaves out is the assistant’s (§4.1)', async () => {
    const r = rig({ major });
    const assistant = {
      instructions: 'Be kind.',
      temperature: 0.5,
      top_p: 0.5,
      tools: [TOOL],
      metadata: { of: 'assistant' },
    };
    const plain = await runWith(r, assistant);
    expect(plain.run).toMatchObject({ instructions: 'Be kind.', temperature: 0.5, top_p: 0.5, metadata: {} });
    expect(sent(r)).toMatchObject({ instructions: 'Be kind.', temperature: 0.5, top_p: 0.5 });
    const { run } = await runWith(r, assistant, {
      model: 'gpt-4o-mini',
      instructions: 'Be brief.',
      additional_instructions: 'Say it in French.',
      temperature: 0.25,
      tools: [],
      parallel_tool_calls: false,
      metadata: { of: 'run' },
    });
    expect(run).toMatchObject({
      model: 'gpt-4o-mini',
      instructions: 'Be brief.\nSay it in French.',
      temperature: 0.25,
      top_p: 0.5,
      tools: [],
      parallel_tool_calls: false,
      metadata: { of: 'run' },
    });
    expect(sent(r)).toMatchObject({
      model: 'gpt-4o-mini',
      instructions: 'Be brief.\nSay it in French.',
      temperature: 0.25,
      top_p: 0.5,
    });
  });

  it('the configuration of a run is that of its beginning, whatever becomes of the assistant (§4.1)', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL], instructions: 'Before' });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Done'));
    const waiting = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    await r.beta.assistants.update(assistant_id, { instructions: 'After', tools: [] });
    const tool_outputs = [{ tool_call_id: 'call_1', output: 'x' }];
    const ended = await r.beta.threads.runs.submitToolOutputsAndPoll(waiting.id, { thread_id, tool_outputs });
    expect(ended).toMatchObject({ status: 'completed', instructions: 'Before' });
    expect(sent(r)).toMatchObject({ instructions: 'Before', tools: [{ name: 'look' }] });
  });

  it('a forced tool is forced in the first call of the run only, or it would never end (§4.3)', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(callFunctions({ name: 'look', call_id: 'call_1' }), say('Done'));
    const tool_choice = { type: 'function' as const, function: { name: 'look' } };
    const waiting = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id, tool_choice });
    expect(waiting.tool_choice).toEqual(tool_choice);
    expect(sent(r).tool_choice).toEqual({ type: 'function', name: 'look' });
    const tool_outputs = [{ tool_call_id: 'call_1', output: 'x' }];
    await r.beta.threads.runs.submitToolOutputsAndPoll(waiting.id, { thread_id, tool_outputs });
    expect(sent(r).tool_choice ?? 'auto').toBe('auto');
  });

  it('additional messages are stored on the thread, and seen by the run (§4.1)', async () => {
    const r = rig({ major });
    const { run, thread_id } = await runWith(
      r,
      {},
      {
        additional_messages: [
          { role: 'assistant', content: 'What is it?' },
          { role: 'user', content: 'It is this.', metadata: { a: 'b' } },
        ],
      },
    );
    const { data } = await r.beta.threads.messages.list(thread_id, { order: 'asc' });
    expect(data.map(({ role, run_id }) => [role, run_id])).toEqual([
      ['user', null],
      ['assistant', null],
      ['user', null],
      ['assistant', run.id],
    ]);
    expect(data[2]?.metadata).toEqual({ a: 'b' });
    expect(sent(r).input).toHaveLength(3);
  });

  it('several assistants share a thread, each seeing what the others said', async () => {
    const r = rig({ major });
    const { assistant_id: first, thread_id } = await ready(r, { instructions: 'One' });
    const { id: second } = await r.beta.assistants.create({ model: 'gpt-4o', instructions: 'Two' });
    r.sim.script(say('I am one.'), say('I am two.'));
    await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id: first });
    await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id: second });
    expect(sent(r).instructions).toBe('Two');
    expect(words(sent(r).input)).toContain('I am one.');
    const { data } = await r.beta.threads.messages.list(thread_id);
    expect(data.map(({ assistant_id }) => assistant_id)).toEqual([second, first, null]);
  });
});

describe('declared assistants', () => {
  const ID = 'asst_FromYourDatabase';
  const declared = (assistant: object): RethreadOptions => ({
    assistants: { [ID]: { model: 'gpt-4o', ...assistant } },
  });

  it('are there under the ids that programs have, with the defaults of §1.7, and can be run', async () => {
    const r = rig({ options: declared({ name: 'Old', instructions: 'Help.', tools: [TOOL] }) });
    expect(await r.beta.assistants.retrieve(ID)).toMatchObject({
      id: ID,
      name: 'Old',
      description: null,
      temperature: 1,
      metadata: {},
      tools: [{ type: 'function', function: { name: 'look', strict: false } }],
    });
    expect((await r.beta.assistants.list()).data.map(({ id }) => id)).toEqual([ID]);
    const run = await r.beta.threads.createAndRunPoll({
      assistant_id: ID,
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    expect([run.status, run.assistant_id]).toEqual(['completed', ID]);
    expect(sent(r).instructions).toBe('Help.');
  });

  it('take changes through the API, until their declaration changes', async () => {
    const { Keyv } = await import('keyv');
    const store = new Keyv({ store: new Map() });
    const first = rig({ options: { store, ...declared({ name: 'One' }) } });
    await first.beta.assistants.update(ID, { name: 'Mine' });
    const same = rig({ options: { store, ...declared({ name: 'One' }) } });
    expect((await same.beta.assistants.retrieve(ID)).name).toBe('Mine');
    const changed = rig({ options: { store, ...declared({ name: 'Two' }) } });
    expect((await changed.beta.assistants.retrieve(ID)).name).toBe('Two');
    expect((await changed.beta.assistants.list()).data).toHaveLength(1);
  });
});

describe('an upstream without a tool (DESIGN decision 10)', () => {
  it.each(['file_search', 'code_interpreter'] as const)(
    'refuses a run that needs %s when it is created, and leaves the thread free',
    async (type) => {
      const r = rig({ options: { profile: 'generic' } });
      const { assistant_id, thread_id } = await ready(r, { tools: [{ type }] });
      const error = await failure(r.beta.threads.runs.create(thread_id, { assistant_id }));
      expect(error).toMatchObject({
        status: 400,
        message: `400 The tool '${type}' is not available from this upstream (profile 'generic').`,
      });
      r.sim.script(turn(say('Without')));
      const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id, tools: [] });
      expect(run.status).toBe('completed');
    },
  );
});
