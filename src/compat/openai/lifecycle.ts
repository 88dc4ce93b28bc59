/** §2.1, §2.3 and §2.4: how a run goes on and ends, and who may touch its thread meanwhile. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Turn } from '../script.ts';
import { ended, whereOf } from './endings.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import {
  anAssistant,
  finishedRun,
  hangingRun,
  newThread,
  outputsFor,
  plainRun,
  type StartedRun,
  user,
  waitingRun,
} from './world.ts';

const FAILS: Turn = [{ fail: 'server_error', message: 'It broke.' }];
const BREAKS_OFF: Turn = [{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }];

/** Runs that hold their thread. */
const active: Record<string, (t: Context) => Promise<StartedRun>> = {
  in_progress: hangingRun,
  requires_action: async (t) => waitingRun(t),
};

const states = group(
  {
    dialect: 'openai',
    area: 'lifecycle',
    section: '§2.1',
    evidence: ['SPEC', 'DOC'],
    needs: ['model'],
    operation: op.getRun,
  },
  [
    {
      id: 'lifecycle.queued',
      operation: op.createRun,
      evidence: ['REC-net'],
      title: 'A run begins as queued.',
      run: async (t) => {
        (await plainRun(t)).run.field('status', 'queued');
      },
    },
    {
      id: 'lifecycle.completed',
      title: 'A run whose model has answered ends as completed.',
      run: async (t) => {
        (await plainRun(t)).done.field('status', 'completed').is(schema.run);
      },
    },
    {
      id: 'lifecycle.queued-after-submit',
      operation: op.submit,
      evidence: ['DOC', 'REC-net'],
      needs: ['tools'],
      title: 'A run goes back to queued, not straight to in_progress, when outputs are submitted.',
      async run(t) {
        const run = await waitingRun(t);
        const answer = await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls));
        answer.ok().fields({ status: 'queued', id: run.runId });
      },
    },
    {
      id: 'lifecycle.expiry-fixed',
      operation: op.submit,
      evidence: ['REC-net'],
      needs: ['tools'],
      title: 'expires_at is fixed when a run is created: submitting outputs does not extend it.',
      async run(t) {
        const run = await waitingRun(t);
        const answer = await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls));
        answer.ok().field('expires_at', run.created.get('expires_at'));
      },
    },
    ...Object.entries(active).flatMap(([status, start]) => {
      const needs = status === 'requires_action' ? (['tools'] as const) : (['scripted'] as const);
      return [
        {
          id: `lock.message.${status}`,
          operation: op.createMessage,
          section: '§2.9 #1',
          evidence: ['ISS', 'DOC'] as const,
          needs,
          title: `No message is added to a thread whose run is ${status}; thread and run are named.`,
          async run(t: Context) {
            const { threadId, runId } = await start(t);
            (await t.post(`/threads/${threadId}/messages`, user('And?'))).error({
              status: 400,
              message: `Can't add messages to ${threadId} while a run ${runId} is active.`,
              type: 'invalid_request_error',
              param: null,
              code: null,
            });
          },
        },
        {
          id: `lock.run.${status}`,
          operation: op.createRun,
          section: '§2.9 #2',
          evidence: ['CODE', 'ISS'] as const,
          needs,
          title: `No second run is created on a thread whose run is ${status}; thread and run are named.`,
          async run(t: Context) {
            const { threadId, runId } = await start(t);
            (await t.post(`/threads/${threadId}/runs`, { assistant_id: await anAssistant(t) })).error({
              status: 400,
              message: `Thread ${threadId} already has an active run ${runId}.`,
              type: 'invalid_request_error',
              param: null,
              code: null,
            });
          },
        },
      ];
    }),
    ...Object.entries(ended).map(([status, end]) => ({
      id: `lock.free.${status}`,
      operation: op.createMessage,
      needs: (status === 'completed' ? ['model'] : ['scripted']) as Check['needs'],
      title: `The thread of a run that is ${status} is free: a message can be added.`,
      async run(t: Context) {
        const { threadId } = await end(t);
        (await t.post(`/threads/${threadId}/messages`, user('And?'))).ok().field('thread_id', threadId);
      },
    })),
    {
      id: 'lock.same-time',
      operation: op.createRun,
      evidence: ['DOC', 'ISS'],
      needs: ['scripted'],
      title: 'Of two runs that are created at the same time on one thread, one is refused.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user(t.prompt([{ hang: true }]))] });
        const body = { assistant_id: await anAssistant(t) };
        const answers = await Promise.all([1, 2].map(() => t.post(`/threads/${threadId}/runs`, body)));
        const received = answers.map(({ status }) => status).sort();
        answers[0]?.holds(received.join() === '200,400', 'one 200 and one 400', received);
      },
    },
    {
      id: 'lock.status-400',
      operation: op.createRun,
      section: '§2.9',
      evidence: ['RUN'],
      needs: ['scripted'],
      title: 'A busy thread is a 400, never a 409, which SDKs would silently try again.',
      async run(t) {
        const { threadId } = await hangingRun(t);
        (await t.post(`/threads/${threadId}/runs`, { assistant_id: await anAssistant(t) })).error({
          status: 400,
        });
      },
    },
    {
      id: 'lifecycle.partial-content',
      operation: op.listMessages,
      needs: ['scripted'],
      title: 'What the model said before its run failed is still to be read.',
      async run(t) {
        const { threadId } = await finishedRun(t, [[{ say: 'Once upon' }, ...FAILS]]);
        const list = (await t.get(`/threads/${threadId}/messages`, { limit: 1 })).ok();
        list.fields({ 'data[0].role': 'assistant', 'data[0].content[0].text.value': 'Once upon' });
      },
    },
  ],
);

