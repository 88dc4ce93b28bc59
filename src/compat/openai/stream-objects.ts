/** §3.3: what the events of a stream carry. */
import { type Check, group } from '../check.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { breakingOff, cancelled, failing, failingAtOnce, withThread } from './stream-kinds.ts';
import { anAssistant, newThread, plainStream, toolStream, user } from './world.ts';
export const streamObjects: Check[] = group(
  {
    dialect: 'openai',
    area: 'streams',
    operation: op.createRun,
    section: '§3.3',
    needs: ['model', 'streaming'],
  },
  [
    {
      id: 'order.failure-at-once',
      section: '§3.3(f)',
      evidence: ['INF', 'SPEC'],
      needs: ['scripted'],
      title: 'A failure before any step: created, queued, perhaps in_progress, failed, done.',
      async run(t) {
        const stream = await failingAtOnce(t);
        const names = stream.names.filter((name) => name !== 'thread.run.in_progress');
        const expected = ['thread.run.created', 'thread.run.queued', 'thread.run.failed', 'done'];
        if (names.join() !== expected.join()) stream.fail('its events are others', expected);
        stream
          .one('thread.run.failed')
          .field('last_error.code', 'server_error')
          .is(schema.seconds, 'failed_at');
      },
    },
    {
      id: 'order.created-is-queued',
      section: '§3.3(a)',
      evidence: ['REC-net'],
      title: 'thread.run.created and thread.run.queued carry the same run: queued, not started.',
      async run(t) {
        const stream = await plainStream(t);
        const created = stream.one('thread.run.created').fields({ status: 'queued', started_at: null });
        stream.one('thread.run.queued').equals(created.value);
      },
    },
    {
      id: 'order.step-names-message',
      section: '§3.3(a)',
      evidence: ['REC-net'],
      title: 'thread.run.step.created knows the id of the message that follows.',
      async run(t) {
        const stream = await plainStream(t);
        const id = stream.one('thread.message.created').get('id');
        stream.one('thread.run.step.created').field('step_details.message_creation.message_id', id);
      },
    },
    {
      id: 'order.message-created-empty',
      section: '§3.3(a)',
      evidence: ['REC-net'],
      title: 'thread.message.created is in progress and has no content yet.',
      async run(t) {
        (await plainStream(t)).one('thread.message.created').fields({ content: [], status: 'in_progress' });
      },
    },
    {
      id: 'order.message-whole',
      section: '§3.3(a)',
      evidence: ['REC-net'],
      title: 'thread.message.completed is the whole message, as REST gives it.',
      async run(t) {
        const stream = await plainStream(t);
        const message = stream.one('thread.message.completed').field('status', 'completed');
        const where = `/threads/${message.text('thread_id')}/messages/${message.text('id')}`;
        (await t.get(where)).ok().field('content', message.get('content'));
      },
    },
    {
      id: 'order.tool-step-empty',
      section: '§3.3(b)',
      evidence: ['REC-net'],
      needs: ['tools', 'scripted'],
      title: 'thread.run.step.created of a tool step has tool_calls [].',
      async run(t) {
        const { first } = await toolStream(t);
        const step = first.one('thread.run.step.created');
        step.fields({ type: 'tool_calls', 'step_details.tool_calls': [] });
      },
    },
    {
      id: 'order.requires-action-filled',
      section: '§3.3(b)',
      evidence: ['REC-net'],
      needs: ['tools', 'scripted'],
      title: 'thread.run.requires_action has required_action filled and usage null.',
      async run(t) {
        const { first, calls } = await toolStream(t);
        const run = first
          .one('thread.run.requires_action')
          .fields({ status: 'requires_action', usage: null });
        run.field('required_action.submit_tool_outputs.tool_calls[1].id', calls[1]);
      },
    },
    {
      id: 'order.step-stays-open',
      section: '§3.3(b)',
      evidence: ['REC-net'],
      operation: op.listSteps,
      needs: ['tools', 'scripted'],
      title: 'The tool step of a stream that ended with requires_action is in_progress over REST.',
      run: async (t) => {
        (await toolStream(t)).meanwhile.fields({
          'data[0].status': 'in_progress',
          'data[0].type': 'tool_calls',
        });
      },
    },
    {
      id: 'order.submit-completes-step',
      section: '§3.3(b)',
      evidence: ['REC-net'],
      operation: op.submit,
      needs: ['tools', 'scripted'],
      title: 'The first event of a submit stream is the old step, completed, with outputs and usage.',
      async run(t) {
        const { first, second } = await toolStream(t);
        const [event] = second.events;
        const step = second.one('thread.run.step.completed');
        if (event?.event !== 'thread.run.step.completed')
          second.fail('it begins otherwise', 'thread.run.step.completed');
        step.field('id', first.one('thread.run.step.created').get('id')).is(schema.usage, 'usage');
        step.fields({
          'step_details.tool_calls[0].function.output': 'rain 0',
          'step_details.tool_calls[1].function.output': 'rain 1',
        });
      },
    },
    {
      id: 'order.thread-created',
      section: '§3.3(e)',
      evidence: ['REC-net'],
      operation: op.createThreadAndRun,
      title: 'thread.created carries the thread.',
      async run(t) {
        const stream = await withThread(t);
        const thread = stream.one('thread.created').is(schema.thread).field('metadata', { a: 'b' });
        stream.one('thread.run.created').field('thread_id', thread.get('id'));
      },
    },
    {
      id: 'order.failure-details',
      section: '§3.3(f)',
      evidence: ['INF', 'SPEC'],
      needs: ['scripted'],
      title: 'After a failure: message reason run_failed, last_error and failed_at on step and run.',
      async run(t) {
        const stream = await failing(t);
        stream
          .one('thread.message.incomplete')
          .fields({ status: 'incomplete', incomplete_details: { reason: 'run_failed' } });
        for (const name of ['thread.run.step.failed', 'thread.run.failed'])
          stream.one(name).field('last_error.code', 'server_error').is(schema.seconds, 'failed_at');
      },
    },
    {
      id: 'order.cancel-details',
      section: '§3.3(g)',
      evidence: ['INF'],
      needs: ['scripted'],
      operation: op.cancelRun,
      title: 'After a cancellation: message reason run_cancelled, cancelled_at on step and run.',
      async run(t) {
        const stream = await cancelled(t);
        stream.one('thread.message.incomplete').field('incomplete_details', { reason: 'run_cancelled' });
        stream.one('thread.run.step.cancelled').is(schema.seconds, 'cancelled_at');
        stream.one('thread.run.cancelled').field('status', 'cancelled').is(schema.seconds, 'cancelled_at');
      },
    },
    {
      id: 'order.incomplete-details',
      section: '§3.3(h)',
      evidence: ['REC-rb'],
      needs: ['scripted'],
      title:
        'After max tokens: message reason max_tokens and incomplete_at, run reason max_completion_tokens.',
      async run(t) {
        const stream = await breakingOff(t);
        const message = stream
          .one('thread.message.incomplete')
          .field('incomplete_details', { reason: 'max_tokens' });
        message.field('status', 'incomplete').is(schema.seconds, 'incomplete_at');
        const run = stream.one('thread.run.incomplete').field('status', 'incomplete');
        run.field('incomplete_details', { reason: 'max_completion_tokens' });
      },
    },
    {
      id: 'order.incomplete-for-v4',
      section: '§3.3(h)',
      evidence: ['RUN', 'ISS'],
      needs: ['scripted'],
      title:
        'openai 4 for JavaScript is sent thread.run.completed whose status is incomplete: its helper knows no other.',
      async run(t) {
        const threadId = await newThread(t, {
          messages: [user(t.prompt([{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }]))],
        });
        const headers = { 'x-stainless-lang': 'js', 'x-stainless-package-version': '4.104.0' };
        const body = { assistant_id: await anAssistant(t), stream: true };
        const stream = await t.stream(`/threads/${threadId}/runs`, body, { headers });
        stream.one('thread.run.completed').field('status', 'incomplete');
      },
    },
  ],
);
