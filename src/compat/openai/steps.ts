/** §1.7 and §2.7: run steps as they appear on the wire. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import type { Turn } from '../script.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import {
  callWeather,
  codeRun,
  finishedRun,
  hangingRun,
  plainRun,
  plainStream,
  polled,
  searchStream,
  startRun,
  toolRun,
  WEATHER,
  waitingRun,
} from './world.ts';

/** The only step of a run that waits for outputs. */
async function waitingStep(t: Context): Promise<Received> {
  const { threadId, runId } = await waitingRun(t);
  const list = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
  return list.items()[0] ?? list.fail('there is no step', 'the tool_calls step');
}

const toolStep = async (t: Context) => {
  const { steps } = await toolRun(t);
  return steps.items()[0] ?? steps.fail('there is no step', 'the tool_calls step');
};

const keys: Record<string, unknown> = {
  object: 'thread.run.step',
  cancelled_at: null,
  failed_at: null,
  last_error: null,
};

const objects = group(
  {
    dialect: 'openai',
    area: 'steps',
    section: '§1.7',
    evidence: ['REC-net'],
    operation: op.listSteps,
    needs: ['model'],
  },
  [
    ...Object.entries(keys).map(([field, value]) => ({
      id: `step.completed.${field}`,
      title: `${field} of a completed run step is ${JSON.stringify(value)}.`,
      run: async (t: Context) => {
        (await plainRun(t)).step.field('status', 'completed').field(field, value);
      },
    })),
    {
      id: 'step.completed.completed_at',
      title: 'completed_at of a completed run step is set.',
      run: async (t) => {
        (await plainRun(t)).step.is(schema.seconds, 'completed_at');
      },
    },
    {
      id: 'step.ids',
      title: 'A run step names its run, its assistant and its thread.',
      async run(t) {
        const { step, runId, threadId, assistant } = await plainRun(t);
        step.fields({ run_id: runId, thread_id: threadId, assistant_id: assistant.get('id') });
      },
    },
    {
      id: 'step.expires-at',
      section: '§1.10 #2',
      evidence: ['REC-net', 'SPEC'],
      takes: 'recording',
      title:
        'A run step has expires_at, null once it has completed, where the specification says expired_at.',
      run: async (t) => {
        (await plainRun(t)).step.field('expires_at', null);
      },
    },
    {
      id: 'step.metadata',
      section: '§1.10 #2',
      evidence: ['REC-net', 'SPEC', 'INF'],
      takes: 'either',
      title:
        'A run step has no metadata, as recorded, or an empty one, for clients typed by the specification.',
      async run(t) {
        const { step } = await plainRun(t);
        const metadata = step.get('metadata');
        const fits = metadata === undefined || JSON.stringify(metadata) === '{}';
        step.holds(fits, 'metadata that is absent or {}', metadata);
      },
    },
    {
      id: 'step.message-creation',
      title: 'A message_creation step names the message that it created.',
      async run(t) {
        const { step, answer } = await plainRun(t);
        const message_id = answer.get('id');
        step.field('type', 'message_creation');
        step.field('step_details', { type: 'message_creation', message_creation: { message_id } });
      },
    },
    {
      id: 'step.usage',
      title: 'usage of a completed run step is set.',
      run: async (t) => {
        (await plainRun(t)).step.is(schema.usage, 'usage');
      },
    },
    {
      id: 'step.usage.in-progress',
      operation: op.createRun,
      needs: ['streaming'],
      title: 'usage of a run step in progress is null.',
      run: async (t) => {
        (await plainStream(t)).one('thread.run.step.in_progress').field('usage', null);
      },
    },
    {
      id: 'step.get',
      operation: op.getStep,
      title: 'One run step is the same as in the list.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        (await t.get(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`)).ok().equals(step.value);
      },
    },
    {
      id: 'step.function.form',
      needs: ['tools'],
      title: 'A function call in a run step is {id, type, function: {name, arguments, output}}.',
      async run(t) {
        const step = await toolStep(t);
        step.fields({
          type: 'tool_calls',
          'step_details.type': 'tool_calls',
          'step_details.tool_calls[0].type': 'function',
          'step_details.tool_calls[0].function.name': 'get_weather',
        });
        step.text('step_details.tool_calls[0].function.arguments');
      },
    },
    {
      id: 'step.function.id',
      needs: ['tools'],
      title: 'A function call has the same id in required_action and in its run step.',
      async run(t) {
        const { calls } = await toolRun(t);
        (await toolStep(t)).field('step_details.tool_calls[0].id', calls[0]);
      },
    },
    {
      id: 'step.function.output-null',
      needs: ['tools'],
      title: 'output of a function call is null until it is submitted.',
      run: async (t) => {
        (await waitingStep(t)).field('step_details.tool_calls[0].function.output', null);
      },
    },
    {
      id: 'step.function.output',
      needs: ['tools'],
      title: 'output of a function call is what was submitted.',
      run: async (t) => {
        (await toolStep(t)).field('step_details.tool_calls[0].function.output', 'rain');
      },
    },
    {
      id: 'step.code.form',
      evidence: ['REC-oll', 'REC-net'],
      needs: ['scripted', 'code_interpreter'],
      title: 'A call of code interpreter is {id, type, code_interpreter: {input, outputs}}.',
      async run(t) {
        const { steps } = await codeRun(t, { code: 'print(6 * 7)', logs: '42\n' });
        steps.matches('data[0].step_details.tool_calls[0].id', /^call_/).fields({
          'data[0].type': 'tool_calls',
          'data[0].step_details.tool_calls[0].type': 'code_interpreter',
          'data[0].step_details.tool_calls[0].code_interpreter.input': 'print(6 * 7)',
        });
      },
    },
    {
      id: 'step.code.logs',
      needs: ['scripted', 'code_interpreter'],
      title: 'What code printed is an output {type: "logs", logs}.',
      async run(t) {
        const { steps } = await codeRun(t, { code: 'print(6 * 7)', logs: '42\n' });
        const outputs = 'data[0].step_details.tool_calls[0].code_interpreter.outputs';
        steps.field(outputs, [{ type: 'logs', logs: '42\n' }]);
      },
    },
    {
      id: 'step.code.silent',
      needs: ['scripted', 'code_interpreter'],
      title: 'outputs are [] when the code printed nothing.',
      async run(t) {
        const { steps } = await codeRun(t, { code: '6 * 7' });
        steps.field('data[0].step_details.tool_calls[0].code_interpreter.outputs', []);
      },
    },
    {
      id: 'step.code.image',
      evidence: ['SPEC'],
      needs: ['scripted', 'code_interpreter', 'files'],
      title: 'A picture that code drew is an output {type: "image", image: {file_id}}.',
      async run(t) {
        const { steps } = await codeRun(t, { code: 'plot()', image: true });
        const outputs = steps.items('data[0].step_details.tool_calls[0].code_interpreter.outputs');
        const image = outputs.find((output) => output.get('type') === 'image');
        (image ?? steps.fail('there is no image among the outputs', 'an output of type image')).matches(
          'image.file_id',
          /^\S+$/,
        );
      },
    },
    {
      id: 'step.search.form',
      needs: ['scripted', 'files', 'vector_stores', 'file_search', 'streaming'],
      title:
        'A file search in a run step has its ranking options and its results with file_id, file_name and score.',
      async run(t) {
        const { threadId, runId, fileId } = await searchStream(t);
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' })).ok();
        const call = steps.at('data[0].step_details.tool_calls[0]');
        call.fields({ type: 'file_search', 'file_search.results[0].file_id': fileId });
        call.field('file_search.results[0].file_name', 'compat.txt');
        call.number('file_search.results[0].score');
        call.text('file_search.ranking_options.ranker');
        call.number('file_search.ranking_options.score_threshold');
      },
    },
    {
      id: 'step.search.attributes',
      section: '§1.10 #9',
      takes: 'recording',
      needs: ['scripted', 'files', 'vector_stores', 'file_search', 'streaming'],
      title: 'Results of a file search carry attributes, which the specification does not have.',
      async run(t) {
        const { threadId, runId } = await searchStream(t);
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' })).ok();
        steps.field('data[0].step_details.tool_calls[0].file_search.results[0].attributes', {});
      },
    },
  ],
);