const failures = group(
  {
    dialect: 'openai',
    area: 'lifecycle',
    section: '§2.3',
    evidence: ['SPEC', 'CODE'],
    needs: ['scripted'],
    operation: op.getRun,
  },
  [
    ...(['server_error', 'rate_limit_exceeded', 'invalid_prompt'] as const).map((code) => ({
      id: `failure.${code}`,
      title: `A run can fail with last_error.code ${code} and a message.`,
      async run(t: Context) {
        const { run } = await finishedRun(t, [[{ fail: code, message: 'It broke.' }]]);
        run.fields({ status: 'failed', 'last_error.code': code }).matches('last_error.message', /\S/);
      },
    })),
    {
      id: 'failure.http-200',
      operation: op.createRun,
      title: 'HTTP stays 200 when a run fails: the failure is in the run.',
      async run(t) {
        const { created, run } = await finishedRun(t, [FAILS]);
        created.ok().field('status', 'queued');
        run.field('status', 'failed').is(schema.seconds, 'failed_at');
      },
    },
    {
      id: 'failure.rate-limit',
      title: 'A rate limit of the model ends as a failed run with rate_limit_exceeded, not as an HTTP error.',
      async run(t) {
        const { run } = await finishedRun(t, [[{ rateLimit: 'Rate limit reached for the model.' }]]);
        run.fields({ status: 'failed', 'last_error.code': 'rate_limit_exceeded' });
      },
    },
    {
      id: 'incomplete.max-tokens',
      section: '§2.4',
      title: 'A run that reaches max_completion_tokens is incomplete, with that reason.',
      async run(t) {
        const { run } = await finishedRun(t, [BREAKS_OFF]);
        run.fields({ status: 'incomplete', incomplete_details: { reason: 'max_completion_tokens' } });
      },
    },
    {
      id: 'incomplete.content-filter',
      section: '§2.4',
      evidence: ['ISS'],
      title: 'A run that the content filter stops is incomplete.',
      async run(t) {
        const { run } = await finishedRun(t, [[{ say: 'Once upon' }, { incomplete: 'content_filter' }]]);
        run.field('status', 'incomplete').text('incomplete_details.reason');
      },
    },
  ],
);

export const lifecycle: Check[] = [...states, ...failures];
