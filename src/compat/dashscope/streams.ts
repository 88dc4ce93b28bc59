/** §A.9: streams. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { EventList } from '../events.ts';
import { anAssistant, newThread, plainStream, streamedRun, toolStream, user } from '../openai/world.ts';
import { op } from './operations.ts';

const RUN = ['thread.run.created', 'thread.run.queued', 'thread.run.in_progress'];
const STEP = ['thread.run.step.created', 'thread.run.step.in_progress'];
const ANSWER = [
  ...STEP,
  'thread.message.created',
  'thread.message.in_progress',
  'thread.message.delta+',
  'thread.message.completed',
  'thread.run.step.completed',
];
const END = ['thread.run.completed', 'done'];

const deltas = (stream: EventList) => stream.all('thread.message.delta');

const withThread = (t: Context) =>
  t.once('stream with its thread', async (own) => {
    const thread = { messages: [user(own.prompt([{ say: 'Hello.' }]))] };
    return own.stream('/threads/runs', { assistant_id: await anAssistant(own), thread, stream: true });
  });

const codeStream = (t: Context) =>
  t.once('dashscope code stream', (own) =>
    streamedRun(own, [[{ code: 'print(6 * 7)', logs: '42\n' }, { say: 'It is 42.' }]], {
      tools: [{ type: 'code_interpreter' }],
    }),
  );

const frames = ({ exchange }: EventList) =>
  exchange.text.split('\n\n').filter((frame) => /^event:/m.test(frame));

export const streams: Check[] = group(
  {
    dialect: 'dashscope',
    area: 'streams',
    section: '§A.9',
    evidence: ['S'],
    operation: op.createRun,
    needs: ['model', 'streaming'],
  },
  [
    {
      id: 'ds.stream.no-space',
      evidence: ['S', 'V'],
      title: 'There is no space behind event: and data:, and one line of data an event.',
      async run(t) {
        const stream = await plainStream(t);
        const odd = frames(stream).find(
          (frame) => !/^(?:id:.*\n)?event:[\w.]+\ndata:\S.*$/.test(frame.trim()),
        );
        if (odd !== undefined) stream.fail('a frame has another form', 'event:…\\ndata:…', odd);
        if (frames(stream).length !== stream.events.length)
          stream.fail('an event has no name', 'a name for each');
      },
    },
    {
      id: 'ds.stream.content-type',
      section: '§A.9.3',
      evidence: ['V'],
      title: 'The content type is text/event-stream.',
      async run(t) {
        const stream = await streamedRun(t, [[{ say: 'Hello.' }]]);
        const type = stream.exchange.responseHeaders.get('content-type') ?? '';
        if (!/^text\/event-stream\b/.test(type))
          stream.fail('its content type differs', 'text/event-stream', type);
      },
    },
    {
      id: 'ds.stream.done',
      evidence: ['S', 'V'],
      title: 'The end is event:done with data:[DONE].',
      async run(t) {
        const stream = await plainStream(t);
        const last = stream.events.at(-1);
        if (last?.event === 'done') last.data.equals('[DONE]');
        else stream.fail('done is not the last', 'done');
      },
    },
    {
      id: 'ds.stream.request-id',
      title: 'Every object has request_id, the same throughout the stream.',
      async run(t) {
        const stream = await plainStream(t);
        const id = stream.one('thread.run.created').text('request_id');
        for (const { event, data } of stream.events) if (event !== 'done') data.field('request_id', id);
      },
    },
    ...(
      [
        [
          'text',
          'A plain answer: run, step, message, deltas, and all completed.',
          [...RUN, ...ANSWER, ...END],
          plainStream,
          {},
        ],
        [
          'thread',
          'POST /threads/runs begins with thread.created.',
          ['thread.created', ...RUN, ...ANSWER, ...END],
          withThread,
          { operation: op.createThreadAndRun, evidence: ['S', 'I'] as const },
        ],
        [
          'submit',
          'The stream of a submit begins with the completed step, then the run goes on; there is no run.created.',
          ['thread.run.step.completed', 'thread.run.queued', 'thread.run.in_progress', ...ANSWER, ...END],
          async (t: Context) => (await toolStream(t)).second,
          { operation: op.submit, needs: ['scripted', 'tools'] as const },
        ],
      ] as const
    ).map(([id, title, expected, get, more]) => ({
      id: `ds.order.${id}`,
      title,
      ...more,
      run: async (t: Context) => {
        (await get(t)).order(...expected);
      },
    })),
    {
      id: 'ds.order.function',
      evidence: ['S', 'I'],
      needs: ['scripted', 'tools'],
      title:
        'A function call ends the stream with thread.run.requires_action and done, the tool step still open.',
      async run(t) {
        const { first } = await toolStream(t);
        first.sequence(...RUN, ...STEP, 'thread.run.requires_action', 'done');
        if (first.names.includes('thread.run.step.completed'))
          first.fail('its step is completed', 'an open step');
        first.one('thread.run.requires_action').field('status', 'requires_action');
      },
    },
    {
      id: 'ds.stream.created-queued',
      title: 'thread.run.created has status queued.',
      run: async (t) => {
        (await plainStream(t)).one('thread.run.created').field('status', 'queued');
      },
    },
    {
      id: 'ds.stream.message-created',
      title: 'thread.message.created has content [].',
      run: async (t) => {
        (await plainStream(t)).one('thread.message.created').field('content', []);
      },
    },
    {
      id: 'ds.stream.message-whole',
      title: 'thread.message.completed has the whole text, in an array of content.',
      async run(t) {
        const stream = await plainStream(t);
        const text = deltas(stream)
          .map((delta) => delta.get('delta.content[0].text.value') ?? '')
          .join('');
        stream.one('thread.message.completed').field('content[0].text.value', text);
      },
    },
    {
      id: 'ds.stream.run-usage',
      title: 'thread.run.completed has usage.',
      async run(t) {
        (await plainStream(t)).one('thread.run.completed').number('usage.total_tokens');
      },
    },
    {
      id: 'ds.stream.unset',
      section: '§A.7',
      title: 'What is not set on a streamed run is null.',
      async run(t) {
        const run = (await plainStream(t)).one('thread.run.created');
        run.fields({ required_action: null, last_error: null, usage: null, completed_at: null });
      },
    },
    {
      id: 'ds.stream.incomplete-details',
      section: '§A.6',
      title: 'incomplete_details of a streamed message is null.',
      run: async (t) => {
        (await plainStream(t)).one('thread.message.created').field('incomplete_details', null);
      },
    },
    {
      id: 'ds.delta.array',
      section: '§A.9.1',
      evidence: ['S', 'V'],
      title:
        'delta.content is an array of one part: an object, which a table shows, would crash the Python SDK.',
      async run(t) {
        const stream = await plainStream(t);
        for (const delta of deltas(stream))
          delta.field('delta.content[0].type', 'text').field('delta.content[1]', undefined);
        stream.one('thread.message.delta').items('delta.content');
      },
    },
    {
      id: 'ds.delta.no-index',
      section: '§A.9.1',
      title: 'Parts of a delta have no index.',
      async run(t) {
        const stream = await plainStream(t);
        for (const delta of deltas(stream)) delta.field('delta.content[0].index', undefined);
        stream.one('thread.message.delta').field('object', 'thread.message.delta');
      },
    },
    {
      id: 'ds.delta.role',
      section: '§A.9.1',
      title: 'A delta has role assistant, file_ids [] and annotations [].',
      async run(t) {
        const delta = (await plainStream(t)).one('thread.message.delta');
        delta.fields({
          'delta.role': 'assistant',
          'delta.file_ids': [],
          'delta.content[0].text.annotations': [],
        });
      },
    },
    {
      id: 'ds.delta.last',
      title: 'The last delta has value "".',
      async run(t) {
        const stream = await plainStream(t);
        const last = deltas(stream).at(-1) ?? stream.fail('there is no delta', 'a delta');
        last.field('delta.content[0].text.value', '');
      },
    },
    {
      id: 'ds.delta.id',
      section: '§A.9.1',
      title: 'A delta has the id of its message.',
      async run(t) {
        const stream = await plainStream(t);
        const id = stream.one('thread.message.created').get('id');
        for (const delta of deltas(stream)) delta.field('id', id);
      },
    },
    {
      id: 'ds.delta.code',
      section: '§A.9.2',
      needs: ['scripted', 'code_interpreter'],
      title: 'Arguments of a tool are streamed in pieces without id and index; its output comes once, whole.',
      async run(t) {
        const stream = await codeStream(t);
        const calls = stream
          .all('thread.run.step.delta')
          .map((delta) =>
            delta.at('delta.step_details.tool_calls[0]').fields({ id: undefined, index: undefined }),
          );
        const outputs = calls.map((call) => call.get('code_interpreter.output')).filter((output) => output);
        if (outputs.length !== 1)
          stream.fail('its output comes otherwise', 'one delta with the output', outputs);
        const text = calls.map((call) => call.get('code_interpreter.arguments') ?? '').join('');
        stream
          .one('thread.run.step.completed')
          .field('step_details.tool_calls[0].code_interpreter.arguments', text);
      },
    },
    {
      id: 'ds.order.code',
      needs: ['scripted', 'code_interpreter'],
      title: 'A built-in tool has a step of its own, completed before the answer begins.',
      async run(t) {
        const stream = await codeStream(t);
        stream.order(
          ...RUN,
          ...STEP,
          'thread.run.step.delta+',
          'thread.run.step.completed',
          ...ANSWER,
          ...END,
        );
      },
    },
    {
      id: 'ds.stream.tool-step-empty',
      needs: ['scripted', 'code_interpreter'],
      title: 'The step of a built-in tool is created with tool_calls [].',
      run: async (t) => {
        (await codeStream(t))
          .one('thread.run.step.created')
          .field('step_details', { type: 'tool_calls', tool_calls: [] });
      },
    },
    {
      id: 'ds.stream.submit-output',
      operation: op.submit,
      needs: ['scripted', 'tools'],
      title: 'The completed step of a submit stream has the outputs.',
      async run(t) {
        const step = (await toolStream(t)).second.one('thread.run.step.completed');
        step.field('step_details.tool_calls[0].function.output', 'rain 0');
      },
    },
    {
      id: 'ds.stream.refused',
      section: '§A.9.3',
      evidence: ['V'],
      title: 'A refusal before the stream begins is a JSON error in the flat form.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('Hello')] });
        const answer = await t.post(`/threads/${threadId}/runs`, { stream: true });
        answer
          .holds(answer.status === 400, 'status 400', answer.status)
          .matches('code', /\S/)
          .field('error', undefined);
      },
    },
    {
      id: 'ds.stream.failed',
      needs: ['scripted'],
      title: 'A failure closes message and step, then comes thread.run.failed, then done.',
      async run(t) {
        const stream = await streamedRun(t, [
          [{ say: 'Once' }, { fail: 'server_error', message: 'It broke.' }],
        ]);
        stream.sequence('thread.message.incomplete', 'thread.run.step.failed', 'thread.run.failed', 'done');
      },
    },
  ],
);
