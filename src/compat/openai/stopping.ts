/** §2.5 and §2.6: cancelled and expired runs. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../received.ts';
import { cancelledRun, ended, whereOf } from './endings.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import {
  anAssistant,
  hangingRun,
  outputsFor,
  type StartedRun,
  settled,
  startRun,
  user,
  WEATHER,
  waitingRun,
} from './world.ts';

const cancelling = group(
  {
    dialect: 'openai',
    area: 'cancel',
    section: '§2.5',
    evidence: ['REC-rb', 'CODE'],
    operation: op.cancelRun,
    needs: ['model'],
  },
  [
    {
      id: 'cancel.in_progress',
      needs: ['scripted'],
      title: 'Cancelling a run that is in progress answers 200 with status cancelling.',
      async run(t) {
        const run = await hangingRun(t);
        (await t.post(`${whereOf(run)}/cancel`)).ok().fields({ id: run.runId, status: 'cancelling' });
      },
    },
    {
      id: 'cancel.cancelled',
      needs: ['scripted'],
      title: 'A cancelled run ends as cancelled, with cancelled_at.',
      async run(t) {
        const { threadId, runId } = await cancelledRun(t);
        const run = (await t.get(`/threads/${threadId}/runs/${runId}`)).ok();
        run.field('status', 'cancelled').is(schema.seconds, 'cancelled_at');
      },
    },
    {
      id: 'cancel.requires_action',
      evidence: ['CODE'],
      needs: ['tools'],
      title:
        'A run that requires action can be cancelled; it answers cancelling or cancelled, and ends as cancelled.',
      async run(t) {
        const run = await waitingRun(t);
        const answer = (await t.post(`${whereOf(run)}/cancel`)).ok().matches('status', /^cancell(ing|ed)$/);
        const done = await settled(t, run.threadId, run.runId);
        done.fields({ status: 'cancelled', required_action: null, id: answer.get('id') });
      },
    },
    ...Object.entries(ended).map(([status, end]) => ({
      id: `cancel.of-${status}`,
      section: '§2.9 #9',
      evidence: ['CODE'] as const,
      needs: (status === 'completed' ? ['model'] : ['scripted']) as Check['needs'],
      title: `A run that is ${status} cannot be cancelled: status in single quotes.`,
      async run(t: Context) {
        const run = await end(t);
        (await t.post(`${whereOf(run)}/cancel`)).error({
          status: 400,
          message: `Cannot cancel run with status '${status}'.`,
          type: 'invalid_request_error',
          param: null,
          code: null,
        });
      },
    })),
    {
      id: 'cancel.frees-thread',
      evidence: ['INF', 'ISS'],
      operation: op.createMessage,
      needs: ['scripted'],
      title: 'A thread is free soon after its run was cancelled.',
      async run(t) {
        const { threadId } = await cancelledRun(t);
        const body = {
          assistant_id: await anAssistant(t),
          additional_messages: [user(t.prompt([{ say: 'Yes.' }]))],
        };
        const run = (await t.post(`/threads/${threadId}/runs`, body)).ok();
        (await settled(t, threadId, run.text('id'))).field('status', 'completed');
      },
    },
  ],
);

const EXPIRED_WITHIN = 10;

/** A run that was let expire. */
async function expired(t: Context): Promise<StartedRun & { run: Answer; tool: boolean }> {
  return t.once('expired run', async (own) => {
    const started = await startRun(
      own,
      [[{ call: [{ name: 'get_weather', arguments: { city: 'Paris' } }] }]],
      {
        tools: [WEATHER],
      },
    );
    const until = Date.now() + ((t.expirySeconds ?? 0) + EXPIRED_WITHIN) * 1000;
    let run = await settled(own, started.threadId, started.runId);
    while (run.get('status') === 'requires_action' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      run = await own.get(whereOf(started));
    }
    return { ...started, run, tool: true };
  });
}

const expiry = group(
  {
    dialect: 'openai',
    area: 'expiry',
    section: '§2.6',
    evidence: ['DOC', 'INF'],
    operation: op.getRun,
    needs: ['scripted', 'tools', 'expiry'],
  },
  [
    {
      id: 'expiry.run',
      title: 'A run that waits for outputs past its expires_at becomes expired.',
      run: async (t) => {
        (await expired(t)).run.field('status', 'expired');
      },
    },
    {
      id: 'expiry.fields',
      section: '§1.7',
      title: 'An expired run has no expires_at, no completed_at and no required_action.',
      run: async (t) => {
        (await expired(t)).run.fields({
          status: 'expired',
          expires_at: null,
          completed_at: null,
          required_action: null,
        });
      },
    },
    {
      id: 'expiry.step',
      operation: op.listSteps,
      title: 'The open step of an expired run is expired.',
      run: async (t) => {
        (await t.get(`${whereOf(await expired(t))}/steps`)).ok().field('data[0].status', 'expired');
      },
    },
    {
      id: 'expiry.unlocks',
      operation: op.createMessage,
      title: 'The thread of an expired run is free.',
      async run(t) {
        const { threadId } = await expired(t);
        (await t.post(`/threads/${threadId}/messages`, user('And?'))).ok().field('thread_id', threadId);
      },
    },
    {
      id: 'expiry.submit',
      operation: op.submit,
      section: '§2.9 #7',
      evidence: ['REC-rb'],
      title: 'An expired run takes no outputs.',
      async run(t) {
        const run = await expired(t);
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(['call_x']))).error({
          status: 400,
          message: 'Runs in status "expired" do not accept tool outputs.',
        });
      },
    },
    {
      id: 'expiry.cancel',
      operation: op.cancelRun,
      section: '§2.9 #9',
      evidence: ['CODE'],
      title: 'An expired run cannot be cancelled.',
      async run(t) {
        const run = await expired(t);
        const message = "Cannot cancel run with status 'expired'.";
        (await t.post(`${whereOf(run)}/cancel`)).error({ status: 400, message });
      },
    },
  ],
);

export const stopping: Check[] = [...cancelling, ...expiry];
