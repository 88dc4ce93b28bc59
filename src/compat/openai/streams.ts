/** §3.1: how streams are framed. */
import { type Check, group } from '../check.ts';
import type { EventList } from '../events.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { anAssistant, aThread, newThread, plainStream, toolStream, user } from './world.ts';

/** The text of a stream as it was sent, in frames. */
const frames = ({ exchange }: EventList) =>
  exchange.text.split(/\r?\n\r?\n/).filter((frame) => /^event:/m.test(frame));

export const streams: Check[] = group(
  {
    dialect: 'openai',
    area: 'streams',
    section: '§3.1',
    evidence: ['REC-net', 'REC-oll'],
    operation: op.createRun,
    needs: ['model', 'streaming'],
  },
  [
    {
      id: 'stream.frames',
      title: 'Every event is a line event:, one line data:, and an empty line.',
      async run(t) {
        const stream = await plainStream(t);
        const odd = frames(stream).find(
          (frame) => !/^(?:id: ?.*\n)?event: ?[\w.]+\r?\ndata: ?\S.*$/.test(frame.trim()),
        );
        if (odd !== undefined) stream.fail('a frame has another form', 'event: …\\ndata: …', odd);
        if (frames(stream).length !== stream.events.length)
          stream.fail('an event has no name', 'a name for each event');
      },
    },
    {
      id: 'stream.bare-object',
      title: 'data is the bare object, not wrapped.',
      async run(t) {
        (await plainStream(t))
          .one('thread.run.created')
          .field('object', 'thread.run')
          .field('data', undefined);
      },
    },
    {
      id: 'stream.done',
      title: 'The last event is done, with [DONE] for data.',
      async run(t) {
        const stream = await plainStream(t);
        const last = stream.events.at(-1);
        if (last?.event === 'done') last.data.equals('[DONE]');
        else stream.fail('done is not the last', 'done', stream.names);
      },
    },
    {
      id: 'stream.names',
      evidence: ['SPEC', 'REC-net'],
      needs: ['tools', 'scripted'],
      title: 'Events have the names that are documented.',
      async run(t) {
        const { first, second } = await toolStream(t);
        for (const stream of [await plainStream(t), first, second]) {
          const odd = stream.names.find((name) => !schema.EVENT_NAMES.includes(name));
          if (odd !== undefined) stream.fail('no such event is documented', schema.EVENT_NAMES, odd);
        }
      },
    },
    {
      id: 'stream.ends-at-requires-action',
      evidence: ['DOC', 'REC-net'],
      needs: ['tools', 'scripted'],
      title: 'A stream ends, with done, when its run requires action.',
      async run(t) {
        const { first } = await toolStream(t);
        const received = first.names.slice(-2);
        if (received.join() !== 'thread.run.requires_action,done')
          first.fail('it ends otherwise', ['thread.run.requires_action', 'done'], received);
      },
    },
    {
      id: 'stream.refused',
      section: '§3.1',
      evidence: ['INF', 'SDK'],
      title: 'An error before the stream begins is ordinary JSON, also with stream: true.',
      async run(t) {
        const body = { assistant_id: 'asst_doesnotexist000000000000', stream: true };
        const answer = await t.post(`/threads/${await aThread(t)}/runs`, body);
        answer.error({ status: 404, type: 'invalid_request_error' });
        const type = answer.headers.get('content-type') ?? '';
        answer.holds(type.startsWith('application/json'), 'application/json', type);
      },
    },
    {
      id: 'stream.refused-validation',
      evidence: ['INF', 'SDK'],
      title: 'So is a refusal of the body.',
      async run(t) {
        const body = { assistant_id: await anAssistant(t), stream: true, x: 1 };
        (await t.post(`/threads/${await aThread(t)}/runs`, body)).error({ status: 400, param: 'x' });
      },
    },
    {
      id: 'stream.not-asked-for',
      evidence: ['SPEC'],
      title: 'stream: false answers with the run.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('Hello')] });
        const body = { assistant_id: await anAssistant(t), stream: false };
        (await t.post(`/threads/${threadId}/runs`, body)).ok().field('object', 'thread.run');
      },
    },
  ],
);
