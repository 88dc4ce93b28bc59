/** Tools that rethread runs itself, inside the run (DESIGN decision 10; dashscope §A.10, §D "LOCAL"). */
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool, OptionsError, type Tool, type ToolContext } from '../../src/index.ts';
import { callFunctions, repeat, say, turn } from '../../src/simulator/index.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';
import { read, type StreamEvent, violations } from '../translate/legal.ts';

let world: World;
const open = (options: WorldOptions = {}) => {
  world = createWorld(options);
  return world;
};
afterEach(() => world.close({ timeout: 0 }));

/** Says what it was given, `times` times; remembers its calls. */
function echo(type = 'echo', calls: ToolContext[] = []): Tool {
  return defineTool({
    type,
    description: 'Repeats a text.',
    parameters: z.object({ text: z.string() }),
    execute({ text }, context) {
      calls.push(context);
      return `${type}: ${text}`;
    },
  });
}

/** Never answers; tells when it was called. */
function silent(timeout?: number) {
  let begin = (_: ToolContext) => {};
  const begun = new Promise<ToolContext>((resolve) => {
    begin = resolve;
  });
  const tool = defineTool({
    type: 'silent',
    description: 'Thinks.',
    parameters: z.object({}),
    ...(timeout !== undefined && { timeout }),
    execute: (_, context) => {
      begin(context);
      return new Promise(() => {});
    },
  });
  return { tool, begun };
}

const call = (text: string, name = 'echo', call_id?: string) => ({
  name,
  arguments: { text },
  ...(call_id && { call_id }),
});
const FUNCTION = {
  type: 'function',
  function: { name: 'ask', parameters: { type: 'object', properties: {} } },
};

async function start(tools: object[] = [{ type: 'echo' }], body: object = {}) {
  const { assistantId, threadId, runs } = await prepare(world, { tools });
  const { status, body: run } = await world.call('POST', runs, { assistant_id: assistantId, ...body });
  expect([status, run.error]).toEqual([200, undefined]);
  return { threadId, runs, id: run.id as string, settled: () => settledRun(world, threadId, run.id) };
}

const stepsOf = async (runs: string, id: string) =>
  (await world.call('GET', `${runs}/${id}/steps?order=asc`)).body.data;
const callsOf = (step: { step_details: { tool_calls: { function: Record<string, unknown> }[] } }) =>
  step.step_details.tool_calls.map(({ function: fn }) => fn);

interface Item {
  type?: string;
  call_id?: string;
  output?: string;
}
const sent = (at = -1) =>
  world.sim.responsesRequests.at(at)?.body as { input: Item[]; tools?: { name?: string }[] };
const outputs = (at = -1) =>
  sent(at).input.flatMap(({ type, output }) => (type === 'function_call_output' ? [output] : []));

