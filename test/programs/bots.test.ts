/** Programs whose runs are awaited by polling (docs/contracts/openai.md §5.1), each as it was written. */
import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RethreadOptions } from '../../src/index.ts';
import { callFunctions, fail, hang, incomplete, repeat, say, slow, turn } from '../../src/simulator/index.ts';
import { createStage, ENVIRONMENT, type Stage, upstreamRoutes } from './on-the-shim.ts';

const current = vi.hoisted(() => ({ stage: undefined as unknown as Stage }));
const onTheShim = vi.hoisted(() => async (original: () => Promise<object>) => {
  const { withShim } = await import('./on-the-shim.ts');
  return withShim(await original(), () => current.stage);
});
vi.mock('openai4', onTheShim);
vi.mock('openai6', onTheShim);
vi.mock('openai7', onTheShim);

const ASSISTANT = 'asst_FromTheDashboard2024abcd';

function setStage(options?: RethreadOptions): Stage {
  current.stage = createStage(options);
  return current.stage;
}

let printed: string[];
let directory: string;

beforeEach(async () => {
  vi.resetModules();
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
  directory = await mkdtemp(path.join(tmpdir(), 'rethread-programs-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await current.stage.assistants.close({ timeout: 0 });
  await rm(directory, { recursive: true });
});

describe('a Discord bot, its run awaited by a function that calls itself (openai 4)', () => {
  async function bot() {
    const stage = setStage({
      assistants: { [ASSISTANT]: { model: 'gpt-4o-mini', instructions: 'Be brief.' } },
    });
    vi.stubEnv('ASSISTANT_ID', ASSISTANT);
    const discord = new EventEmitter();
    // @ts-expect-error a program in JavaScript
    (await import('./discord-bot.js')).start(discord);
    discord.emit('ready');
    const send = (content: string, channel = 'a') =>
      new Promise<string>((reply) => {
        discord.emit('messageCreate', { author: { bot: false }, channel: { id: channel }, content, reply });
      });
    return { ...stage, send };
  }

  it('answers, and remembers the thread of each channel', async () => {
    const { simulator, send } = await bot();
    simulator.script(
      turn(slow({ beforeFirst: 20 }), say('Hello Ada.')),
      ({ userTexts }) => say(`You said: ${userTexts.join(' | ')}`),
      ({ userTexts }) => say(`You said: ${userTexts.join(' | ')}`),
    );
    expect(await send('I am Ada.')).toBe('Hello Ada.');
    expect(await send('Who am I?')).toBe('You said: I am Ada. | Who am I?');
    expect(await send('And I?', 'b')).toBe('You said: And I?');
    expect(printed[0]).toBe('Bot is online!');
  });

  it('runs the assistant of its environment variable with what was declared for that id', async () => {
    const { simulator, send, ...stage } = await bot();
    simulator.script(say('Hi.'));
    await send('Hi');
    expect(simulator.responsesRequests[0]?.body).toMatchObject({
      model: 'gpt-4o-mini',
      instructions: 'Be brief.',
    });
    expect(upstreamRoutes({ simulator, ...stage })).toEqual(['POST responses']);
  });

  it('sees a failed run as failed', async () => {
    const { simulator, send } = await bot();
    simulator.script(turn(say('One'), fail('server_error', 'The model broke off.')));
    expect(await send('Hi')).toBe('Something went wrong (failed).');
  });
});

describe('a Telegram bot with a while loop that answers function calls (openai 4)', () => {
  async function bot() {
    const stage = setStage();
    vi.stubEnv('THREADS_FILE', path.join(directory, 'threads.json'));
    // @ts-expect-error a program in JavaScript
    const program = await import('./telegram-bot.js');
    await program.init();
    const sent: string[] = [];
    const telegram = {
      sendChatAction: () => {},
      sendMessage: (_chat: number, text: string) => void sent.push(text),
    };
    return {
      ...stage,
      sent,
      send: (text: string) => program.handleMessage(telegram, { chat: { id: 7 }, text }),
    };
  }

  it('carries out parallel calls in two rounds of one run', async () => {
    const { simulator, sent, send } = await bot();
    simulator.script(
      turn(
        callFunctions(
          { name: 'add_todo', arguments: { text: 'milk' } },
          { name: 'add_todo', arguments: { text: 'bread' } },
        ),
      ),
      callFunctions({ name: 'list_todos' }),
      ({ toolOutputs }) => say(toolOutputs.map(({ name, output }) => `${name} ${output}`).join(', ')),
    );
    await send('Milk and bread, please');
    expect(printed).toEqual(['add_todo({"text":"milk"})', 'add_todo({"text":"bread"})', 'list_todos({})']);
    expect(sent).toEqual([
      'add_todo {"ok":true,"count":1}, add_todo {"ok":true,"count":2}, list_todos ["milk","bread"]',
    ]);
  });

  it('keeps thread ids in a file and uses them again', async () => {
    const { simulator, sent, send } = await bot();
    simulator.script(repeat(1, say('Noted.')), ({ userTexts }) => say(`${userTexts.length} messages so far`));
    await send('First');
    const stored = JSON.parse(await readFile(path.join(directory, 'threads.json'), 'utf8'));
    expect(stored).toEqual({ 7: expect.stringMatching(/^thread_[A-Za-z0-9]{24}$/) });
    await send('Second');
    expect(sent).toEqual(['Noted.', '2 messages so far']);
  });

  it('shows what the upstream said when a run fails (last_error, §2.3)', async () => {
    const { simulator, sent, send } = await bot();
    simulator.script(fail('server_error', 'The model broke off.'));
    await send('Hi');
    expect(sent).toEqual(['Sorry: The model broke off.']);
  });
});

describe('a console chat with do … while (openai 4)', () => {
  it('computes, pages through the transcript, and deletes what it made', async () => {
    const { simulator } = setStage();
    const { default: OpenAI } = await import('openai4');
    const { chat } = await import('./console-chat.ts');
    simulator.script(
      callFunctions({ name: 'add', arguments: { a: 2, b: 40 } }),
      ({ toolOutputs }) => say(`It is ${toolOutputs[0]?.output}.`),
      say('You are welcome.'),
    );
    const openai = new OpenAI();
    const said: string[] = [];
    const transcript = await chat(openai, ['What is 2 + 40?', 'Thanks!'], (line) => said.push(line));
    expect(said).toEqual(['[add 2 40]', 'It is 42.', 'You are welcome.']);
    expect(transcript).toEqual([
      'user: What is 2 + 40?',
      'assistant: It is 42.',
      'user: Thanks!',
      'assistant: You are welcome.',
    ]);
    expect((await openai.beta.assistants.list()).data).toEqual([]);
  });
});

describe('a service on the poll helpers (openai 7)', () => {
  async function tutor() {
    const { simulator } = setStage({
      assistants: {
        [ASSISTANT]: {
          model: 'gpt-4o',
          instructions: 'Teach.',
          tools: [{ type: 'function', function: { name: 'define' } }],
        },
      },
    });
    const { Tutor } = await import('./create-and-poll.ts');
    return { simulator, tutor: new Tutor(ASSISTANT) };
  }

  it('hands tool outputs in with submitToolOutputsAndPoll', async () => {
    const { simulator, tutor: it } = await tutor();
    simulator.script(callFunctions({ name: 'define', arguments: { word: 'thread' } }), ({ toolOutputs }) =>
      say(`A ${toolOutputs[0]?.output}.`),
    );
    expect(await it.ask('What is a thread?', { name: 'Ada' })).toBe('A thread: a thing that was looked up.');
    expect(printed).toEqual([expect.stringMatching(/^[1-9]\d* tokens$/)]);
    expect(simulator.responsesRequests[0]?.body).toMatchObject({
      instructions: 'Teach.\nAddress the student as Ada.',
      max_output_tokens: 1000,
    });
  });

  it('gets incomplete and failed runs as values, not as exceptions (§5.1)', async () => {
    const { simulator, tutor: it } = await tutor();
    simulator.script(
      turn(say('Once upon a'), incomplete('max_output_tokens')),
      fail('rate_limit_exceeded', 'Slow down.'),
    );
    expect(await it.ask('Tell me a story', { name: 'Ada' })).toBe('(cut short: max_completion_tokens)');
    expect(await it.ask('Again', { name: 'Ada' })).toBe('(failed: rate_limit_exceeded: Slow down.)');
  });
});

describe('a webhook on a busy thread (openai 6)', () => {
  async function webhook() {
    const { simulator } = setStage({
      assistants: { [ASSISTANT]: { model: 'gpt-4o', instructions: 'Chat.' } },
    });
    const { default: OpenAI } = await import('openai6');
    const thread = await new OpenAI().beta.threads.create();
    return { simulator, threadId: thread.id, program: await import('./whatsapp-webhook.ts') };
  }

  it('finds the active run, cancels it, and posts the next message', async () => {
    const { simulator, threadId, program } = await webhook();
    simulator.script(turn(say('Let me think'), hang()), ({ userTexts }) => say(userTexts.join(' + ')));
    await program.addMessage(threadId, 'Long question');
    const first = await program.startRun(threadId, ASSISTANT);
    expect(await program.cancelActiveRun(threadId)).toBe(first);
    expect(await program.cancelActiveRun(threadId)).toBeNull();
    await program.addMessage(threadId, 'Never mind');
    expect(await program.reply(threadId, await program.startRun(threadId, ASSISTANT))).toBe(
      'Long question + Never mind',
    );
    expect(printed).toEqual(['cancelled: cancelled']);
  });

  it('reads the run id out of the error text, which is the original one (§2.9 #1, #2)', async () => {
    const { simulator, threadId, program } = await webhook();
    simulator.script(hang(), say('Here I am.'));
    await program.addMessage(threadId, 'Hello?');
    await program.startRun(threadId, ASSISTANT);
    expect(await program.startRun(threadId, ASSISTANT)).toBe('');
    await program.addMessage(threadId, 'Anybody there?');
    expect(await program.reply(threadId, await program.startRun(threadId, ASSISTANT))).toBe('Here I am.');
    expect(printed).toEqual(['status 400: run not started', 'thread is busy']);
  });
});
