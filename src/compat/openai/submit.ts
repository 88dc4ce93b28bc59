/** §2.2: outputs of functions, and which are refused. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import { finishedRun, hangingRun, outputsFor, settled, waitingRun } from './world.ts';

const accepts = (status: string) => `Runs in status "${status}" do not accept tool outputs.`;

const GOES_ON = /^(queued|in_progress|completed)$/;

/** What is said of outputs that come once a run has taken some. */
const taken = {
  message: /^Runs in status "(queued|in_progress|completed)" do not accept tool outputs\.$/,
  type: 'invalid_request_error',
  param: null,
  code: null,
};

export const submitting: Check[] = group(
  {
    dialect: 'openai',
    area: 'submit',
    section: '§2.2',
    evidence: ['DOC', 'ISS'],
    operation: op.submit,
    needs: ['model', 'tools'],
  },
  [
    {
      id: 'submit.together',
      needs: ['scripted'],
      title: 'All function calls of one turn of the model arrive in one required_action.',
      async run(t) {
        const { run } = await waitingRun(t, ['Paris', 'Rome', 'Oslo']);
        const received = run.items('required_action.submit_tool_outputs.tool_calls').length;
        run.holds(received === 3, 'three calls', received);
      },
    },
    {
      id: 'submit.all',
      needs: ['scripted'],
      title: 'Outputs of all calls in one submit make the run go on.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t, ['Paris', 'Rome']);
        const where = `/threads/${threadId}/runs/${runId}/submit_tool_outputs`;
        (await t.post(where, outputsFor(calls))).ok();
        (await settled(t, threadId, runId)).field('status', 'completed');
      },
    },
    {
      id: 'submit.any-order',
      evidence: ['SPEC'],
      needs: ['scripted'],
      title: 'Outputs may come in any order.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t, ['Paris', 'Rome']);
        const where = `/threads/${threadId}/runs/${runId}`;
        const tool_outputs = calls
          .map((tool_call_id, n) => ({ tool_call_id, output: `rain ${n}` }))
          .reverse();
        (await t.post(`${where}/submit_tool_outputs`, { tool_outputs })).ok();
        await settled(t, threadId, runId);
        const steps = (await t.get(`${where}/steps`, { order: 'asc' })).ok();
        steps.field('data[0].step_details.tool_calls[0].function.output', 'rain 0');
        steps.field('data[0].step_details.tool_calls[1].function.output', 'rain 1');
      },
    },
    {
      id: 'submit.missing',
      section: '§2.9 #8',
      evidence: ['ISS', 'CODE'],
      needs: ['scripted'],
      title:
        'Outputs that leave a call out are refused: expected and received ids as Python lists, no full stop.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t, ['Paris', 'Rome']);
        const [first = '', second = ''] = calls;
        (await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor([second]))).error({
          status: 400,
          message: `Expected tool outputs for call_ids ['${first}', '${second}'], got ['${second}']`,
          type: 'invalid_request_error',
          param: null,
          code: null,
        });
      },
    },
    {
      id: 'submit.missing.still-waits',
      needs: ['scripted'],
      title: 'A run whose outputs were refused still waits for them.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t, ['Paris', 'Rome']);
        const where = `/threads/${threadId}/runs/${runId}`;
        await t.post(`${where}/submit_tool_outputs`, outputsFor(calls.slice(1)));
        (await t.get(where)).ok().field('status', 'requires_action');
        (await t.post(`${where}/submit_tool_outputs`, outputsFor(calls))).ok();
      },
    },
    ...(
      [
        ['surplus', 'an id that was not asked for', (id: string) => [id, 'call_doesnotexist00000000000']],
        ['unknown', 'an id of another run', () => ['call_doesnotexist00000000000']],
        ['twice', 'the same id twice', (id: string) => [id, id]],
      ] as const
    ).map(([id, what, ids]) => ({
      id: `submit.${id}`,
      section: '§2.2',
      evidence: ['INF'] as const,
      title: `Outputs with ${what} are refused in the same words.`,
      async run(t: Context) {
        const { threadId, runId, calls } = await waitingRun(t);
        const [call = ''] = calls;
        const got = ids(call);
        (await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor(got))).error({
          status: 400,
          message: `Expected tool outputs for call_ids ['${call}'], got [${got.map((one) => `'${one}'`).join(', ')}]`,
        });
      },
    })),
    {
      id: 'submit.again',
      section: '§2.9 #7',
      evidence: ['REC-rb', 'CODE'],
      title:
        'Other outputs, submitted once a run has taken its own, are refused with the status the run is in by then.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t);
        const where = `/threads/${threadId}/runs/${runId}/submit_tool_outputs`;
        (await t.post(where, outputsFor(calls))).ok();
        const tool_outputs = calls.map((tool_call_id) => ({ tool_call_id, output: 'another' }));
        (await t.post(where, { tool_outputs })).error({ status: 400, ...taken });
      },
    },
    {
      id: 'submit.again.same',
      section: '§2.2',
      evidence: ['REC-rb', 'CODE'],
      title:
        'The same outputs again, as in a retry, change nothing: refused like others, or answered with the run as it is by then.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t);
        const where = `/threads/${threadId}/runs/${runId}`;
        (await t.post(`${where}/submit_tool_outputs`, outputsFor(calls))).ok();
        const again = await t.post(`${where}/submit_tool_outputs`, outputsFor(calls));
        if (again.status === 200) again.field('id', runId).matches('status', GOES_ON);
        else again.error({ status: 400, ...taken });
        (await settled(t, threadId, runId)).field('status', 'completed');
        const steps = (await t.get(`${where}/steps`, { order: 'asc' })).ok();
        steps.field('data[0].step_details.tool_calls[0].function.output', 'rain');
      },
    },
    ...(
      [
        ['in_progress', hangingRun],
        ['completed', (t: Context) => finishedRun(t, [[{ say: 'Hello.' }]])],
        ['failed', (t: Context) => finishedRun(t, [[{ fail: 'server_error', message: 'It broke.' }]])],
        [
          'incomplete',
          (t: Context) => finishedRun(t, [[{ say: 'Once' }, { incomplete: 'max_output_tokens' }]]),
        ],
      ] as const
    ).map(([status, start]) => ({
      id: `submit.to-${status}`,
      section: '§2.9 #7',
      evidence: ['REC-rb', 'CODE'] as const,
      needs: (status === 'completed' ? [] : ['scripted']) as Check['needs'],
      title: `A run that is ${status} takes no outputs: status in double quotes.`,
      async run(t: Context) {
        const { threadId, runId } = await start(t);
        const answer = await t.post(
          `/threads/${threadId}/runs/${runId}/submit_tool_outputs`,
          outputsFor(['call_x']),
        );
        answer.error({
          status: 400,
          message: accepts(status),
          type: 'invalid_request_error',
          param: null,
          code: null,
        });
      },
    })),
  ],
);
