/** §A.9 and §A.10: a tool that the endpoint runs by itself, within the run. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { finishedRun, streamedRun } from '../openai/world.ts';
import type { Turn } from '../script.ts';
import { op } from './operations.ts';

export const CALCULATOR = { type: 'calculator' };

/** The model asks for the tool by its type, as it asks for functions by their names. */
export const calculates = (payload__input__text: string): Turn => [
  { call: [{ name: 'calculator', arguments: { payload__input__text } }] },
];

/** The example of §A.10. */
const FORMULA = '12313x13232';
const SCRIPT: Turn[] = [calculates(FORMULA), [{ say: 'It is 162925616.' }]];

const polled = (t: Context) =>
  t.once('calculator run', async (own) => {
    const { run, threadId, runId } = await finishedRun(own, SCRIPT, { tools: [CALCULATOR] });
    const steps = await own.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' });
    return { run, steps: steps.ok() };
  });

const streamed = (t: Context) =>
  t.once('calculator stream', (own) => streamedRun(own, SCRIPT, { tools: [CALCULATOR] }));

const steps = group(
  {
    dialect: 'dashscope',
    area: 'steps',
    section: '§A.10',
    evidence: ['S'],
    operation: op.listSteps,
    needs: ['scripted', 'tools', 'calculator'],
  },
  [
    {
      id: 'ds.step.calculator',
      title: 'calculator is {arguments, output}, both strings that are JSON.',
      async run(t) {
        const call = (await polled(t)).steps.at('data[0].step_details.tool_calls[0]');
        call.field('type', 'calculator').field('function', undefined);
        call.at('calculator.arguments').parsed('its arguments').field('payload__input__text', FORMULA);
        call
          .at('calculator.output')
          .parsed('its output')
          .equals({ equations: ['12313 * 13232'], results: [162925616] });
      },
    },
    {
      id: 'ds.step.calculator.run',
      section: '§A.7',
      operation: op.getRun,
      title: 'A run whose only calls are of built-in tools asks for no outputs.',
      run: async (t) => {
        (await polled(t)).run.fields({ status: 'completed', required_action: {} });
      },
    },
    {
      id: 'ds.step.calculator.order',
      section: '§A.8',
      title: 'The call of a built-in tool is a tool_calls step, before that of the answer.',
      run: async (t) => {
        (await polled(t)).steps.fields({
          'data[0].type': 'tool_calls',
          'data[0].status': 'completed',
          'data[0].step_details.type': 'tool_calls',
          'data[1].type': 'message_creation',
        });
      },
    },
  ],
);

const deltas = group(
  {
    dialect: 'dashscope',
    area: 'streams',
    section: '§A.9',
    evidence: ['S'],
    operation: op.createRun,
    needs: ['scripted', 'tools', 'streaming', 'calculator'],
  },
  [
    {
      id: 'ds.order.calculator',
      title:
        'A stream with a built-in tool has its step, its deltas and its completed step before the answer.',
      async run(t) {
        (await streamed(t)).order(
          'thread.run.created',
          'thread.run.queued',
          'thread.run.in_progress',
          'thread.run.step.created',
          'thread.run.step.in_progress',
          'thread.run.step.delta+',
          'thread.run.step.completed',
          'thread.run.step.created',
          'thread.run.step.in_progress',
          'thread.message.created',
          'thread.message.in_progress',
          'thread.message.delta+',
          'thread.message.completed',
          'thread.run.step.completed',
          'thread.run.completed',
          'done',
        );
      },
    },
    {
      id: 'ds.stream.calculator-step-empty',
      title: 'The step of the calculator is created with tool_calls [].',
      run: async (t) => {
        (await streamed(t))
          .one('thread.run.step.created')
          .field('step_details', { type: 'tool_calls', tool_calls: [] });
      },
    },
    {
      id: 'ds.delta.calculator',
      section: '§A.9.2',
      title: 'Arguments of the calculator are streamed without id and index; its output comes once, whole.',
      async run(t) {
        const stream = await streamed(t);
        const calls = stream
          .all('thread.run.step.delta')
          .map((delta) =>
            delta.at('delta.step_details.tool_calls[0]').fields({ id: undefined, index: undefined }),
          );
        const said = (key: string) => calls.map((call) => call.get(`calculator.${key}`)).filter(Boolean);
        const whole = stream.one('thread.run.step.completed').at('step_details.tool_calls[0].calculator');
        whole.fields({ arguments: said('arguments').join(''), output: said('output')[0] });
        if (said('output').length !== 1)
          stream.fail('its output comes otherwise', 'one delta with the output', said('output'));
      },
    },
  ],
);

export const calculatorChecks: Check[] = [...steps, ...deltas];