const lives = group(
  {
    dialect: 'openai',
    area: 'steps',
    section: '§2.7',
    evidence: ['REC-net'],
    operation: op.listSteps,
    needs: ['model'],
  },
  [
    {
      id: 'step.tool.in-progress',
      needs: ['tools'],
      title: 'A tool_calls step stays in_progress while its run requires action.',
      run: async (t) => {
        (await waitingStep(t)).fields({ type: 'tool_calls', status: 'in_progress', completed_at: null });
      },
    },
    {
      id: 'step.tool.completed',
      needs: ['tools'],
      title: 'A tool_calls step is completed when its outputs have been submitted.',
      run: async (t) => {
        (await toolStep(t)).field('status', 'completed').is(schema.seconds, 'completed_at');
      },
    },
    {
      id: 'step.tool.then-message',
      needs: ['tools'],
      title: 'The answer that follows a tool_calls step is a step of its own.',
      async run(t) {
        const { steps } = await toolRun(t);
        const types = steps.items().map((step) => step.get('type'));
        steps.holds(types.join() === 'tool_calls,message_creation', 'tool_calls, message_creation', types);
      },
    },
    {
      id: 'step.tool.parallel',
      needs: ['tools', 'scripted'],
      title: 'All function calls of one turn of the model are in one step.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t, ['Paris', 'Rome']);
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`))
          .ok()
          .field('data[1]', undefined);
        const received = steps.items('data[0].step_details.tool_calls').map((call) => call.get('id'));
        steps.holds(received.join() === calls.join(), calls.join(), received);
      },
    },
    {
      id: 'step.tool.cancelled',
      evidence: ['DOC'],
      needs: ['tools'],
      title: 'When a run is cancelled while it requires action, its step is cancelled too.',
      async run(t) {
        const { threadId, runId } = await waitingRun(t);
        await t.post(`/threads/${threadId}/runs/${runId}/cancel`);
        await polled(t, threadId, runId, (status) => status === 'cancelled');
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
        steps.field('data[0].status', 'cancelled').is(schema.seconds, 'data[0].cancelled_at');
      },
    },
    {
      id: 'step.failed',
      evidence: ['SPEC', 'CODE'],
      needs: ['scripted'],
      title: 'When a run fails in the middle of a message, its step fails with last_error and failed_at.',
      async run(t) {
        const script: Turn[] = [[{ say: 'Once upon' }, { fail: 'server_error', message: 'It broke.' }]];
        const { run, threadId, runId } = await finishedRun(t, script);
        run.field('status', 'failed');
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
        steps.fields({ 'data[0].status': 'failed', 'data[0].last_error.code': 'server_error' });
        steps.is(schema.seconds, 'data[0].failed_at');
      },
    },
    {
      id: 'step.none-yet',
      evidence: ['SPEC'],
      needs: ['scripted'],
      title: 'A run that has produced nothing yet has no steps.',
      async run(t) {
        const { threadId, runId } = await hangingRun(t);
        (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok().field('data', []);
      },
    },
    {
      id: 'step.several',
      needs: ['tools', 'scripted'],
      title: 'Tool steps and messages may alternate several times in one run.',
      async run(t) {
        const script: Turn[] = [
          [{ say: 'Let me look.' }, ...callWeather('Paris')],
          [{ say: 'And there.' }, ...callWeather('Rome')],
          [{ say: 'It rains in both.' }],
        ];
        const { threadId, runId } = await startRun(t, script, { tools: [WEATHER] });
        const where = `/threads/${threadId}/runs/${runId}`;
        for (let round = 0; round < 2; round++) {
          const run = await polled(t, threadId, runId, (status) => status === 'requires_action');
          const tool_call_id = run.text('required_action.submit_tool_outputs.tool_calls[0].id');
          await t.post(`${where}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id, output: 'rain' }] });
        }
        await polled(t, threadId, runId, (status) => status === 'completed');
        const steps = (await t.get(`${where}/steps`, { order: 'asc' })).ok();
        const types = steps.items().map((step) => (step.get('type') === 'tool_calls' ? 'tool' : 'message'));
        const expected = ['message', 'tool', 'message', 'tool', 'message'];
        steps.holds(types.join() === expected.join(), expected.join(', '), types);
      },
    },
  ],
);

export const steps: Check[] = [...objects, ...lives];