describe('a tool that rethread runs itself', () => {
  it('is called inside the run, which never asks its caller and shows the call like a function', async () => {
    open({ tools: [echo()] });
    world.sim.script(callFunctions(call('one'), call('two')), say('Done.'));
    const { runs, id, settled } = await start();
    expect((await settled()).status).toBe('completed');
    const steps = await stepsOf(runs, id);
    expect(steps.map(({ type }: { type: string }) => type)).toEqual(['tool_calls', 'message_creation']);
    expect(callsOf(steps[0])).toEqual([
      { name: 'echo', arguments: '{"text":"one"}', output: 'echo: one' },
      { name: 'echo', arguments: '{"text":"two"}', output: 'echo: two' },
    ]);
    expect(outputs()).toEqual(['echo: one', 'echo: two']);
  });

  it('is offered with its description and its parameters as a JSON schema', async () => {
    open({ tools: [echo()] });
    const { settled } = await start();
    await settled();
    expect(sent(0).tools).toEqual([
      {
        type: 'function',
        name: 'echo',
        description: 'Repeats a text.',
        parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
        strict: false,
      },
    ]);
  });

  it('streams its step: arguments, then the whole output, in one legal stream (§3.3, §5.3)', async () => {
    open({ tools: [echo()] });
    world.sim.script(callFunctions(call('one')), callFunctions(call('two')), say('Done.'));
    const { assistantId, runs } = await prepare(world, { tools: [{ type: 'echo' }] });
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(violations(events)).toEqual([]);
    const told = (step: object) =>
      events.flatMap(({ event, data }: StreamEvent) => {
        const { id, delta } = data as { id: string; delta: { step_details: { tool_calls: never[] } } };
        return event === 'thread.run.step.delta' && id === (step as { id: string }).id
          ? delta.step_details.tool_calls
          : [];
      });
    const steps = read(events).steps.filter(({ type }) => type === 'tool_calls');
    expect(steps).toHaveLength(2);
    expect(told(steps[0] as object).at(-1)).toEqual({
      index: 0,
      type: 'function',
      function: { output: 'echo: one' },
    });
    expect(events.some(({ event }) => event === 'thread.run.requires_action')).toBe(false);
    expect(events.at(-1)?.event).toBe('thread.run.completed');
  });

  it('is told which run and call it is for, and what the run says of it', async () => {
    const calls: ToolContext[] = [];
    open({ tools: [echo('echo', calls)] });
    world.sim.script(callFunctions(call('one', 'echo', 'call_7')), say('Done.'));
    const { id, threadId, settled } = await start([{ type: 'echo', voice: 'low' }]);
    const run = await settled();
    expect(run.tools).toEqual([{ type: 'echo', voice: 'low' }]);
    expect(calls[0]).toMatchObject({
      runId: id,
      threadId,
      callId: 'call_7',
      tool: { type: 'echo', voice: 'low' },
    });
  });

  it('keeps what the model said behind its calls for after them (§4.5 trap 1)', async () => {
    open({ tools: [echo()] });
    world.sim.script(turn(callFunctions(call('one')), say('Wait.')), say('Done.'));
    const { assistantId, runs } = await prepare(world, { tools: [{ type: 'echo' }] });
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(violations(events)).toEqual([]);
    expect(read(events).steps.map(({ type }) => type)).toEqual([
      'tool_calls',
      'message_creation',
      'message_creation',
    ]);
  });

  it('counts the usage of all its turns in the run (§1.7)', async () => {
    open({ tools: [echo()] });
    world.sim.script(callFunctions(call('one')), say('Done.'));
    const { runs, id, settled } = await start();
    const run = await settled();
    const steps = await stepsOf(runs, id);
    const sum = steps.reduce(
      (all: number, step: { usage: { total_tokens: number } }) => all + step.usage.total_tokens,
      0,
    );
    expect(run.usage.total_tokens).toBe(sum);
  });
});

