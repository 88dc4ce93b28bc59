/** §5.2 and §5.3: what the stream helper of every major of the openai package makes of a stream. */
import type OpenAI from 'openai';
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import type { Turn } from '../script.ts';
import type { Beta } from './clients.ts';
import { op } from './operations.ts';
import { perMajor, ready, seen } from './sdk-polling.ts';
import { callWeather, WEATHER } from './world.ts';

type Sdk = { client: OpenAI; beta: Beta };
type Stream = ReturnType<Beta['threads']['runs']['stream']>;

const EVENTS = [
  'runStepCreated',
  'runStepDelta',
  'runStepDone',
  'messageCreated',
  'messageDelta',
  'messageDone',
  'textCreated',
  'textDelta',
  'textDone',
  'toolCallCreated',
  'toolCallDelta',
  'toolCallDone',
] as const;

/** Names of the helper's events, each once for as long as it repeats. */
function listen(stream: Stream): string[] {
  const names: string[] = [];
  for (const name of EVENTS) stream.on(name, () => void (names.at(-1) !== name && names.push(name)));
  return names;
}

async function opened(t: Context, { beta }: Sdk, script: Turn[], params: object = {}) {
  const { thread_id, assistant_id } = await ready(t, script);
  const stream = beta.threads.runs.stream(thread_id, { assistant_id, ...params });
  return { stream, thread_id, names: listen(stream) };
}

const HELLO: Turn[] = [[{ say: 'Hello there, friend.', deltas: ['Hello', ' there,', ' friend.'] }]];
const TOOLS = { tools: [WEATHER] };
const TWO_CALLS: Turn[] = [callWeather('Paris', 'Rome'), [{ say: 'It rains in both.' }]];

function textOf(t: Context, messages: unknown): Received {
  return seen(t, messages, 'finalMessages()');
}

const inOrder = (t: Context, names: string[], expected: string[]) => {
  let at = -1;
  for (const name of expected) {
    const next = names.indexOf(name, at + 1);
    if (next < 0) seen(t, names, 'the helper').fail(`${name} does not come where it should`, expected, names);
    at = next;
  }
};

