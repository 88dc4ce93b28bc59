/** §1.7: runs as they appear on the wire. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { callWeather, finishedRun, outputsFor, plainRun, settled, WEATHER, waitingRun } from './world.ts';

const defaults: Record<string, unknown> = {
  instructions: null,
  tools: [],
  metadata: {},
  temperature: 1,
  top_p: 1,
  max_completion_tokens: null,
  max_prompt_tokens: null,
  truncation_strategy: { type: 'auto', last_messages: null },
  response_format: 'auto',
  tool_choice: 'auto',
  parallel_tool_calls: true,
};

const fresh: Record<string, unknown> = {
  status: 'queued',
  started_at: null,
  cancelled_at: null,
  failed_at: null,
  completed_at: null,
  required_action: null,
  last_error: null,
  incomplete_details: null,
  usage: null,
};

export const runs: Check[] = group(
  {
    dialect: 'openai',
    area: 'runs',
    section: '§1.7',
    evidence: ['REC-net'],
    operation: op.createRun,
    needs: ['model'],
  },
  [
    ...Object.entries(defaults).map(([field, value]) => ({
      id: `run.default.${field}`,
      title: `${field} of a run is ${JSON.stringify(value)} unless run or assistant say otherwise.`,
      run: async (t: Context) => {
        (await plainRun(t)).run.field(field, value);
      },
    })),
    ...Object.entries(fresh).map(([field, value]) => ({
      id: `run.fresh.${field}`,
      title: `${field} of a run that was just created is ${JSON.stringify(value)}.`,
      run: async (t: Context) => {
        (await plainRun(t)).run.field(field, value);
      },
    })),
    {
      id: 'run.expires-at',
      section: '§2.1',
      evidence: ['REC-net', 'REC-oll', 'REC-rb'],
      title: 'expires_at of a run is created_at + 600 seconds.',
      async run(t) {
        const { run } = await plainRun(t);
        if (t.expirySeconds !== undefined)
          t.notApplicable('the endpoint was set to expire runs in another time');
        run.field('expires_at', run.number('created_at') + 600);
      },
    },
    {
      id: 'run.ids',
      title: 'A run names its assistant and its thread.',
      async run(t) {
        const { run, assistant, threadId } = await plainRun(t);
        run.fields({ assistant_id: assistant.get('id'), thread_id: threadId });
      },
    },
    {
      id: 'run.model',
      title: 'model of a run is that of its assistant.',
      run: async (t) => {
        (await plainRun(t)).run.field('model', t.model);
      },
    },
    {
      id: 'run.inherits',
      title: 'A run takes instructions, tools, temperature, top_p and response_format from its assistant.',
      needs: ['tools'],
      async run(t) {
        const params = { instructions: 'Be brief.', tools: [WEATHER], temperature: 0.5, top_p: 0.5 };
        const assistant = (
          await t.post('/assistants', { model: t.model, ...params, response_format: { type: 'text' } })
        ).ok();
        const { created } = await finishedRun(t, [[{ say: 'Yes.' }]], { assistant_id: assistant.text('id') });
        created.fields({
          instructions: 'Be brief.',
          tools: assistant.get('tools'),
          temperature: 0.5,
          top_p: 0.5,
          response_format: { type: 'text' },
        });
      },
    },
    {
      id: 'run.instructions-null',
      section: '§1.10 #5',
      takes: 'recording',
      evidence: ['REC-net', 'SPEC'],
      title:
        'instructions of a run are null when its assistant has none, where the specification says a string.',
      run: async (t) => {
        (await plainRun(t)).done.field('instructions', null);
      },
    },
    {
      id: 'run.tool-resources',
      section: '§1.10 #3',
      takes: 'recording',
      title: 'A run carries tool_resources, which the specification does not have.',
      run: async (t) => {
        (await plainRun(t)).run.is(schema.assistant.shape.tool_resources, 'tool_resources');
      },
    },
    {
      id: 'run.reasoning-effort',
      section: '§1.10 #3',
      takes: 'recording',
      title: 'A run carries reasoning_effort, null when none was asked for.',
      run: async (t) => {
        (await plainRun(t)).run.field('reasoning_effort', null);
      },
    },
    {
      id: 'run.usage',
      title: 'usage has prompt_tokens, completion_tokens and total_tokens, which is their sum.',
      operation: op.getRun,
      async run(t) {
        const { done } = await plainRun(t);
        done.is(schema.usage, 'usage').holds(done.number('usage.total_tokens') > 0, 'tokens that were used');
      },
    },
    {
      id: 'run.usage.details',
      section: '§1.10 #4',
      takes: 'recording',
      operation: op.getRun,
      title:
        'usage has prompt_token_details (in the singular) and completion_tokens_details, which the specification lacks.',
      async run(t) {
        const { done } = await plainRun(t);
        done.number('usage.prompt_token_details.cached_tokens');
        done.number('usage.completion_tokens_details.reasoning_tokens');
      },
    },
    {
      id: 'run.usage.sum',
      operation: op.submit,
      needs: ['scripted', 'tools'],
      title: 'usage of a run is the sum over its steps and over all its requests to the model.',
      async run(t) {
        const usage = (input_tokens: number, output_tokens: number) => ({
          usage: { input_tokens, output_tokens },
        });
        const { run, threadId, runId } = await finishedRun(
          t,
          [
            [...callWeather('Paris'), usage(20, 10)],
            [{ say: 'It rains.' }, usage(40, 5)],
          ],
          { tools: [WEATHER] },
        );
        const call = run.text('required_action.submit_tool_outputs.tool_calls[0].id');
        await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor([call]));
        const done = await settled(t, threadId, runId);
        done.fields({ 'usage.prompt_tokens': 60, 'usage.completion_tokens': 15, 'usage.total_tokens': 75 });
        const steps = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
        const sum = steps.items().reduce((total, step) => total + step.number('usage.total_tokens'), 0);
        steps.holds(sum === 75, 'steps whose total_tokens add up to 75', sum);
      },
    },
    {
      id: 'run.required-action.usage',
      section: '§1.10 #6',
      takes: 'recording',
      operation: op.getRun,
      needs: ['tools'],
      title: 'usage is null while a run requires action, where an example in the docs shows numbers.',
      run: async (t) => {
        (await waitingRun(t)).run.field('usage', null);
      },
    },
    {
      id: 'run.required-action',
      operation: op.getRun,
      needs: ['tools'],
      title:
        'required_action is {type, submit_tool_outputs: {tool_calls: [{id, type, function: {name, arguments}}]}}.',
      async run(t) {
        const { run } = await waitingRun(t);
        const call = 'required_action.submit_tool_outputs.tool_calls[0]';
        run.fields({
          'required_action.type': 'submit_tool_outputs',
          [`${call}.type`]: 'function',
          [`${call}.function.name`]: 'get_weather',
        });
      },
    },
    {
      id: 'run.required-action.arguments',
      operation: op.getRun,
      needs: ['tools'],
      title: 'arguments of a call are a string of JSON.',
      async run(t) {
        const { run } = await waitingRun(t);
        const text = run.text('required_action.submit_tool_outputs.tool_calls[0].function.arguments');
        const parsed = parsedJson(text);
        run.holds(typeof parsed === 'object' && parsed !== null, 'a string that is a JSON object', text);
        if (t.mode === 'scripted')
          run.holds(JSON.stringify(parsed) === '{"city":"Paris"}', '{"city":"Paris"}', text);
      },
    },
    {
      id: 'run.required-action.no-output',
      operation: op.getRun,
      needs: ['tools'],
      title: 'A call in required_action has no output key.',
      async run(t) {
        const { run } = await waitingRun(t);
        run.field('required_action.submit_tool_outputs.tool_calls[0].function.output', undefined);
      },
    },
  ],
);

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
