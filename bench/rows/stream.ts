/** A streamed run, against the same stream read from the Responses API directly. */
import OpenAI from 'openai';
import { AssistantStream } from 'openai/lib/AssistantStream';
import { withAssistants } from '../../src/index.ts';
import { temporaryFolder } from '../leftovers.ts';
import { inTurns, ratio, spawn, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';

interface Case {
  name: string;
  script: { deltas: number; pauseMs?: number };
  rounds: number;
  memory: number;
  file?: number;
}

const CASES: Case[] = [
  { name: '100 deltas', script: { deltas: 100 }, rounds: 400, memory: 1.4, file: 1.6 },
  { name: '1 000 deltas', script: { deltas: 1000 }, rounds: 50, memory: 1.25 },
  // 0.8 times the deltas per second.
  { name: '10 000 deltas', script: { deltas: 10_000 }, rounds: 8, memory: 1.25 },
  { name: '100 deltas, 5 ms apart', script: { deltas: 100, pauseMs: 5 }, rounds: 20, memory: 1.02 },
];

export async function streamRows(): Promise<Row[]> {
  const folder = temporaryFolder();
  const upstream = await spawn('./servers/upstream.ts');
  const client = () => new OpenAI({ apiKey: 'sk-bench', baseURL: upstream.said });
  const bare = client();
  const shims = {
    memory: withAssistants(client(), { store: 'memory:' }),
    file: withAssistants(client(), { store: `file:${folder}` }),
  };
  const rows: Row[] = [];
  const reference = 'responses.create';
  for (const { name, script, rounds, ...targets } of CASES) {
    const instructions = JSON.stringify(script);
    const runs = {
      memory: await prepare(shims.memory, instructions),
      file: await prepare(shims.file, instructions),
    };
    const first: Record<string, number[]> = { bare: [], memory: [] };
    const times = await inTurns(
      {
        bare: async () => {
          first.bare?.push(await readBare(bare, instructions));
        },
        memory: async () => noteFirst(first.memory, await runs.memory()),
        file: async () => (await runs.file()).total,
      },
      rounds,
    );
    const base = ms(summary(times.bare));
    const add = (what: string, of: number[], most: number) =>
      rows.push({ what, reference, base, ratio: ratio(of, times.bare), target: { most } });
    add(`streamed run, ${name}, memory store`, times.memory, targets.memory);
    if (targets.file) add(`streamed run, ${name}, file store`, times.file, targets.file);
    if (script.pauseMs) {
      const counted = (list: number[] = []) => list.slice(-rounds);
      rows.push({
        what: `time to first delta, ${name}`,
        reference,
        base: ms(summary(counted(first.bare))),
        ratio: ratio(counted(first.memory), counted(first.bare)),
        target: { most: 1.2 },
      });
    }
  }
  rows.push(await helperRow(bare, shims.memory));
  upstream.end();
  return rows;
}

function noteFirst(list: number[] | undefined, { first, total }: { first: number; total: number }): number {
  list?.push(first);
  return total;
}

/** Reads the bare stream; gives the milliseconds until its first text. */
async function readBare(client: OpenAI, instructions: string): Promise<number> {
  const began = performance.now();
  let first = 0;
  const stream = await client.responses.create({ model: 'gpt-4o', input: 'hi', instructions, stream: true });
  for await (const { type } of stream) {
    if (!first && type === 'response.output_text.delta') first = performance.now() - began;
  }
  return first;
}

/** A run on a thread of its own; the thread is made outside of what is timed. */
async function prepare(shim: OpenAI, instructions: string) {
  const { id: assistant_id } = await shim.beta.assistants.create({ model: 'gpt-4o', instructions });
  return async () => {
    const thread = await shim.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
    const began = performance.now();
    const stream = await shim.beta.threads.runs.create(thread.id, { assistant_id, stream: true });
    let last = '';
    let first = 0;
    for await (const { event } of stream) {
      if (!first && event === 'thread.message.delta') first = performance.now() - began;
      last = event;
    }
    if (last !== 'thread.run.completed') throw new Error(`The run ended with ${last}.`);
    return { first, total: performance.now() - began };
  };
}

/** The SDK's helper has a cost of its own, measured over the same events out of memory. */
async function helperRow(bare: OpenAI, shim: OpenAI): Promise<Row> {
  const instructions = JSON.stringify({ deltas: 1000 });
  const { id: assistant_id } = await shim.beta.assistants.create({ model: 'gpt-4o', instructions });
  const ask = () => shim.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  const recorded = await shim.beta.threads.runs
    .create((await ask()).id, { assistant_id, stream: true })
    .then((stream) => new Response(stream.toReadableStream()).text());
  const times = await inTurns(
    {
      bare: async () => {
        await readBare(bare, instructions);
      },
      canned: () =>
        AssistantStream.fromReadableStream(new Response(recorded).body as ReadableStream).finalRun(),
      helper: async () => {
        const { id } = await ask();
        const began = performance.now();
        await shim.beta.threads.runs.stream(id, { assistant_id }).finalRun();
        return performance.now() - began;
      },
    },
    40,
  );
  const sum = times.bare.map((value, round) => value + (times.canned[round] as number));
  return {
    what: 'AssistantStream, 1 000 deltas, memory store',
    reference: 'responses.create + the helper over a canned stream',
    base: ms(summary(sum)),
    ratio: ratio(times.helper, sum),
    target: { most: 1.1 },
  };
}
