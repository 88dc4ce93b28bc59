/** §A.7.1: outputs of functions. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { callWeather, outputsFor, plainRun, settled, waitingRun } from '../openai/world.ts';
import { flat } from './objects.ts';
import { op } from './operations.ts';

const whereOf = ({ threadId, runId }: { threadId: string; runId: string }) =>
  `/threads/${threadId}/runs/${runId}`;

export const submitting: Check[] = group(
  {
    dialect: 'dashscope',
    area: 'submit',
    section: '§A.7.1',
    evidence: ['S', 'V'],
    operation: op.submit,
    needs: ['model', 'tools'],
  },
  [
    {
      id: 'ds.required-action',
      operation: op.getRun,
      title:
        'required_action has submit_tool_outputs.tool_calls with type function, name and arguments as a string.',
      async run(t) {
        const { run } = await waitingRun(t);
        const call = run
          .field('status', 'requires_action')
          .at('required_action.submit_tool_outputs.tool_calls[0]');
        call
          .fields({ type: 'function', 'function.name': 'get_weather' })
          .matches('function.arguments', /^\{.*\}$/);
        run.field('required_action.type', 'submit_tool_outputs');
      },
    },
    ...(
      [
        ['by-id', 'by id', (id: string) => ({ tool_call_id: id, output: 'rain' })],
        [
          'empty-id',
          'by position where tool_call_id is "", as in the samples',
          () => ({ tool_call_id: '', output: 'rain' }),
        ],
        ['no-id', 'by position where tool_call_id is left out', () => ({ output: 'rain' })],
      ] as const
    ).map(([id, how, output]) => ({
      id: `ds.submit.${id}`,
      title: `Outputs are matched ${how}.`,
      async run(t: Context) {
        const run = await waitingRun(t);
        const tool_outputs = run.calls.map(output);
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, { tool_outputs, stream: false })).ok();
        (await settled(t, run.threadId, run.runId)).field('status', 'completed');
        const steps = (await t.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok();
        steps.field('data[0].step_details.tool_calls[0].function.output', 'rain');
      },
    })),
    {
      id: 'ds.submit.positions',
      needs: ['scripted'],
      title: 'Several outputs without ids are matched in the order of the calls.',
      async run(t) {
        const run = await waitingRun(t, ['Paris', 'Rome']);
        const tool_outputs = [{ output: 'rain' }, { output: 'sun' }];
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, { tool_outputs })).ok();
        await settled(t, run.threadId, run.runId);
        const steps = (await t.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok();
        steps.fields({
          'data[0].step_details.tool_calls[0].function.output': 'rain',
          'data[0].step_details.tool_calls[1].function.output': 'sun',
        });
      },
    },
    {
      id: 'ds.submit.answer',
      title: 'The answer is the run, in progress again, with required_action still filled.',
      async run(t) {
        const run = await waitingRun(t);
        const answer = (await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls))).ok();
        answer.field('id', run.runId).matches('status', /^(queued|in_progress)$/);
        answer.field('required_action.submit_tool_outputs.tool_calls[0].function.name', 'get_weather');
      },
    },
    {
      id: 'ds.submit.completed',
      title: 'A run that does not require action takes no outputs.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        flat(await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor([''])), 400);
      },
    },
    {
      id: 'ds.submit.other',
      title: 'A run that has taken its outputs takes no others.',
      async run(t) {
        const run = await waitingRun(t);
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls))).ok();
        const others = run.calls.map((tool_call_id) => ({ tool_call_id, output: 'another' }));
        flat(await t.post(`${whereOf(run)}/submit_tool_outputs`, { tool_outputs: others }), 400);
      },
    },
    {
      id: 'ds.submit.missing',
      needs: ['scripted'],
      title: 'All outputs come in one request: fewer are refused, and the run still waits.',
      async run(t) {
        const run = await waitingRun(t, ['Paris', 'Rome']);
        flat(await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls.slice(1))), 400);
        (await t.get(whereOf(run))).ok().field('status', 'requires_action');
      },
    },
    {
      id: 'ds.submit.rounds',
      needs: ['scripted'],
      title: 'A run may require action several times.',
      async run(t) {
        const run = await waitingRun(t, ['Paris'], callWeather('Rome'));
        await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls));
        const again = await settled(t, run.threadId, run.runId);
        again.field('status', 'requires_action');
        again.matches('required_action.submit_tool_outputs.tool_calls[0].function.arguments', /Rome/);
      },
    },
  ],
);
