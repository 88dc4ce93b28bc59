/**
 * Records what the domain stores, for `fixtures/store/` (see its README): once for each released format, never again.
 *
 *     npx tsx test/domain/helpers/record-corpus.ts fixtures/store/v1/domain.json
 */
import { writeFile } from 'node:fs/promises';
import { Keyv } from 'keyv';
import OpenAI from 'openai';
import { createAssistants, withAssistants } from '../../../src/index.ts';
import {
  callFunctions,
  createSimulator,
  fail,
  hang,
  incomplete,
  reason,
  runCode,
  say,
  searchFiles,
  turn,
} from '../../../src/simulator/index.ts';

const [, , target = ''] = process.argv;
const CENTURY = 100 * 365 * 24 * 3600;

const entries = new Map<string, string>();
const sim = createSimulator();
const engine = createAssistants({
  // As every engine of rethread's own keeps values: plain JSON, keys without a prefix of Keyv's.
  store: new Keyv({
    store: entries,
    useKeyPrefix: false,
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  }),
  // What waits must still wait when the corpus is read.
  runExpiry: CENTURY,
  maxRetries: 0,
  assistants: { asst_Declared: { model: 'gpt-4o', name: 'Declared', instructions: 'Help.' } },
  log: () => {},
});
const { beta } = withAssistants(
  new OpenAI({ apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1', fetch: sim.fetch as typeof fetch }),
  engine,
);

const file = sim.addFile('facts.txt', 'Bikes are counted.');
const look = {
  type: 'function' as const,
  function: { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { at: {} } } },
};
const assistant = await beta.assistants.create({
  model: 'o3',
  name: 'Ünïcödé 👩‍👩‍👧‍👦',
  description: 'Of the first format',
  instructions: 'Look, search and compute.',
  tools: [look, { type: 'code_interpreter' }, { type: 'file_search', file_search: { max_num_results: 7 } }],
  tool_resources: { file_search: { vector_stores: [{ file_ids: [file.id] }] } },
  metadata: { kept: 'for ever' },
  reasoning_effort: 'low',
});
const assistant_id = assistant.id;

/** Everything that a thread can hold, and a run that used every tool. */
const thread = await beta.threads.create({
  metadata: { thread: 'full' },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on these pictures?' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      ],
      attachments: [{ file_id: file.id, tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] }],
      metadata: { message: 'first' },
    },
    { role: 'assistant', content: 'Bikes.' },
    { role: 'user', content: 'to be deleted' },
  ],
});
const listed = await beta.threads.messages.list(thread.id, { order: 'asc' });
const deleted = listed.data[2]?.id ?? '';
await beta.threads.messages.delete(deleted, { thread_id: thread.id });
sim.script(
  turn(
    searchFiles({
      queries: ['bikes'],
      results: [{ file_id: file.id, filename: 'facts.txt', text: 'Bikes are counted.' }],
    }),
    runCode({ code: 'save()', logs: 'ok\n', files: [{ path: 'sum.csv', content: 'sum\n3\n' }] }),
    say(['They are counted.', 'See [sum](sandbox:/mnt/data/sum.csv).'].join(' '), {
      citations: [{ at: 16, file_id: file.id, filename: 'facts.txt' }],
    }),
  ),
);
const completed = await beta.threads.runs.createAndPoll(thread.id, {
  assistant_id,
  metadata: { run: 'completed' },
  additional_messages: [{ role: 'user', content: 'Count them.' }],
  additional_instructions: 'Be exact.',
});

/** A run that has had one round of calls and waits for the outputs of a second. */
const waitingThread = await beta.threads.create({ messages: [{ role: 'user', content: 'Look twice' }] });
sim.script(
  turn(reason('First'), callFunctions({ name: 'look', arguments: { at: 'one' }, call_id: 'call_1' })),
  turn(
    reason('Then'),
    say('Once more.'),
    callFunctions({ name: 'look', arguments: { at: 'two' }, call_id: 'call_2' }),
  ),
);
const asked = await beta.threads.runs.createAndPoll(waitingThread.id, { assistant_id, tools: [look] });
const waiting = await beta.threads.runs.submitToolOutputsAndPoll(asked.id, {
  thread_id: waitingThread.id,
  tool_outputs: [{ tool_call_id: 'call_1', output: 'a bike' }],
});

/** Runs that ended otherwise. */
const endedThread = await beta.threads.create({ messages: [{ role: 'user', content: 'Try' }] });
sim.script(
  turn(say('Once'), fail('server_error', 'Broke off.')),
  turn(say('Twice'), incomplete('max_output_tokens')),
);
const failed = await beta.threads.runs.createAndPoll(endedThread.id, { assistant_id });
const cutShort = await beta.threads.runs.createAndPoll(endedThread.id, { assistant_id });
sim.script(callFunctions({ name: 'look', call_id: 'call_3' }));
const toCancel = await beta.threads.runs.createAndPoll(endedThread.id, { assistant_id });
await beta.threads.runs.cancel(toCancel.id, { thread_id: endedThread.id });

/** A run whose process died while the model was writing. */
const orphanThread = await beta.threads.create({ messages: [{ role: 'user', content: 'Go on' }] });
sim.script(turn(say('Half a'), hang()));
const stream = await beta.threads.runs.create(orphanThread.id, {
  assistant_id,
  // No stores and containers, which live at an upstream: the run is carried on over another.
  tools: [look],
  stream: true,
});
let orphan = '';
for await (const { event, data } of stream) {
  if (event === 'thread.run.created') orphan = data.id;
  if (event === 'thread.message.delta') break;
}

// Beside the data of the one tenant stand notes of the process that wrote them, which end with it.
const stored = [...entries]
  .map(([key, text]): [string, unknown] => [key.replace('rethread/', ''), JSON.parse(text)])
  .filter(([key]) => key === '!format' || key.startsWith('@local/'));
await writeFile(
  target,
  `${JSON.stringify(
    {
      about:
        'What the domain of format 1 stores: assistants, threads, messages, runs in every state, steps, turns, files.',
      ids: {
        assistant: assistant_id,
        file: file.id,
        deleted,
        full: { thread: thread.id, run: completed.id },
        waiting: { thread: waitingThread.id, run: waiting.id },
        ended: { thread: endedThread.id, failed: failed.id, incomplete: cutShort.id, cancelled: toCancel.id },
        orphan: { thread: orphanThread.id, run: orphan },
      },
      stored,
      values: [],
      logs: [],
    },
    null,
    2,
  )}\n`,
  { flag: 'wx' },
);
await engine.close({ timeout: 0 });
process.exit(0);
