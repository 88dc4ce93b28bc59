import { readFileSync } from 'node:fs';
import OpenAI from 'openai7';
import { describe, expect, it } from 'vitest';
import * as simulator from '../../src/simulator/index.ts';
import { call } from './connect.ts';

/** The `@example` blocks of a module, each with the name of what it documents. */
function examplesOf(file: string): [name: string, code: string][] {
  const source = readFileSync(new URL(`../../src/simulator/${file}`, import.meta.url), 'utf8');
  return [...source.matchAll(/@example\n([\s\S]*?)\s*\*\/\nexport (?:async )?function (\w+)/g)].map(
    (match) => [match[2] as string, (match[1] as string).replace(/^ *\* ?/gm, '')],
  );
}

type Run = (names: Record<string, unknown>) => Promise<void>;

/** A program that has everything the simulator exports in scope. */
function compile(code: string): Run {
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  return (names) => new AsyncFunction(...Object.keys(names), code)(...Object.values(names));
}

describe('Every example in the documentation of the script runs', () => {
  const examples = examplesOf('script.ts');

  it('and there is one for each function', () => {
    const builders = Object.keys(simulator).filter(
      (name) => !['createSimulator', 'defaultModel', 'followScript'].includes(name),
    );
    expect(examples.map(([name]) => name).sort()).toEqual(builders.sort());
  });

  it.each(examples)('%s', async (_, code) => {
    const sim = simulator.createSimulator();
    await compile(code)({ ...simulator, sim });
    expect(sim.pending).toBeGreaterThan(0);
    while (sim.pending > 0) {
      const response = await call(sim, 'POST', '/responses', { model: 'o4-mini', input: 'Hi', stream: true });
      // A scripted error may well be answered; a 400 would be a mistake in the example.
      if (response.status === 400) expect.fail(await response.text());
      await response.body?.cancel();
    }
  });
});

describe('The examples of the simulator itself run', () => {
  it('createSimulator', async () => {
    const [, code = ''] = examplesOf('index.ts').find(([name]) => name === 'createSimulator') ?? [];
    let shown: unknown;
    const observed = code.replace(/^response\.output_text; .*$/m, 'show(response.output_text);');
    expect(observed).not.toBe(code);
    const show = (value: unknown) => {
      shown = value;
    };
    await compile(observed)({ ...simulator, OpenAI, show });
    expect(shown).toBe('Hello world');
  });

  it('defaultModel', async () => {
    const [, code = ''] = examplesOf('default-model.ts').find(([name]) => name === 'defaultModel') ?? [];
    await compile(`${code}; await check(sim);`)({
      ...simulator,
      check: async (sim: simulator.Simulator) => {
        const response = await (
          await call(sim, 'POST', '/responses', { model: 'gpt-4o', input: 'ping' })
        ).json();
        expect(response.output[0].content[0].text).toBe('pong');
      },
    });
  });
});
