/** A real model is told in words, and phrases things its own way: that is no failure of the endpoint (issue 6, live mode). */
import { afterEach, expect, it } from 'vitest';
import { runSuite } from '../../src/compat/index.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import {
  callFunctions,
  createSimulator,
  defaultModel,
  runCode,
  say,
  type TurnRequest,
  turn,
} from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';

let gateway: Gateway | undefined;
afterEach(() => gateway?.close(0));

const CALL = /the function (\w+) with the arguments (\{.*?\})/g;

/** Reads words as a decent model does: it is chatty, and the first two times it would rather talk than call a function. */
function decentModel() {
  let refusals = 2;
  return ({ lastUserText: text, input, body, ...request }: TurnRequest) => {
    const answered = input.at(-1)?.type === 'function_call_output';
    const tools = body.tools ?? [];
    const calls = [...text.matchAll(CALL)].map(([, name = '', json = '{}']) => ({
      name,
      arguments: JSON.parse(json),
    }));
    if (calls.length > 0 && tools.length > 0 && !answered) {
      if (refusals-- > 0) return say('I would rather talk about it.');
      return callFunctions(...calls);
    }
    const words = /Reply with exactly this text and nothing else: (.*)/.exec(text)?.[1];
    const code = /Use code interpreter to run exactly this Python code: (.*)/.exec(text)?.[1];
    if (code && tools.length > 0) return turn(runCode({ code, logs: '42\n' }), say(words ?? 'Done.'));
    if (words) return say(`Sure! ${words}`);
    return defaultModel({ lastUserText: text, input, body, ...request });
  };
}

it('holds with a model that does not follow scripts; retries are counted, what needs a script is left out', {
  timeout: 120_000,
}, async () => {
  const simulator = createSimulator({ defaultScript: decentModel() });
  gateway = createGateway(
    { store: 'memory:', upstream: 'http://simulator.test/v1', log: () => {} },
    simulator.fetch as Fetch,
  );
  const { fetch } = gateway;
  const report = await runSuite({ handler: fetch, skip: ['limits', 'sdk4', 'sdk5', 'sdk6'] });
  expect(report.mode).toBe('live');
  expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.passed).toBeGreaterThan(report.notApplicable);
  expect(report.checks.some(({ attempts }) => attempts > 1)).toBe(true);
  expect(report.checks).toContainEqual(
    expect.objectContaining({
      id: 'cancel.in_progress',
      outcome: 'not_applicable',
      reason: 'the model follows no scripts',
    }),
  );
});
