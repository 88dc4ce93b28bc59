/** What a client sees of a store, and a store that has something of everything. */
import { onTestFinished } from 'vitest';
import { createAssistants, type RethreadOptions, withAssistants } from '../../src/index.ts';
import { callFunctions, createSimulator, runCode, say, turn } from '../../src/simulator/index.ts';
import { type Beta, betaOf, newest } from '../surface/clients.ts';

type Message = Awaited<ReturnType<Beta['threads']['messages']['retrieve']>>;

export function opened(store: RethreadOptions['store'] & {}, options: RethreadOptions = {}) {
  const simulator = createSimulator();
  const assistants = createAssistants({ store, log: () => {}, ...options });
  const close = () => assistants.close({ timeout: 1000 });
  onTestFinished(close);
  const client = withAssistants(
    new newest.SDK({
      apiKey: 'sk-sim',
      baseURL: 'http://simulator.test/v1',
      fetch: simulator.fetch as typeof fetch,
    }),
    assistants,
  );
  return { client, beta: betaOf(newest.major, client), simulator, close };
}

export type Opened = ReturnType<typeof opened>;

/** Everything that the routes answer, of all assistants and threads. */
export async function everything({ client, beta }: Opened) {
  const all = async <T>(list: AsyncIterable<T>) => {
    const found: T[] = [];
    for await (const one of list) found.push(one);
    return found;
  };
  const ids = await client
    .get<{ data: { id: string }[] }>('/threads', {
      query: { limit: 100, order: 'asc' },
      headers: { 'openai-beta': 'assistants=v2' },
    })
    .then(({ data }) => data.map(({ id }) => id));
  const threads = [];
  for (const id of ids) {
    const runs = await all(beta.threads.runs.list(id, { order: 'asc' }));
    const messages = await all(beta.threads.messages.list(id, { order: 'asc', limit: 100 }));
    threads.push({
      thread: await beta.threads.retrieve(id),
      messages,
      newestFirst: (await all(beta.threads.messages.list(id, { limit: 100 }))).map((one) => one.id),
      runs,
      steps: await Promise.all(
        runs.map((run) => all(beta.threads.runs.steps.list(run.id, { thread_id: id, order: 'asc' }))),
      ),
      ofRuns: await Promise.all(
        runs.map((run) => all(beta.threads.messages.list(id, { run_id: run.id, order: 'asc' }))),
      ),
      files: await Promise.all(
        filesOf(messages).map(async (file) => [
          await client.files.retrieve(file),
          await (await client.files.content(file)).text(),
        ]),
      ),
    });
  }
  return { assistants: await all(beta.assistants.list({ order: 'asc' })), threads };
}

const filesOf = (messages: Message[]) =>
  messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'image_file' ? [part.image_file.file_id] : [])),
  );

const FUNCTION = {
  type: 'function' as const,
  function: { name: 'f', parameters: { type: 'object', properties: {} } },
};

/** Two assistants; a long thread, one with a function called, one with a picture that code made, one that is empty. */
export async function filled(at: Opened, { messages = 40 } = {}) {
  const { beta, simulator } = at;
  const { id: assistant_id } = await beta.assistants.create({
    model: 'gpt-4o',
    name: 'Ada',
    instructions: 'x',
    tools: [FUNCTION, { type: 'code_interpreter' }],
    metadata: { kept: 'yes' },
  });
  await beta.assistants.create({ model: 'gpt-4o', response_format: { type: 'json_object' } });
  const long = await beta.threads.create({ metadata: { name: 'long' } });
  for (let at = 0; at < messages; at++)
    await beta.threads.messages.create(long.id, {
      role: at % 2 ? 'assistant' : 'user',
      content: `no. ${at}`,
    });
  const calls = await beta.threads.create({ messages: [{ role: 'user', content: 'call' }] });
  simulator.script(turn(callFunctions({ name: 'f', arguments: {} })), turn(say('Called.')));
  const run = await beta.threads.runs.createAndPoll(calls.id, { assistant_id });
  await beta.threads.runs.submitToolOutputsAndPoll(run.id, {
    thread_id: calls.id,
    tool_outputs: (run.required_action?.submit_tool_outputs.tool_calls ?? []).map(({ id }) => ({
      tool_call_id: id,
      output: '1',
    })),
  });
  const picture = await beta.threads.create({ messages: [{ role: 'user', content: 'draw' }] });
  simulator.script(
    turn(
      runCode({ code: 'plot()', files: [{ path: 'plot.png', content: new Uint8Array([137, 80, 78, 71]) }] }),
      say('Here.', { files: [{ path: 'plot.png' }] }),
    ),
  );
  await beta.threads.runs.createAndPoll(picture.id, { assistant_id });
  await beta.threads.create();
  return { assistant_id, long: long.id, calls: calls.id };
}
