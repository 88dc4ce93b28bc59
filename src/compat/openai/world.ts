/** What checks need before they can ask their question. What goes wrong here counts as preparation, not as the check's answer. */
import type { Context } from '../context.ts';
import { CheckFailure, preparing } from '../failure.ts';
import type { Answer, Received } from '../received.ts';
import type { Turn } from '../script.ts';
import { RUN_STATUSES } from './schema.ts';

type Params = Record<string, unknown>;

export const newAssistant = (t: Context, params: Params = {}) =>
  preparing(async () => (await t.post('/assistants', { model: t.model, ...params })).ok().text('id'));

export const newThread = (t: Context, params?: Params) =>
  preparing(async () => (await t.post('/threads', params)).ok().text('id'));

export const newMessage = (t: Context, threadId: string, content: unknown = 'Hello', params: Params = {}) =>
  preparing(async () =>
    (await t.post(`/threads/${threadId}/messages`, { role: 'user', content, ...params })).ok().text('id'),
  );

/** An assistant without tools or instructions, shared by checks that only read it. */
export const anAssistant = (t: Context) => t.once('assistant', (own) => newAssistant(own));

/** A thread with one message, shared by checks that only read it. */
export const aThread = (t: Context) =>
  t.once('thread', (own) => newThread(own, { messages: [{ role: 'user', content: 'Hello' }] }));

export const user = (content: unknown) => ({ role: 'user', content });

