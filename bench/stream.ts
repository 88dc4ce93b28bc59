/** What the shim costs on a streamed run, against the same stream read from the Responses API directly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { withAssistants } from '../src/index.ts';
import { compare, spawn } from './measure.ts';

const only = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'rethread-bench-'));
const upstream = await spawn('./upstream.ts');
const client = () => new OpenAI({ apiKey: 'sk-bench', baseURL: upstream.said });
const bare = client();
const shims = {
  memory: withAssistants(client(), { store: 'memory:' }),
  file: withAssistants(client(), { store: `file:${folder}` }),
};

async function readBare(instructions: string): Promise<void> {
  const stream = await bare.responses.create({ model: 'gpt-4o', input: 'hi', instructions, stream: true });
  for await (const _ of stream);
}

async function readRun(shim: OpenAI, instructions: string, assistants: Map<string, string>): Promise<number> {
  if (!assistants.has(instructions)) {
    const { id } = await shim.beta.assistants.create({ model: 'gpt-4o', instructions });
    assistants.set(instructions, id);
  }
  const assistant_id = assistants.get(instructions) as string;
  const thread = await shim.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  const began = performance.now();
  const stream = await shim.beta.threads.runs.create(thread.id, { assistant_id, stream: true });
  let last = '';
  for await (const { event } of stream) last = event;
  if (last !== 'thread.run.completed') throw new Error(`The run ended with ${last}.`);
  return performance.now() - began;
}

const cases = [
  { name: '100 deltas', deltas: 100, rounds: 200 },
  { name: '1 000 deltas', deltas: 1000, rounds: 50 },
  { name: '10 000 deltas', deltas: 10_000, rounds: 8 },
  { name: '100 deltas, 5 ms apart', deltas: 100, pauseMs: 5, rounds: 6 },
];

const rows = [];
for (const { name, rounds, ...script } of cases) {
  if (only && !name.startsWith(only)) continue;
  const instructions = JSON.stringify(script);
  const known = { memory: new Map<string, string>(), file: new Map<string, string>() };
  const times = await compare(
    {
      bare: () => readBare(instructions),
      memory: () => readRun(shims.memory, instructions, known.memory),
      file: () => readRun(shims.file, instructions, known.file),
    },
    rounds,
  );
  rows.push({
    case: name,
    'bare ms': times.bare.median.toFixed(2),
    'memory ms': times.memory.median.toFixed(2),
    'memory ratio': (times.memory.median / times.bare.median).toFixed(2),
    'file ms': times.file.median.toFixed(2),
    'file ratio': (times.file.median / times.bare.median).toFixed(2),
  });
}
console.table(rows);
upstream.end();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