describe("a turn with calls to rethread's tools and to the caller's", () => {
  const mixed = () =>
    world.sim.script(
      callFunctions(
        call('one', 'echo', 'call_1'),
        call('', 'ask', 'call_2'),
        call('three', 'echo', 'call_3'),
      ),
      say('Done.'),
    );

  it('asks the caller for its own only, when the others are answered', async () => {
    open({ tools: [echo()] });
    mixed();
    const { runs, id, settled } = await start([{ type: 'echo' }, FUNCTION]);
    const run = await settled();
    expect(run.status).toBe('requires_action');
    const asked = run.required_action.submit_tool_outputs.tool_calls;
    expect(asked.map((one: { id: string }) => one.id)).toEqual(['call_2']);
    const [step] = await stepsOf(runs, id);
    expect(callsOf(step).map(({ output }) => output)).toEqual(['echo: one', null, 'echo: three']);
  });

  it('sends all outputs together, in the order of the calls', async () => {
    open({ tools: [echo()] });
    mixed();
    const { runs, id, settled } = await start([{ type: 'echo' }, FUNCTION]);
    await settled();
    const submitted = await world.call('POST', `${runs}/${id}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: 'call_2', output: 'yes' }],
    });
    expect(submitted.status).toBe(200);
    expect((await settled()).status).toBe('completed');
    expect(world.sim.responsesRequests).toHaveLength(2);
    expect(outputs()).toEqual(['echo: one', 'yes', 'echo: three']);
    const [step] = await stepsOf(runs, id);
    expect(callsOf(step).map(({ output }) => output)).toEqual(['echo: one', 'yes', 'echo: three']);
  });
});

describe('a tool that does not work is told to the model and recorded; the run goes on', () => {
  const broken = defineTool({
    type: 'broken',
    description: 'Breaks.',
    parameters: z.object({ text: z.string() }),
    execute: ({ text }) => {
      throw new Error(`No ${text} with the key sk-abcdefghijklmnop`);
    },
  });
  const wordy = defineTool({
    type: 'wordy',
    description: 'Says much.',
    parameters: z.object({}),
    maxOutput: 20,
    execute: () => 'x'.repeat(1000),
  });

  for (const [what, tools, calls, output] of [
    [
      'one that throws; keys are masked',
      [broken],
      call('luck', 'broken'),
      'Error: No luck with the key sk-***',
    ],
    [
      'one that takes too long',
      [silent(30).tool],
      call('', 'silent'),
      'Error: The tool did not answer within 0.03 seconds.',
    ],
    [
      'arguments that are not JSON',
      [echo()],
      { name: 'echo', arguments: '{"text":' },
      'Error: The arguments are not JSON.',
    ],
    [
      'arguments of another type',
      [echo()],
      { name: 'echo', arguments: { text: 7 } },
      'Error: The arguments are not what the tool takes.\n✖ Invalid input: expected string, received number\n  → at text',
    ],
    [
      'too much output',
      [wordy],
      { name: 'wordy' },
      `${'x'.repeat(20)}\n[980 more characters were left out.]`,
    ],
  ] as const) {
    it(what, async () => {
      open({ tools: [...tools] });
      world.sim.script(callFunctions(calls), say('Sorry.'));
      const { runs, id, settled } = await start([{ type: calls.name }]);
      const run = await settled();
      expect([run.status, run.last_error]).toEqual(['completed', null]);
      const [step] = await stepsOf(runs, id);
      expect([step.status, callsOf(step)[0]?.['output']]).toEqual(['completed', output]);
      expect(outputs()).toEqual([output]);
    });
  }
});

describe('a run with a tool at work', () => {
  it('is cancelled at once, and the tool is told by its signal (§2.5)', async () => {
    const { tool, begun } = silent();
    open({ tools: [tool] });
    world.sim.script(callFunctions({ name: 'silent' }));
    const { runs, id, settled } = await start([{ type: 'silent' }]);
    const { signal } = await begun;
    expect((await world.call('POST', `${runs}/${id}/cancel`)).body.status).toBe('cancelling');
    expect(signal.aborted).toBe(true);
    expect((await settled()).status).toBe('cancelled');
    const [step] = await stepsOf(runs, id);
    expect([step.status, callsOf(step)[0]?.['output']]).toEqual(['cancelled', null]);
  });

  it('expires when its time is over (§2.6)', async () => {
    const { tool, begun } = silent();
    open({ tools: [tool], runExpiry: 1 });
    world.sim.script(callFunctions({ name: 'silent' }));
    const { settled } = await start([{ type: 'silent' }]);
    const { signal } = await begun;
    expect((await settled()).status).toBe('expired');
    expect(signal.aborted).toBe(true);
  });

  it('goes on after a crash without computing again what was recorded', async () => {
    const calls: ToolContext[] = [];
    const { tool, begun } = silent();
    open({ tools: [echo('echo', calls), tool] });
    world.sim.script(callFunctions(call('one'), { name: 'silent', call_id: 'call_s' }));
    const tools = [{ type: 'echo' }, { type: 'silent' }];
    const { runs, id, threadId } = await start(tools);
    await begun;
    for (let output = null; output === null; )
      [output] = callsOf((await stepsOf(runs, id))[0]).map((fn) => fn['output']) as [null];
    await world.close({ timeout: 0 });

    const answered = defineTool({
      type: 'silent',
      description: 'Thinks.',
      parameters: z.object({}),
      execute: (_, { callId }) => `answered ${callId}`,
    });
    const { entries } = world;
    open({ entries, tools: [echo('echo', calls), answered] });
    world.sim.script(say('Done.'));
    const run = await settledRun(world, threadId, id);
    expect(run.status).toBe('completed');
    expect(calls).toHaveLength(1);
    expect(world.sim.responsesRequests).toHaveLength(1);
    expect(outputs()).toEqual(['echo: one', 'answered call_s']);
    const steps = await stepsOf(runs, id);
    expect(steps.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed']);
    expect(callsOf(steps[0]).map(({ output }) => output)).toEqual(['echo: one', 'answered call_s']);
  });

  it('ends although its model calls tools for ever: after 32 turns it is offered none', async () => {
    const calls: ToolContext[] = [];
    open({ tools: [echo('echo', calls)] });
    world.sim.script(repeat(Number.POSITIVE_INFINITY, callFunctions(call('again'))));
    const { settled } = await start();
    const run = await settled();
    expect(run.status).toBe('failed');
    expect(run.last_error).toEqual({
      code: 'server_error',
      message: 'The model did not stop calling tools.',
    });
    expect(calls).toHaveLength(32);
    expect(sent(31).tools).toHaveLength(1);
    expect(sent(32).tools).toBeUndefined();
  });
});

describe('names', () => {
  it("that the caller's functions have, or providers keep for themselves, are mapped there and back (dashscope §C.5); no step names a tool like the caller's function", async () => {
    open({ tools: [echo('ask'), echo('search')] });
    world.sim.script(({ body }) => {
      const names = (body as { tools: { name: string }[] }).tools.map(({ name }) => name);
      expect(names).not.toContain('search');
      expect(new Set(names).size).toBe(3);
      return callFunctions(...names.filter((name) => name !== 'ask').map((name) => call('x', name)));
    }, say('Done.'));
    const { runs, id, settled } = await start([FUNCTION, { type: 'ask' }, { type: 'search' }]);
    expect((await settled()).status).toBe('completed');
    expect(callsOf((await stepsOf(runs, id))[0]).map(({ name, output }) => [name, output])).toEqual([
      ['ask_tool', 'ask: x'],
      ['search', 'search: x'],
    ]);
  });

  it('can be forced by tool_choice, once', async () => {
    open({ tools: [echo('search')] });
    const { settled } = await start([{ type: 'search' }], {
      tool_choice: { type: 'function', function: { name: 'search' } },
    });
    await settled();
    const { tools = [], tool_choice } = sent(0) as { tools?: { name?: string }[]; tool_choice?: object };
    expect(tool_choice).toEqual({ type: 'function', name: tools[0]?.name });
  });
});

describe('a type that nobody knows', () => {
  it('is refused in the words of the original (§2.9 no. 16)', async () => {
    open({ tools: [echo()] });
    const { status, body } = await world.call('POST', '/assistants', {
      model: 'gpt-4o',
      tools: [{ type: 'echo' }, { type: 'sparkle' }],
    });
    expect([status, body.error]).toEqual([
      400,
      {
        message:
          "Invalid value: 'sparkle'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
        type: 'invalid_request_error',
        param: 'tools[1].type',
        code: 'invalid_value',
      },
    ]);
  });

  it('is refused when a run is created whose assistant has a tool that is no longer there', async () => {
    open({ tools: [echo()] });
    const { assistantId, runs } = await prepare(world, { tools: [{ type: 'echo' }] });
    const { entries, sim } = world;
    await world.close();
    open({ entries, sim });
    const { status, body } = await world.call('POST', runs, { assistant_id: assistantId });
    expect([status, body.error.code]).toEqual([400, 'unsupported_tool']);
    expect(body.error.message).toContain("'echo'");
  });

  it('in a declared assistant is told with the name of the assistant', async () => {
    open({ assistants: { asst_1: { model: 'gpt-4o', tools: [{ type: 'sparkle' }] } } });
    const { body } = await world.call('GET', '/assistants/asst_1');
    expect(body.error.message).toContain("assistants.asst_1.tools: there is no tool 'sparkle'");
  });

  it('and a definition that cannot work, are told where they are made', () => {
    open();
    const parameters = z.object({});
    const make = (type: string) => () => defineTool({ type, description: '', parameters, execute: () => '' });
    expect(make('file_search')).toThrow("'file_search' is a tool of the API itself");
    expect(make('a b')).toThrow('a type is 1 to 64 of letters');
    expect(() =>
      defineTool({ type: 'x', description: '', parameters: z.string(), execute: () => '' }),
    ).toThrow("the parameters of 'x' have to be an object");
    expect(() => createWorld({ tools: [{ type: 'x' } as unknown as Tool] })).toThrow(OptionsError);
  });
});