export const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The current weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
export const TIME = {
  type: 'function',
  function: { name: 'get_time', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
export const FORCED = { type: 'function', function: { name: 'get_weather' } };

export const callWeather = (...cities: string[]): Turn => [
  { call: cities.map((city) => ({ name: 'get_weather', arguments: { city } })) },
];

const STATUSES: ReadonlySet<string> = new Set(RUN_STATUSES);
const GOES_ON = new Set(['queued', 'in_progress', 'cancelling']);

/** The run once it is over or waits for outputs. */
export function settled(t: Context, threadId: string, runId: string): Promise<Answer> {
  return polled(t, threadId, runId, (status) => !GOES_ON.has(status));
}

/** The run once its status is as wanted. */
export function polled(
  t: Context,
  threadId: string,
  runId: string,
  wanted: (status: string) => boolean,
): Promise<Answer> {
  return preparing(async () => {
    const deadline = Date.now() + t.timeout;
    for (let pause = t.mode === 'scripted' ? 5 : 300; ; pause = Math.min(pause * 1.5, 1000)) {
      const run = (await t.get(`/threads/${threadId}/runs/${runId}`)).ok();
      const status = run.text('status');
      if (wanted(status)) return run;
      if (!STATUSES.has(status)) run.fail('no such status', [...STATUSES], status);
      if (!GOES_ON.has(status)) run.fail('the run has come to another end', 'another status', status);
      if (Date.now() > deadline)
        run.fail(`the run is still '${status}' after ${t.timeout} ms`, 'an end', status);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  });
}

export interface StartedRun {
  threadId: string;
  runId: string;
  created: Answer;
}

/** Starts a run on a thread of its own; `script` says what its model is to do. */
export async function startRun(t: Context, script: Turn[], params: Params = {}): Promise<StartedRun> {
  const { assistant_id, thread, ...rest } = params;
  const created = await preparing(async () =>
    (
      await t.post('/threads/runs', {
        assistant_id: assistant_id ?? (await anAssistant(t)),
        thread: thread ?? { messages: [user(t.prompt(...script))] },
        ...rest,
      })
    ).ok(),
  );
  return preparing(async () => ({ created, threadId: created.text('thread_id'), runId: created.text('id') }));
}

/** The same, carried out. */
export async function finishedRun(t: Context, script: Turn[], params: Params = {}) {
  const started = await startRun(t, script, params);
  const run = await settled(t, started.threadId, started.runId);
  return { ...started, run };
}

/** A run that waits for the outputs of one call of get_weather, or of one a city. */
export async function waitingRun(
  t: Context,
  cities: string[] = ['Paris'],
  then: Turn = [{ say: 'It rains.' }],
) {
  const { threadId, runId, created, run } = await finishedRun(t, [callWeather(...cities), then], {
    tools: [WEATHER],
    // In words alone a model may answer by itself.
    ...(t.mode === 'live' && { tool_choice: FORCED }),
  });
  return preparing(async () => {
    run.field('status', 'requires_action');
    const calls = run.items('required_action.submit_tool_outputs.tool_calls').map((call) => call.text('id'));
    if (calls.length < cities.length) t.notApplicable('the model did not make its calls in parallel');
    return { threadId, runId, created, run, calls };
  });
}

export const outputsFor = (calls: readonly string[], output = 'rain') => ({
  tool_outputs: calls.map((tool_call_id) => ({ tool_call_id, output })),
});

/** A run whose model never answers; it goes on until somebody stops it. */
export async function hangingRun(t: Context) {
  const started = await startRun(t, [[{ hang: true }]]);
  await polled(t, started.threadId, started.runId, (status) => status === 'in_progress');
  return started;
}

/** The streamed run on a thread of its own. */
export async function streamedRun(t: Context, script: Turn[], params: Params = {}) {
  const threadId = await newThread(t, { messages: [user(t.prompt(...script))] });
  const { assistant_id, ...rest } = params;
  return t.stream(`/threads/${threadId}/runs`, {
    assistant_id: assistant_id ?? (await anAssistant(t)),
    stream: true,
    ...rest,
  });
}

/** Everything over REST about one run that says something. */
export const plainRun = (t: Context) =>
  t.once('plain run', async (own) => {
    const assistant = (await own.post('/assistants', { model: own.model })).ok();
    const thread = (await own.post('/threads', {})).ok();
    const threadId = thread.text('id');
    const message = (
      await own.post(`/threads/${threadId}/messages`, user(own.prompt([{ say: 'Hello there.' }])))
    ).ok();
    const run = (await own.post(`/threads/${threadId}/runs`, { assistant_id: assistant.text('id') })).ok();
    const runId = run.text('id');
    const done = await settled(own, threadId, runId);
    own.wire.exchanges.at(-1);
    done.field('status', 'completed');
    const messages = (await own.get(`/threads/${threadId}/messages`)).ok();
    const steps = (await own.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
    const answer = newest(messages);
    const step = newest(steps);
    return { assistant, thread, threadId, message, run, runId, done, messages, steps, answer, step };
  });

function newest(list: Answer): Received {
  return list.items()[0] ?? list.fail('the list is empty', 'at least one object');
}

/** The stream of one run that says "Hello there, friend." */
export const plainStream = (t: Context) =>
  t.once('plain stream', (own) =>
    streamedRun(own, [[{ say: 'Hello there, friend.', deltas: ['Hello', ' there,', ' friend.'] }]]),
  );

/** Both streams of a run that calls two functions at once, and what comes of it. */
export const toolStream = (t: Context) =>
  t.once('tool stream', async (own) => {
    const script: Turn[] = [callWeather('Paris', 'Rome'), [{ say: 'It rains in both.' }]];
    const first = await streamedRun(own, script, { tools: [WEATHER] });
    const waiting = first.one('thread.run.requires_action');
    const [threadId, runId] = [waiting.text('thread_id'), waiting.text('id')];
    const calls = waiting
      .items('required_action.submit_tool_outputs.tool_calls')
      .map((call) => call.text('id'));
    const meanwhile = (await own.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
    const second = await own.stream(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, {
      tool_outputs: calls.map((tool_call_id, at) => ({ tool_call_id, output: `rain ${at}` })),
      stream: true,
    });
    const steps = (await own.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' })).ok();
    return { first, second, waiting, calls, meanwhile, steps, threadId, runId };
  });

/** A run that called one function and was given its output, over REST. */
export const toolRun = (t: Context) =>
  t.once('tool run', async (own) => {
    const waiting = await waitingRun(own);
    const { threadId, runId, calls } = waiting;
    const submitted = await own.post(
      `/threads/${threadId}/runs/${runId}/submit_tool_outputs`,
      outputsFor(calls),
    );
    const done = await settled(own, threadId, runId);
    const steps = (await own.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' })).ok();
    return { ...waiting, submitted, done, steps };
  });

/** The stream of a run that ran code with a log. */
export const codeStream = (t: Context) =>
  t.once('code stream', (own) =>
    streamedRun(own, [[{ code: 'print(6 * 7)', logs: '42\n' }, { say: 'It is 42.' }]], {
      tools: [{ type: 'code_interpreter' }],
    }),
  );

/** A run that ran code: its steps, oldest first, and its last message. */
export const codeRun = (t: Context, piece: Turn[number], then: Turn = [{ say: 'Done.' }]) =>
  t.once(`code run ${JSON.stringify(piece)}`, async (own) => {
    const { run, threadId, runId } = await finishedRun(own, [[piece, ...then]], {
      tools: [{ type: 'code_interpreter' }],
    });
    run.field('status', 'completed');
    const steps = (await own.get(`/threads/${threadId}/runs/${runId}/steps`, { order: 'asc' })).ok();
    const messages = (await own.get(`/threads/${threadId}/messages`)).ok();
    return { steps, messages };
  });

/** A file of the suite's own, uploaded. */
export const newFile = (t: Context, name = 'compat.txt', content = 'Gazpacho is served cold.') =>
  preparing(async () => {
    const body = new FormData();
    body.append('purpose', 'assistants');
    body.append('file', new File([content], name, { type: 'text/plain' }));
    return (await t.post('/files', body)).ok().text('id');
  });

/** A file that many checks refer to and none changes. */
export const aFile = (t: Context) => t.once('file', (own) => newFile(own));

/** A thread with a file to search, and a run that searched it, cited it and streamed. */
export async function newSearch(t: Context, query: Record<string, string> = {}) {
  const fileId = await newFile(t);
  const script: Turn = [
    { search: [{ file_id: fileId, filename: 'compat.txt', text: 'Gazpacho is served cold.' }] },
    { say: 'It is served cold.', citations: [{ at: 17, file_id: fileId, filename: 'compat.txt' }] },
  ];
  const content = t.prompt(script);
  const threadId = await newThread(t, {
    messages: [
      { role: 'user', content, attachments: [{ file_id: fileId, tools: [{ type: 'file_search' }] }] },
    ],
  });
  const body = { assistant_id: await anAssistant(t), tools: [{ type: 'file_search' }], stream: true };
  const events = await t.stream(`/threads/${threadId}/runs`, body, { query });
  const runId = events.one('thread.run.completed').text('id');
  return { events, threadId, runId, fileId };
}

export const searchStream = (t: Context) => t.once('search stream', (own) => newSearch(own));

/** A CheckFailure out of anything that may be thrown, e.g. by an SDK. */
export function asFailure(error: unknown, expected: unknown): never {
  if (error instanceof CheckFailure) throw error;
  throw new CheckFailure(
    error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    expected,
    error,
  );
}
