/** §3.4: what message deltas carry, and that they add up to what is there in the end. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { EventList } from '../events.ts';
import { op } from './operations.ts';
import { plainStream, searchStream, streamedRun } from './world.ts';

const messageDeltas = (stream: EventList) => stream.all('thread.message.delta');
const refusal = (t: Context) =>
  t.once('refusal stream', (own) => streamedRun(own, [[{ refuse: 'I cannot help with that.' }]]));

const picture = (t: Context) =>
  t.once('picture stream', (own) =>
    streamedRun(
      own,
      [
        [
          { code: 'plot()', image: true },
          { say: 'There.', files: ['plot.png'] },
        ],
      ],
      {
        tools: [{ type: 'code_interpreter' }],
      },
    ),
  );

const citation = async (t: Context) => {
  const { events } = await searchStream(t);
  const found = messageDeltas(events).find((delta) => delta.has('delta.content[0].text.annotations[0]'));
  return found ?? events.fail('no delta carries an annotation', 'a delta with an annotation');
};

export const messageDeltaChecks: Check[] = group(
  {
    dialect: 'openai',
    area: 'deltas',
    section: '§3.4',
    evidence: ['REC-net', 'REC-oll'],
    operation: op.createRun,
    needs: ['model', 'streaming'],
  },
  [
    {
      id: 'delta.message.form',
      title:
        'A message delta is {id, object: "thread.message.delta", delta: {content: […]}} of the open message.',
      async run(t) {
        const stream = await plainStream(t);
        const id = stream.one('thread.message.created').get('id');
        for (const delta of messageDeltas(stream)) {
          delta.fields({ id, object: 'thread.message.delta' });
          delta.items('delta.content');
        }
        stream.one('thread.message.delta');
      },
    },
    {
      id: 'delta.message.no-role',
      title: 'A message delta has no role.',
      async run(t) {
        for (const delta of messageDeltas(await plainStream(t))) delta.field('delta.role', undefined);
        (await plainStream(t)).one('thread.message.delta').items('delta.content');
      },
    },
    {
      id: 'delta.message.index',
      title: 'Content of a message delta always has index and type.',
      async run(t) {
        const stream = await plainStream(t);
        for (const delta of messageDeltas(stream))
          delta.fields({ 'delta.content[0].index': 0, 'delta.content[0].type': 'text' });
      },
    },
    {
      id: 'delta.message.first',
      title: 'The first text delta of a part has annotations [].',
      async run(t) {
        (await plainStream(t)).one('thread.message.delta').field('delta.content[0].text.annotations', []);
      },
    },
    {
      id: 'delta.message.later',
      needs: ['scripted'],
      title: 'Later text deltas have the new text only, and no annotations.',
      async run(t) {
        const stream = await plainStream(t);
        stream
          .one('thread.message.delta', 1)
          .field('delta.content', [{ index: 0, type: 'text', text: { value: ' there,' } }]);
      },
    },
    {
      id: 'delta.message.adds-up',
      section: '§5.3',
      evidence: ['RUN', 'SDK'],
      title: 'The deltas add up exactly to the text of the finished message.',
      async run(t) {
        const stream = await plainStream(t);
        const text = messageDeltas(stream)
          .map((delta) => delta.text('delta.content[0].text.value'))
          .join('');
        stream.one('thread.message.completed').field('content[0].text.value', text);
      },
    },
    {
      id: 'delta.citation.form',
      needs: ['scripted', 'files', 'vector_stores', 'file_search'],
      title: 'A citation comes in one delta, with its marker as text and its index among the annotations.',
      async run(t) {
        const delta = await citation(t);
        delta.fields({
          'delta.content[0].text.annotations[0].index': 0,
          'delta.content[0].text.annotations[0].type': 'file_citation',
        });
        const marker = delta.text('delta.content[0].text.annotations[0].text');
        const value = delta.text('delta.content[0].text.value');
        delta.holds(value.includes(marker), `a text with ${marker}`, value);
      },
    },
    {
      id: 'delta.citation.quote',
      needs: ['scripted', 'files', 'vector_stores', 'file_search'],
      title: 'A streamed citation has a quote, which is empty.',
      async run(t) {
        (await citation(t)).field('delta.content[0].text.annotations[0].file_citation.quote', '');
      },
    },
    {
      id: 'delta.citation.range',
      needs: ['scripted', 'files', 'vector_stores', 'file_search'],
      title: 'A streamed citation has the same start_index and end_index as in the finished message.',
      async run(t) {
        const delta = await citation(t);
        const { events } = await searchStream(t);
        const done = events.one('thread.message.completed');
        for (const field of ['start_index', 'end_index', 'text'])
          delta.field(
            `delta.content[0].text.annotations[0].${field}`,
            done.get(`content[0].text.annotations[0].${field}`),
          );
      },
    },
    {
      id: 'delta.refusal',
      evidence: ['SPEC', 'RUN'],
      needs: ['scripted'],
      title: 'A refusal is a part {index, type: "refusal", refusal} whose texts add up to the finished one.',
      async run(t) {
        const stream = await refusal(t);
        const text = messageDeltas(stream)
          .map((delta) => delta.field('delta.content[0].type', 'refusal').text('delta.content[0].refusal'))
          .join('');
        const done = stream.one('thread.message.completed').field('content[0].type', 'refusal');
        done.field('content[0].refusal', 'I cannot help with that.').field('content[0].refusal', text);
      },
    },
    {
      id: 'delta.image',
      evidence: ['SPEC', 'RUN'],
      needs: ['scripted', 'code_interpreter', 'files'],
      title: 'An image part comes in one message delta, {index, type: "image_file", image_file: {file_id}}.',
      async run(t) {
        const stream = await picture(t);
        const deltas = messageDeltas(stream).filter(
          (delta) => delta.get('delta.content[0].type') === 'image_file',
        );
        const [delta = stream.fail('no message delta has an image', 'one with image_file')] = deltas;
        if (deltas.length > 1) stream.fail('the image comes more than once', 'one delta', deltas.length);
        const message = stream.one('thread.message.completed');
        const parts = message.items('content').map((part) => part.get('image_file.file_id'));
        const id = delta.text('delta.content[0].image_file.file_id');
        message.holds(parts.includes(id), `an image part with ${id}`, parts);
      },
    },
  ],
);
