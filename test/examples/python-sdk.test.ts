/** The openai package of Python, as it is, against a gateway. RETHREAD_PYTHON names a Python that has it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callFunctions, say, turn } from '../../src/simulator/index.ts';
import { gateway } from './gateway.ts';

const PYTHON = process.env['RETHREAD_PYTHON'] || 'python3';
const PROGRAM = fileURLToPath(new URL('python/sdk.py', import.meta.url));

const version = (() => {
  try {
    const code = 'import openai, openai.resources.beta.threads; print(openai.__version__)';
    return execFileSync(PYTHON, ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
})();
if (!version) console.log(`Skipped: ${PYTHON} has no package openai; set RETHREAD_PYTHON to one that has.`);

let program: ChildProcess | undefined;
let answers: AsyncIterator<string>;

beforeAll(() => {
  if (!version) return;
  program = spawn(PYTHON, [PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OPENAI_API_KEY: 'sk-caller', NO_PROXY: '127.0.0.1', PYTHONWARNINGS: 'ignore' },
  });
  answers = createInterface(program.stdout as Readable)[Symbol.asyncIterator]();
});
afterAll(() => void program?.kill());

/** What a function of the program saw. */
async function python(url: string, name: string): Promise<Record<string, unknown>> {
  program?.stdin?.write(`${name} ${url}\n`);
  const { value } = await answers.next();
  return JSON.parse(value);
}

describe.skipIf(!version)(`openai ${version} of Python`, () => {
  test('makes, changes, lists page by page and deletes (§1.1, §1.4)', async () => {
    const { url } = await gateway();
    expect(await python(url, 'objects')).toEqual({
      version,
      names: ['A0', 'A1', 'A2', 'A3', 'A4'],
      changed: ['Be brief.', { team: 'bikes' }],
      gone: [true, 'assistant.deleted'],
      texts: ['one', 'two'],
      metadata: { at: '3' },
      thread: true,
    });
  });

  test('polls a run that asks for outputs to its end (§5.1)', async () => {
    const { url } = await gateway({
      script: [
        turn(callFunctions({ name: 'look', arguments: {} })),
        turn(say('A bike.')),
        turn(say('Again.')),
      ],
    });
    expect(await python(url, 'poll')).toEqual({
      version,
      waiting: ['requires_action', ['look']],
      ended: ['completed', 'completed'],
      steps: ['tool_calls', 'message_creation'],
      texts: ['Again.', 'A bike.', 'Look!'],
      usage: true,
    });
  });

  test('its event handlers see a run with a function, and the raw stream the order of §3.3(a)', async () => {
    const { url } = await gateway({
      script: [
        turn(callFunctions({ name: 'look', arguments: { at: 7 } })),
        turn(say('I see a bike.', { deltas: 4 })),
        turn(say('Again.')),
      ],
    });
    const seen = ['text_created', 'text_done I see a bike.', 'message_done completed', 'end'];
    expect(await python(url, 'stream')).toEqual({
      version,
      first: ['tool_call_created function', 'tool_call_done {"at":7}', 'end'],
      second: seen,
      final: ['completed', 'I see a bike.'],
      // Its helper knows the steps that it saw begin.
      steps: ['message_creation'],
      raw: [
        'thread.run.created',
        'thread.run.queued',
        'thread.run.in_progress',
        'thread.run.step.created',
        'thread.run.step.in_progress',
        'thread.message.created',
        'thread.message.in_progress',
        'thread.message.completed',
        'thread.run.step.completed',
        'thread.run.completed',
      ],
    });
  });

  test('raises its own errors, with the texts of §2.9', async () => {
    const { url } = await gateway();
    const unknown = [
      'NotFoundError',
      expect.stringMatching(/^No assistant found with id 'asst_none'\./),
      null,
      null,
    ];
    expect(await python(url, 'errors')).toEqual({
      version,
      assistant: unknown,
      run: unknown,
      role: [
        'BadRequestError',
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
        'invalid_value',
        'role',
      ],
      key: [
        'AuthenticationError',
        expect.stringMatching(/^Incorrect API key provided: sk-/),
        'invalid_api_key',
        null,
      ],
    });
  });

  test('uploads a file and makes a vector store through the same base URL (§5.5)', async () => {
    const { url } = await gateway();
    expect(await python(url, 'files')).toEqual({
      version,
      name: 'bikes.txt',
      added: 'completed',
      store: true,
    });
  });

  test('its asynchronous client reads five streams at once', async () => {
    const { url } = await gateway({
      defaultScript: ({ lastUserText }) => turn(say(`Answer to ${lastUserText}`)),
    });
    const seen = [0, 1, 2, 3, 4].map((n) => [
      `Answer to question ${n}`,
      [`Answer to question ${n}`, `question ${n}`],
    ]);
    expect(await python(url, 'at_once')).toEqual({ version, answers: seen });
  });
});
