/** §5.1, §5.4 and §5.6: what every major of the openai package does without streams: polls, pages, errors, signatures. */
import type OpenAI from 'openai';
import { type Check, group, type Need } from '../check.ts';
import type { Context } from '../context.ts';
import { CheckFailure } from '../failure.ts';
import { Received } from '../received.ts';
import type { Turn } from '../script.ts';
import { type Major, majors } from '../sdk.ts';
import { clientOf, type Sdk } from './clients.ts';
import { op } from './operations.ts';
import { anAssistant, callWeather, FORCED, newThread, plainRun, user, WEATHER } from './world.ts';

export interface Row extends Partial<Pick<Check, 'section' | 'evidence' | 'needs'>> {
  id: string;
  /** Completes "openai 4 …". */
  title: string;
  operation: string;
  run(t: Context, sdk: Sdk): Promise<void>;
}

/** What an SDK made of an answer; failures name the request it came from. */
export const seen = (t: Context, value: unknown, what: string) =>
  new Received(value, what, t.wire.exchanges.at(-1));

const POLL = { pollIntervalMs: 20 };
/** How often a helper is to look; behind a live model, as often as it does by itself. */
export const pollsOf = (t: Context) => (t.mode === 'scripted' ? POLL : undefined);

export async function ready(
  t: Context,
  script: Turn[],
): Promise<{ thread_id: string; assistant_id: string }> {
  const thread_id = await newThread(t, { messages: [user(t.prompt(...script))] });
  return { thread_id, assistant_id: await anAssistant(t) };
}

const tools = (t: Context) => ({
  tools: [WEATHER as OpenAI.Beta.AssistantTool],
  ...(t.mode === 'live' && { tool_choice: FORCED as OpenAI.Beta.AssistantToolChoiceOption }),
});

async function polled(t: Context, { beta }: Sdk, script: Turn[], params: object = {}) {
  const { thread_id, assistant_id } = await ready(t, script);
  const run = await beta.threads.runs.createAndPoll(thread_id, { assistant_id, ...params }, pollsOf(t));
  return { run, thread_id, received: seen(t, run, 'what createAndPoll gives') };
}

/** The error that a call ends with. */
async function errorOf(t: Context, call: PromiseLike<unknown>): Promise<Received> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    return seen(t, error, 'the error that the SDK throws');
  }
  return seen(t, undefined, 'the call').fail('it did not fail', 'an error');
}

