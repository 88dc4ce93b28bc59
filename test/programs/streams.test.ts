/** Programs that stream their runs (docs/contracts/openai.md §3), each as it was written. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RethreadOptions } from '../../src/index.ts';
import { callFunctions, fail, runCode, say, turn } from '../../src/simulator/index.ts';
import { createStage, ENVIRONMENT, type Stage } from './on-the-shim.ts';

const current = vi.hoisted(() => ({ stage: undefined as unknown as Stage }));
const onTheShim = vi.hoisted(() => async (original: () => Promise<object>) => {
  const { withShim } = await import('./on-the-shim.ts');
  return withShim(await original(), () => current.stage);
});
vi.mock('openai4', onTheShim);

const ASSISTANT = 'asst_FromTheDashboard2024abcd';

function setStage(options?: RethreadOptions): Stage {
  current.stage = createStage(options);
  return current.stage;
}

let printed: string[];

beforeEach(() => {
  vi.resetModules();
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.stubEnv('ASSISTANT_ID', ASSISTANT);
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await current.stage.assistants.close({ timeout: 0 });
});

describe('a chat page: toReadableStream on the server, AssistantStream in the browser (openai 4)', () => {
  async function page(callFunction: (name: string, args: string) => string = () => '') {
    const { simulator } = setStage({
      assistants: {
        [ASSISTANT]: {
          model: 'gpt-4o',
          instructions: 'Help.',
          tools: [{ type: 'code_interpreter' }, { type: 'function', function: { name: 'get_weather' } }],
        },
      },
    });
    const server = await import('./stream-route.ts');
    const { ChatPage } = await import('./stream-page.ts');
    const fetch = (route: string, init: RequestInit) => {
      const request = new Request(`http://localhost${route}`, init);
      const [, , , , threadId = '', action] = route.split('/');
      if (action === 'messages') return server.sendMessage(request, { params: { threadId } });
      if (action === 'actions') return server.submitAction(request, { params: { threadId } });
      return server.createThread();
    };
    const chat = new ChatPage(fetch, async ({ function: { name, arguments: args } }) =>
      callFunction(name, args),
    );
    await chat.open();
    return { simulator, chat };
  }

  it('shows text as it comes', async () => {
    const { simulator, chat } = await page();
    simulator.script(say('Hello from far away', { deltas: 4 }));
    await chat.sendMessage('Hi');
    expect(chat.messages).toEqual([
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: 'Hello from far away' },
    ]);
    expect(chat.inputDisabled).toBe(false);
  });

  it('runs functions in the page and sends what they give to another route, round after round (§3.3 b)', async () => {
    const { simulator, chat } = await page((name, args) => `${name} ${args}: 21°`);
    simulator.script(
      callFunctions(
        { name: 'get_weather', arguments: { city: 'Paris' } },
        { name: 'get_weather', arguments: { city: 'Rome' } },
      ),
      callFunctions({ name: 'get_weather', arguments: { city: 'Oslo' } }),
      ({ toolOutputs }) => say(toolOutputs.map(({ output }) => output).join('; ')),
    );
    await chat.sendMessage('Weather?');
    expect(chat.messages.at(-1)).toEqual({
      role: 'assistant',
      text: [
        'get_weather {"city":"Paris"}: 21°',
        'get_weather {"city":"Rome"}: 21°',
        'get_weather {"city":"Oslo"}: 21°',
      ].join('; '),
    });
    expect(chat.inputDisabled).toBe(false);
  });

  it('shows the code of code interpreter while it is written (§3.3 c)', async () => {
    const { simulator, chat } = await page();
    simulator.script(turn(runCode({ code: 'print(6 * 7)', logs: '42\n', deltas: 5 }), say('It is 42.')));
    await chat.sendMessage('6 * 7?');
    expect(chat.messages.slice(1)).toEqual([
      { role: 'code', text: 'print(6 * 7)' },
      { role: 'assistant', text: 'It is 42.' },
    ]);
  });
});

describe('a chat widget that switches on event names (openai 4)', () => {
  async function widget() {
    const { simulator } = setStage({
      assistants: { [ASSISTANT]: { model: 'gpt-4o', instructions: 'Help.' } },
    });
    // @ts-expect-error a program in JavaScript
    const { answer } = await import('./widget-server.js');
    const socket = new EventEmitter();
    const heard: unknown[][] = [];
    for (const name of ['typing', 'chunk', 'message', 'usage', 'problem']) {
      socket.on(name, (value) => heard.push([name, value]));
    }
    return {
      simulator,
      heard,
      answer: (text: string, threadId?: string): Promise<string> => answer(socket, ASSISTANT, threadId, text),
    };
  }

  it('forwards chunks, the whole message and the usage, in the order of §3.3 a', async () => {
    const { simulator, heard, answer } = await widget();
    simulator.script(say('One two three', { deltas: ['One ', 'two ', 'three'] }));
    await answer('Count');
    expect(heard).toEqual([
      ['typing', true],
      ['chunk', 'One '],
      ['chunk', 'two '],
      ['chunk', 'three'],
      ['message', 'One two three'],
      ['typing', false],
      ['usage', expect.any(Number)],
    ]);
  });

  it('tells of a failure with the message of the upstream, and the thread goes on (§3.3 f)', async () => {
    const { simulator, heard, answer } = await widget();
    simulator.script(turn(say('One'), fail('server_error', 'The model broke off.')), ({ userTexts }) =>
      say(`You wrote ${userTexts.length} times.`),
    );
    const threadId = await answer('Count');
    expect(heard.slice(-2)).toEqual([
      ['typing', false],
      ['problem', 'The model broke off.'],
    ]);
    expect(await answer('Again', threadId)).toBe(threadId);
    expect(heard).toContainEqual(['message', 'You wrote 2 times.']);
  });
});

describe('an EventEmitter that submits tool outputs from inside the stream (openai 4)', () => {
  it('answers parallel calls, then another one, and reads the final text', async () => {
    const { simulator } = setStage();
    const { main } = await import('./event-handler.ts');
    const location = { location: 'San Francisco, CA' };
    simulator.script(
      turn(
        callFunctions(
          { name: 'getCurrentTemperature', arguments: { ...location, unit: 'Fahrenheit' } },
          { name: 'getRainProbability', arguments: location },
        ),
      ),
      callFunctions({ name: 'getCurrentTemperature', arguments: { ...location, unit: 'Celsius' } }),
      ({ toolOutputs }) => say(`Outputs: ${toolOutputs.map(({ output }) => output).join(' ')}`),
    );
    expect(await main()).toBe('Outputs: 57 0.06 57');
    expect(printed.filter((event) => event.startsWith('thread.run.') && !event.includes('step'))).toEqual([
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.requires_action',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.requires_action',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.completed',
    ]);
  });
});
