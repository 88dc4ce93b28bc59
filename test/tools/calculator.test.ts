import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { calculator } from '../../src/tools/calculator.ts';
import { createWorld, prepare, settledRun, type World } from '../faults/world.ts';

let world: World;
afterEach(() => world.close());

/** What the step of a run shows for one expression, and what the model was told. */
async function calculate(expression: string) {
  world = createWorld();
  world.sim.script(
    callFunctions({ name: 'calculator', arguments: { payload__input__text: expression } }),
    say('Done.'),
  );
  const { assistantId, threadId, runs } = await prepare(world, { tools: [{ type: 'calculator' }] });
  const started = await world.call('POST', runs, { assistant_id: assistantId });
  const run = await settledRun(world, threadId, started.body.id);
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  const { body } = await world.call('GET', `${runs}/${run.id}/steps?order=asc`);
  expect(body.data.map((step: { type: string }) => step.type)).toEqual(['tool_calls', 'message_creation']);
  const [call] = body.data[0].step_details.tool_calls;
  const request = world.sim.responsesRequests.at(-1)?.body as { input: { type: string; output?: string }[] };
  const told = request.input.find(({ type }) => type === 'function_call_output');
  expect(told?.output).toBe(call.function.output);
  return call.function;
}

describe('calculator (dashscope §A.10)', () => {
  it('shows its call with the arguments and the output of the original', async () => {
    expect(await calculate('12313x13232')).toEqual({
      name: 'calculator',
      arguments: '{"payload__input__text":"12313x13232"}',
      output: '{"equations":["12313 * 13232"],"results":[162925616]}',
    });
  });

  for (const [expression, result] of [
    ['3 × 4', '12'],
    ['3x4', '12'],
    ['3 X (2+2)', '12'],
    ['12÷4', '3'],
    ['2^10', '1024'],
    ['2**10', '1024'],
    ['10 % 3', '1'],
    ['200 * 15%', '30'],
    ['１２＋３４', '46'],
    ['（１＋２）×３', '9'],
    ['7 − 9', '-2'],
    ['1,234,567 + 1', '1234568'],
    ['1+1=', '2'],
    ['1+1=?', '2'],
    ['max(100,200)', '200'],
    ['sqrt(16)', '4'],
    ['0.1 + 0.2', '0.3'],
    ['99999999999999999999 + 1', '100000000000000000000'],
    ['1/3', '0.33333333333333333333'],
    ['2 + 3; 4 * 5', '5,20'],
  ] as const) {
    it(`${expression} is ${result}`, async () => {
      expect((await calculate(expression)).output).toContain(`"results":[${result}]}`);
    });
  }

  for (const expression of [
    'process.exit()',
    'import("fs")',
    'x = 5',
    'f(x) = x',
    'pi',
    '"text"',
    '[1, 2, 3]',
    'true',
    '1/0',
    'sqrt(-1)',
    '9^9^9^9',
    '1e999999 % 7',
    '200000!',
    'evaluate("1")',
    '1 +',
    '',
  ]) {
    it(`${expression || 'nothing'} is refused, which the model is told, and the run goes on`, async () => {
      expect((await calculate(expression)).output).toMatch(/^Error: /);
    });
  }
});

describe('whatever a model writes into calculator (property)', () => {
  const alphabet = fc.constantFrom(
    ...'0123456789+-*/^%().,;= xX×÷!\'"[]{}:eEiπ＋９'.split(''),
    ...[
      'sqrt(',
      'max(',
      'import',
      'constructor',
      '__proto__',
      'createUnit(',
      '1e308',
      '999999',
      'log(',
      '\n',
    ],
  );
  const hostile = fc.oneof(
    fc.array(alphabet, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 200, unit: 'binary' }),
    fc.nat({ max: 480 }).map((depth) => `${'('.repeat(depth)}1${')'.repeat(depth)}`),
    fc.nat({ max: 400 }).map((height) =>
      Array(height + 1)
        .fill('9')
        .join('^'),
    ),
    fc.nat({ max: 900 }).map((signs) => `${'-'.repeat(signs)}1`),
  );

  it('is a result in JSON or an error in words, soon', async () => {
    const [fn] = await calculator.functions({ type: 'calculator' }, new AbortController().signal);
    await fc.assert(
      fc.asyncProperty(hostile, async (payload__input__text) => {
        const output = await fn?.call({ payload__input__text }, {} as never).catch((error: Error) => {
          expect(error.message.length).toBeGreaterThan(0);
          return '{"equations":[],"results":[]}';
        });
        const { equations, results } = JSON.parse(String(output));
        expect(results.every((result: unknown) => Number.isFinite(result))).toBe(true);
        expect(equations).toHaveLength(results.length);
      }),
      { numRuns: 500, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    );
  });

  it('agrees with JavaScript on whole numbers', async () => {
    const [fn] = await calculator.functions({ type: 'calculator' }, new AbortController().signal);
    const small = fc.integer({ min: -1000, max: 1000 });
    await fc.assert(
      fc.asyncProperty(small, small, fc.constantFrom('+', '-', '*'), small, async (a, b, sign, c) => {
        const text = `(${a} ${sign} ${b}) x ${c}`;
        const left = sign === '+' ? a + b : sign === '-' ? a - b : a * b;
        const output = await fn?.call({ payload__input__text: text }, {} as never);
        expect(JSON.parse(String(output)).results).toEqual([left * c + 0]);
      }),
      { numRuns: 200 },
    );
  });
});