const rows: Row[] = [
  {
    id: 'poll.completed',
    operation: op.createRun,
    title: 'createAndPoll gives the completed run.',
    async run(t, sdk) {
      const { received, thread_id } = await polled(t, sdk, [[{ say: 'Hello.' }]]);
      received.fields({ status: 'completed', thread_id, object: 'thread.run' });
    },
  },
  {
    id: 'poll.thread-and-run',
    operation: op.createThreadAndRun,
    title: 'createAndRunPoll finds the thread by thread_id of the created run.',
    async run(t, { beta }) {
      const thread = { messages: [{ role: 'user' as const, content: t.prompt([{ say: 'Hello.' }]) }] };
      const body = { assistant_id: await anAssistant(t), thread };
      const run = await beta.threads.createAndRunPoll(body, pollsOf(t));
      seen(t, run, 'what createAndRunPoll gives')
        .field('status', 'completed')
        .matches('thread_id', /^thread_/);
    },
  },
  {
    id: 'poll.requires-action',
    operation: op.createRun,
    needs: ['tools'],
    title: 'createAndPoll returns when the run requires action.',
    async run(t, sdk) {
      const { received } = await polled(t, sdk, [callWeather('Paris'), [{ say: 'It rains.' }]], tools(t));
      received.field('status', 'requires_action');
      received.matches('required_action.submit_tool_outputs.tool_calls[0].id', /^call_/);
    },
  },
  {
    id: 'poll.submit',
    operation: op.submit,
    needs: ['tools'],
    title: 'submitToolOutputsAndPoll gives the completed run.',
    async run(t, sdk) {
      const { run, thread_id } = await polled(
        t,
        sdk,
        [callWeather('Paris'), [{ say: 'It rains.' }]],
        tools(t),
      );
      const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
      const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: 'rain' }));
      const done = await sdk.beta.threads.runs.submitToolOutputsAndPoll(
        run.id,
        { thread_id, tool_outputs },
        pollsOf(t),
      );
      seen(t, done, 'what submitToolOutputsAndPoll gives').fields({ status: 'completed', id: run.id });
    },
  },
  ...(
    [
      ['failed', [{ fail: 'server_error', message: 'It broke.' }]],
      ['incomplete', [{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }]],
    ] as [string, Turn][]
  ).map(([status, turn]) => ({
    id: `poll.${status}`,
    operation: op.createRun,
    needs: ['scripted'] as const,
    title: `createAndPoll does not throw when the run is ${status}: it gives the run.`,
    async run(t: Context, sdk: Sdk) {
      (await polled(t, sdk, [turn])).received.field('status', status);
    },
  })),
  {
    id: 'pages',
    operation: op.listMessages,
    section: '§5.6',
    evidence: ['SDK'],
    needs: [],
    title: 'for await over a list goes through all its pages.',
    async run(t, { beta }) {
      const messages = ['one', 'two', 'three'].map(user);
      const threadId = await newThread(t, { messages });
      const texts: unknown[] = [];
      for await (const message of beta.threads.messages.list(threadId, { limit: 1, order: 'asc' }))
        texts.push(new Received(message, 'a message').get('content[0].text.value'));
      seen(t, texts, 'what for await gives').equals(['one', 'two', 'three']);
    },
  },
  {
    id: 'error.not-found',
    operation: op.getThread,
    section: '§2.9',
    evidence: ['SDK'],
    needs: [],
    title: 'A 404 is a NotFoundError whose message is "404 " and the text of the error.',
    async run(t, { beta }) {
      const id = 'thread_doesnotexist000000000000';
      const error = await errorOf(t, beta.threads.retrieve(id));
      error.fields({ status: 404, message: `404 No thread found with id '${id}'.` });
      const name = (error.value as Error).constructor.name;
      error.holds(name === 'NotFoundError', 'a NotFoundError', name);
    },
  },
  {
    id: 'error.bad-request',
    operation: op.createMessage,
    section: '§2.9',
    evidence: ['SDK'],
    needs: [],
    title: 'A 400 carries type, param and code.',
    async run(t, { beta }) {
      const body = { role: 'system' as 'user', content: 'Hello' };
      const error = await errorOf(t, beta.threads.messages.create(await newThread(t), body));
      error.fields({ status: 400, type: 'invalid_request_error', param: 'role', code: 'invalid_value' });
    },
  },
  {
    id: 'request-id',
    operation: op.createThread,
    section: '§1.2',
    evidence: ['SDK'],
    needs: [],
    title: 'x-request-id surfaces as _request_id.',
    async run(t, { beta }) {
      const thread = await beta.threads.create({});
      seen(t, thread, 'the thread').matches('_request_id', /^req_/);
    },
  },
  {
    id: 'signatures.assistants',
    operation: op.deleteAssistant,
    section: '§5.4',
    needs: [],
    title: 'create, retrieve, update and delete of assistants work.',
    async run(t, { beta: { assistants } }) {
      const { id } = await assistants.create({ model: t.model, name: 'Ada' });
      seen(t, await assistants.update(id, { name: 'Bob' }), 'the update').fields({ id, name: 'Bob' });
      seen(t, await assistants.retrieve(id), 'the assistant').fields({ id, name: 'Bob' });
      seen(t, await assistants.delete(id), 'the deletion').fields({ id, deleted: true });
    },
  },
  {
    id: 'signatures.messages',
    operation: op.deleteMessage,
    section: '§5.4',
    needs: [],
    title: 'create, retrieve, update and delete of messages work.',
    async run(t, { beta: { threads } }) {
      const thread_id = await newThread(t);
      const { id } = await threads.messages.create(thread_id, { role: 'user', content: 'Hello' });
      const update = await threads.messages.update(id, { thread_id, metadata: { a: 'b' } });
      seen(t, update, 'the update').field('metadata.a', 'b');
      seen(t, await threads.messages.retrieve(id, { thread_id }), 'the message').fields({ id, thread_id });
      seen(t, await threads.messages.delete(id, { thread_id }), 'the deletion').fields({ id, deleted: true });
    },
  },
  {
    id: 'signatures.runs',
    operation: op.getRun,
    section: '§5.4',
    title: 'retrieve, update and list of runs, retrieve and list of steps work.',
    async run(t, { beta }) {
      const { threadId: thread_id, runId: run_id } = await plainRun(t);
      const { runs } = beta.threads;
      seen(t, await runs.retrieve(run_id, { thread_id }), 'the run').fields({
        id: run_id,
        status: 'completed',
      });
      seen(t, await runs.update(run_id, { thread_id, metadata: { a: 'b' } }), 'the update').field(
        'metadata.a',
        'b',
      );
      seen(t, (await runs.list(thread_id)).data, 'the runs').field('[0].id', run_id);
      const [step] = (await runs.steps.list(run_id, { thread_id })).data;
      const same = await runs.steps.retrieve(step?.id ?? '', { thread_id, run_id });
      seen(t, same, 'the step').fields({ id: step?.id, run_id });
    },
  },
];

export const perMajor = (list: readonly Row[]) =>
  majors.flatMap((major: Major) =>
    list.map(({ id, title, needs = ['model'], run, ...rest }) => ({
      ...rest,
      id: `sdk${major}.${id}`,
      title: `openai ${major}: ${title}`,
      needs: [`sdk${major}`, ...needs] as Need[],
      run: (t: Context) => run(t, clientOf(t, major)),
    })),
  );

export const sdkPolling: Check[] = group(
  { dialect: 'openai', area: 'sdk', section: '§5.1', evidence: ['SDK', 'RUN'] },
  perMajor(rows),
);
