/** §A.8 and §A.10: run steps. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { finishedRun, plainRun, toolRun } from '../openai/world.ts';
import type { Turn } from '../script.ts';
import { milliseconds, uuid } from './objects.ts';
import { op } from './operations.ts';

const whereOf = ({ threadId, runId }: { threadId: string; runId: string }) =>
  `/threads/${threadId}/runs/${runId}`;

const codeRun = (t: Context) =>
  t.once('dashscope code run', async (own) => {
    const script: Turn[] = [[{ code: 'print(6 * 7)', logs: '42\n' }, { say: 'It is 42.' }]];
    const run = await finishedRun(own, script, { tools: [{ type: 'code_interpreter' }] });
    run.run.field('status', 'completed');
    return { ...run, steps: (await own.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok() };
  });

export const stepChecks: Check[] = group(
  {
    dialect: 'dashscope',
    area: 'steps',
    section: '§A.8',
    evidence: ['S'],
    operation: op.listSteps,
    needs: ['model'],
  },
  [
    {
      id: 'ds.step.message',
      title: 'An answer is a message_creation step that names its message.',
      async run(t) {
        const { step, answer } = await plainRun(t);
        step.fields({ object: 'thread.run.step', type: 'message_creation', status: 'completed' });
        step
          .field('step_details.message_creation.message_id', answer.get('id'))
          .is(uuid('message_'), 'step_details.message_creation.message_id');
      },
    },
    {
      id: 'ds.step.ids',
      title: 'A step names its run, its thread and its assistant.',
      async run(t) {
        const { step, runId, threadId, assistant } = await plainRun(t);
        step.fields({ run_id: runId, thread_id: threadId, assistant_id: assistant.get('id') });
      },
    },
    {
      id: 'ds.step.metadata',
      title: 'metadata of a step is {}.',
      run: async (t) => {
        (await plainRun(t)).step.field('metadata', {});
      },
    },
    {
      id: 'ds.step.get',
      operation: op.getStep,
      title: 'One step can be retrieved; what is not set is null there.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        const one = (await t.get(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`)).ok();
        one.fields({
          id: step.get('id'),
          type: 'message_creation',
          last_error: null,
          failed_at: null,
          cancelled_at: null,
        });
      },
    },
    {
      id: 'ds.step.completed-at',
      operation: op.getStep,
      evidence: ['S', 'I'],
      title: 'completed_at of a step is null or in milliseconds.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        const one = (await t.get(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`)).ok();
        one.is(milliseconds.nullable(), 'completed_at');
      },
    },
    {
      id: 'ds.step.function',
      needs: ['tools'],
      title: 'A function call in a step has name, arguments, and the output that was submitted.',
      async run(t) {
        const { steps: list } = await toolRun(t);
        list.fields({
          'data[0].type': 'tool_calls',
          'data[0].step_details.type': 'tool_calls',
          'data[0].step_details.tool_calls[0].type': 'function',
          'data[0].step_details.tool_calls[0].function.name': 'get_weather',
          'data[0].step_details.tool_calls[0].function.output': 'rain',
        });
        list.matches('data[0].step_details.tool_calls[0].function.arguments', /^\{.*\}$/);
      },
    },
    {
      id: 'ds.step.order',
      needs: ['tools'],
      title: 'Steps are listed newest first.',
      async run(t) {
        const { threadId, runId } = await toolRun(t);
        const list = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
        list.fields({ 'data[0].type': 'message_creation', 'data[1].type': 'tool_calls' });
      },
    },
    {
      id: 'ds.step.code',
      section: '§A.10',
      needs: ['scripted', 'code_interpreter'],
      title: 'code_interpreter is {arguments, output}, both strings.',
      async run(t) {
        const call = (await codeRun(t)).steps.at('data[0].step_details.tool_calls[0]');
        call.field('type', 'code_interpreter').matches('code_interpreter.arguments', /print/);
        call.matches('code_interpreter.output', /42/);
      },
    },
    {
      id: 'ds.step.code.no-outputs',
      section: '§A.9.3',
      evidence: ['V'],
      needs: ['scripted', 'code_interpreter'],
      title: 'code_interpreter never has filled outputs as OpenAI has them: the Python SDK throws on them.',
      async run(t) {
        const call = (await codeRun(t)).steps.at('data[0].step_details.tool_calls[0].code_interpreter');
        const outputs = call.get('outputs');
        const fits = outputs === undefined || (Array.isArray(outputs) && outputs.length === 0);
        call.holds(fits, 'outputs absent or []', outputs).text('output');
      },
    },
  ],
);
