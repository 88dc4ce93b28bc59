import type { Context } from '../context.ts';
import type { Turn } from '../script.ts';
import { anAssistant, newThread, streamedRun, user } from './world.ts';

export const failing = (t: Context) =>
  t.once('failing stream', (own) =>
    streamedRun(own, [[{ say: 'Once upon' }, { fail: 'server_error', message: 'It broke.' }]]),
  );

export const failingAtOnce = (t: Context) =>
  t.once('stream failing at once', (own) =>
    streamedRun(own, [[{ fail: 'server_error', message: 'It broke.' }]]),
  );

export const breakingOff = (t: Context) =>
  t.once('incomplete stream', (own) =>
    streamedRun(own, [[{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }]]),
  );

/** A stream whose run is cancelled in the middle of a message. */
export const cancelled = (t: Context) =>
  t.once('cancelled stream', async (own) => {
    const script: Turn = [{ say: 'Once upon' }, { hang: true }];
    const threadId = await newThread(own, { messages: [user(own.prompt(script))] });
    const body = { assistant_id: await anAssistant(own), stream: true };
    const stream = await own.open(`/threads/${threadId}/runs`, body);
    await stream.until('thread.message.delta');
    const runId = stream.seen.one('thread.run.created').text('id');
    (await own.post(`/threads/${threadId}/runs/${runId}/cancel`)).ok();
    return stream.rest();
  });

export const withThread = (t: Context) =>
  t.once('stream with its thread', async (own) => {
    const thread = { messages: [user(own.prompt([{ say: 'Hello.' }]))], metadata: { a: 'b' } };
    return own.stream('/threads/runs', { assistant_id: await anAssistant(own), thread, stream: true });
  });
