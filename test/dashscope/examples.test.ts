/** The programs in examples/dashscope, as a person would start them (docs/contracts/dashscope.md §B). */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import {
  callFunctions,
  createSimulator,
  type Simulator,
  type SimulatorServer,
  say,
} from '../../src/simulator/index.ts';

const HERE = new URL('../../examples/dashscope/', import.meta.url);
const KEY = 'sk-of-the-example';

let sim: Simulator;
let upstream: SimulatorServer;
beforeEach(async () => {
  sim = createSimulator({ personality: 'dashscope', apiKey: KEY });
  upstream = await sim.listen();
});
afterEach(() => upstream.close());

function start(program: string, args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...rest } = process.env;
    execFile(
      program,
      args,
      { cwd: HERE, env: { ...rest, DASHSCOPE_API_KEY: KEY, ...env } },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${stdout}${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });
}

/** In both languages a program does the same things in the same order. */
type Start = (name: string, ...args: string[]) => Promise<string>;

const ADD = { left: 87787, right: 788988737 };
const MULTIPLY = { left: 789076524, right: 2 };

function programs(run: Start): void {
  it('quick-start: four steps', async () => {
    sim.script(say('Visit the National Silk Museum.'));
    expect(await run('quick-start')).toBe('Visit the National Silk Museum.\n');
    expect(sim.responsesRequests[0]?.body).toMatchObject({
      // The successor of qwen-max (§C.2).
      model: 'qwen3.7-max',
      instructions: 'You show visitors around Hangzhou. Answer in one sentence.',
    });
  });

  it('streaming: the tool’s call and output, then the text', async () => {
    sim.script(
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '12313x13232' } }),
      say('They cost 162925616 yuan.', { deltas: 4 }),
    );
    const lines = (await run('streaming')).split('\n');
    expect(JSON.parse(lines[0]?.replace('[calculator] ', '') ?? '')).toEqual({
      payload__input__text: '12313x13232',
    });
    expect(lines[1]).toBe('[calculator] {"equations":["12313 * 13232"],"results":[162925616]}');
    expect(lines[2]).toBe('They cost 162925616 yuan.');
    expect(lines[3]).toMatch(/^completed, \d+ tokens$/);
  });

  it('function-calling: round after round, until nothing more is wanted', async () => {
    sim.script(
      callFunctions({ name: 'big_add', arguments: ADD }),
      callFunctions({ name: 'big_multiply', arguments: MULTIPLY }),
      say('It is 1578153048.'),
    );
    expect(await run('function-calling')).toBe(
      `big_add(${JSON.stringify(ADD)}) = 789076524\n` +
        `big_multiply(${JSON.stringify(MULTIPLY)}) = 1578153048\n` +
        'It is 1578153048.\ncompleted\n',
    );
  });

  it('multi-agent: the planner’s choice, each with what the one before has found, and chat to fall back on', async () => {
    sim.script(
      say('["market researcher", "writer"]'),
      say('A bike costs 900 yuan.'),
      say('Bikes are cheap. Buy one.'),
      say('Sure: the researcher, then the writer!'),
      say('Hello to you.'),
    );
    expect(await run('multi-agent', 'Should I buy a bike?', 'Hello')).toBe(
      'plan: market researcher -> writer\n' +
        'market researcher: A bike costs 900 yuan.\n' +
        'writer: Bikes are cheap. Buy one.\n' +
        'answer: Bikes are cheap. Buy one.\n' +
        'plan: chat\n' +
        'answer: Hello to you.\n',
    );
    const asked = JSON.stringify(sim.responsesRequests[2]?.body.input);
    expect(asked).toContain('Should I buy a bike?\\n\\nReference information:\\nA bike costs 900 yuan.');
  });
}

describe('in TypeScript, through withAssistants', () => {
  programs((name, ...args) =>
    start(process.execPath, ['--import', 'tsx', `${name}.ts`, ...args], {
      DASHSCOPE_BASE_URL: upstream.url,
      RETHREAD_PROFILE: 'dashscope',
      RETHREAD_STORE: 'memory:',
    }),
  );
});

const runs = (args: string[]): boolean => {
  try {
    execFileSync('python3', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasPython = runs(['-c', '']);
const hasPackage = hasPython && runs(['-c', 'import dashscope']);

function throughTheGateway(env: Record<string, string>): void {
  let gateway: Gateway;
  let server: ReturnType<typeof serve>;
  let url = '';
  beforeEach(async () => {
    gateway = createGateway({
      store: 'memory:',
      log: () => {},
      upstream: upstream.url,
      profile: 'dashscope',
    });
    server = serve({ fetch: (request) => gateway.fetch(request), hostname: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  });
  afterEach(async () => {
    server.close();
    await gateway.close(0);
  });
  programs((name, ...args) =>
    start('python3', [`${name}.py`, ...args], {
      DASHSCOPE_HTTP_BASE_URL: url,
      NO_PROXY: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    }),
  );
}

const told = (reason: string, holds: boolean) => (holds ? '' : ` (skipped: ${reason})`);

describe.skipIf(!hasPackage)(
  `in Python, with the dashscope package${told('python3 cannot import dashscope', hasPackage)}`,
  () => throughTheGateway({}),
);

describe.skipIf(!hasPython)(
  `in Python, with a model of the dashscope package${told('there is no python3', hasPython)}`,
  () => throughTheGateway({ PYTHONPATH: new URL('python-model', import.meta.url).pathname }),
);