const rows: Parameters<typeof perMajor>[0] = [
  {
    id: 'stream.raw',
    section: '§5.2',
    operation: op.createRun,
    title: 'create({stream: true}) yields {event, data}, and ends.',
    async run(t, { beta }) {
      const { thread_id, assistant_id } = await ready(t, HELLO);
      const events: { event: string; data: unknown }[] = [];
      for await (const event of await beta.threads.runs.create(thread_id, { assistant_id, stream: true }))
        events.push(event as (typeof events)[number]);
      const all = seen(t, events, 'what the stream yields');
      all.fields({ '[0].event': 'thread.run.created', '[0].data.object': 'thread.run' });
      const [last] = events.filter(({ event }) => event.startsWith('thread.')).slice(-1);
      all.holds(last?.event === 'thread.run.completed', 'thread.run.completed at the end', last?.event);
    },
  },
  {
    id: 'stream.text',
    operation: op.createRun,
    title: 'The helper adds the deltas up to the text of the message.',
    async run(t, sdk) {
      const { stream, thread_id } = await opened(t, sdk, HELLO);
      const messages = textOf(t, await stream.finalMessages());
      const list = (await t.get(`/threads/${thread_id}/messages`, { limit: 1 })).ok();
      messages.field('[0].content[0].text.value', list.get('data[0].content[0].text.value'));
      messages.field('[0].id', list.get('data[0].id'));
    },
  },
  {
    id: 'stream.run',
    operation: op.createRun,
    title: 'finalRun() gives the completed run with its usage.',
    async run(t, sdk) {
      const { stream } = await opened(t, sdk, HELLO);
      const run = seen(t, await stream.finalRun(), 'finalRun()').field('status', 'completed');
      run.number('usage.total_tokens');
    },
  },
  {
    id: 'stream.steps',
    operation: op.createRun,
    title: 'finalRunSteps() gives the completed steps.',
    async run(t, sdk) {
      const { stream } = await opened(t, sdk, HELLO);
      const steps = seen(t, await stream.finalRunSteps(), 'finalRunSteps()');
      steps.fields({ '[0].status': 'completed', '[0].type': 'message_creation', '[1]': undefined });
    },
  },
  {
    id: 'stream.events',
    operation: op.createRun,
    title: 'The helper tells of step, message and text in order, from created to done.',
    async run(t, sdk) {
      const { stream, names } = await opened(t, sdk, HELLO);
      await stream.done();
      inOrder(t, names, [
        'runStepCreated',
        'messageCreated',
        'textCreated',
        'textDelta',
        'textDone',
        'messageDone',
        'runStepDone',
      ]);
    },
  },
  {
    id: 'stream.tool-events',
    operation: op.createRun,
    needs: ['scripted', 'tools'],
    title: 'The helper tells of tool calls in order, and ends when the run requires action.',
    async run(t, sdk) {
      const { stream, names } = await opened(t, sdk, TWO_CALLS, TOOLS);
      seen(t, await stream.finalRun(), 'finalRun()').field('status', 'requires_action');
      inOrder(t, names, ['runStepCreated', 'toolCallCreated', 'toolCallDelta', 'toolCallDone']);
    },
  },
  {
    id: 'stream.tool-arguments',
    operation: op.createRun,
    needs: ['scripted', 'tools'],
    title: 'The helper adds ids, names and arguments of two calls up to those in required_action.',
    async run(t, sdk) {
      const { stream } = await opened(t, sdk, TWO_CALLS, TOOLS);
      const done: { id: string; arguments: string }[] = [];
      stream.on('toolCallDone', (call) => {
        if (call.type === 'function') done.push({ id: call.id, arguments: call.function.arguments });
      });
      const run = await stream.finalRun();
      const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
      seen(t, done, 'what toolCallDone tells').equals(
        calls.map((call) => ({ id: call.id, arguments: call.function.arguments })),
      );
      seen(t, calls.length, 'the number of calls').equals(2);
    },
  },
  {
    id: 'stream.submit',
    operation: op.submit,
    needs: ['scripted', 'tools'],
    title: 'submitToolOutputsStream goes on to the completed run and its message.',
    async run(t, sdk) {
      const { stream, thread_id } = await opened(t, sdk, TWO_CALLS, TOOLS);
      const run = await stream.finalRun();
      const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
      const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: 'rain' }));
      const second = sdk.beta.threads.runs.submitToolOutputsStream(run.id, { thread_id, tool_outputs });
      textOf(t, await second.finalMessages()).field('[0].content[0].text.value', 'It rains in both.');
      seen(t, await second.finalRun(), 'finalRun()').fields({ status: 'completed', id: run.id });
    },
  },
  {
    id: 'stream.thread-and-run',
    operation: op.createThreadAndRun,
    title: 'createAndRunStream gives the completed run.',
    async run(t, { beta }) {
      const { assistant_id } = await ready(t, HELLO);
      const thread = { messages: [{ role: 'user' as const, content: t.prompt(...HELLO) }] };
      const stream = beta.threads.createAndRunStream({ assistant_id, thread });
      seen(t, await stream.finalRun(), 'finalRun()').field('status', 'completed');
    },
  },
  {
    id: 'stream.code',
    operation: op.createRun,
    needs: ['scripted', 'code_interpreter'],
    title: 'The helper adds the code of code interpreter up, and goes on to the message.',
    async run(t, sdk) {
      const script: Turn[] = [[{ code: 'print(6 * 7)', logs: '42\n' }, { say: 'It is 42.' }]];
      const { stream } = await opened(t, sdk, script, { tools: [{ type: 'code_interpreter' }] });
      const steps = seen(t, await stream.finalRunSteps(), 'finalRunSteps()');
      steps.field('[0].step_details.tool_calls[0].code_interpreter.input', 'print(6 * 7)');
      textOf(t, await stream.finalMessages()).field('[0].content[0].text.value', 'It is 42.');
    },
  },
  {
    id: 'stream.failed',
    operation: op.createRun,
    needs: ['scripted'],
    title: 'The helper gives a failed run, it does not throw.',
    async run(t, sdk) {
      const { stream } = await opened(t, sdk, [
        [{ say: 'Once' }, { fail: 'server_error', message: 'It broke.' }],
      ]);
      seen(t, await stream.finalRun(), 'finalRun()').fields({
        status: 'failed',
        'last_error.code': 'server_error',
      });
    },
  },
  {
    id: 'stream.incomplete',
    section: '§3.3(h)',
    operation: op.createRun,
    needs: ['scripted'],
    title: 'The helper gives an incomplete run, it does not throw.',
    async run(t, sdk) {
      const { stream } = await opened(t, sdk, [[{ say: 'Once' }, { incomplete: 'max_output_tokens' }]]);
      seen(t, await stream.finalRun(), 'finalRun()').field('status', 'incomplete');
    },
  },
];

export const sdkStreams: Check[] = group(
  { dialect: 'openai', area: 'sdk', section: '§5.3', evidence: ['SDK', 'RUN'], needs: ['streaming'] },
  perMajor(rows),
);
