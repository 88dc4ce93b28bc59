/** Whatever a client sends is answered with a 200 or a flat 4xx, and never with a 5xx (docs/contracts/dashscope.md §A.11). */
import { expect, it } from 'vitest';
import { callFunctions, repeat, say } from '../../src/simulator/index.ts';
import { framesIn } from './frames.ts';
import { type Rig, ready, rig } from './rig.ts';

const FUNCTION = {
  type: 'function',
  function: { name: 'f', description: 'does', parameters: { type: 'object', properties: {} } },
};
/** One in so many is sent; `MUTATIONS_EACH=1` sends them all. */
const EACH = Number(process.env['MUTATIONS_EACH'] ?? 5);

const SAMPLING = { temperature: 0.5, top_p: 0.5, top_k: 1, max_tokens: 50 };
const MESSAGE = { role: 'user', content: 'x', file_ids: ['file-1'], metadata: { a: 'b' } };

const NASTY: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  '',
  'x',
  '__proto__',
  '\u0000\ud800',
  'x'.repeat(70_000),
  [],
  [null],
  [[]],
  {},
  JSON.parse('{"__proto__":{"a":1},"constructor":1,"toJSON":"x"}'),
];

type Valid = [method: string, path: string, body?: unknown];

async function furnished(rigged: Rig): Promise<Valid[]> {
  const { ok, sim } = rigged;
  sim.script(callFunctions({ name: 'f', arguments: {} }));
  const { assistant_id, thread_id } = await ready(rigged, { tools: [FUNCTION], file_ids: ['file-1'] });
  const run = await ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
  await rigged.wait(thread_id, run.id);
  sim.script(repeat(Number.POSITIVE_INFINITY, say('Yes.')));
  const runPath = `/threads/${thread_id}/runs/${run.id}`;
  const [step] = (await ok('GET', `${runPath}/steps`)).data;
  const [message] = (await ok('GET', `/threads/${thread_id}/messages`)).data;
  const spare = (await ready(rigged)).thread_id;
  const tools = [
    FUNCTION,
    { type: 'calculator', description: 'x' },
    { type: 'rag', prompt_ra: { pipeline_id: ['p'] } },
  ];
  const assistant = {
    model: 'gpt-4o',
    name: 'n',
    description: 'd',
    instructions: 'i',
    tools,
    file_ids: ['f'],
  };
  const runBody = {
    assistant_id,
    model: 'gpt-4o',
    instructions: 'i',
    additional_instructions: 'a',
    additional_messages: [MESSAGE],
    tools: [FUNCTION],
    metadata: { a: 'b' },
    stream: false,
    ...SAMPLING,
    max_prompt_tokens: 1000,
    max_completion_tokens: 1000,
    truncation_strategy: { type: 'last_messages', last_messages: 3 },
    tool_choice: 'auto',
    parallel_tool_calls: true,
    response_format: 'json_object',
  };
  return [
    ['POST', '/assistants', { ...assistant, metadata: { a: 'b' }, ...SAMPLING }],
    ['POST', `/assistants/${assistant_id}`, { ...assistant, metadata: { a: 'b' }, ...SAMPLING }],
    ['GET', '/assistants?limit=1&order=asc&after=x&before=y'],
    ['GET', `/assistants/${assistant_id}`],
    ['POST', `/assistants/${assistant_id}/files`, { file_id: 'file-2' }],
    ['GET', `/assistants/${assistant_id}/files?limit=1`],
    ['GET', `/assistants/${assistant_id}/files/file-1`],
    ['POST', '/threads', { messages: [MESSAGE], metadata: { a: 'b' } }],
    ['POST', `/threads/${spare}`, { metadata: { a: 'b' } }],
    ['POST', `/threads/${spare}/messages`, MESSAGE],
    ['GET', `/threads/${thread_id}/messages?limit=1&order=desc&after=${message.id}`],
    ['POST', `/threads/${thread_id}/messages/${message.id}`, { metadata: { a: 'b' } }],
    ['GET', `/threads/${thread_id}/messages/${message.id}/files/x`],
    ['POST', `/threads/${spare}/runs`, runBody],
    ['POST', '/threads/runs', { ...runBody, stream: true, thread: { messages: [MESSAGE], metadata: {} } }],
    ['GET', `/threads/${thread_id}/runs?limit=2`],
    ['GET', runPath],
    ['POST', runPath, { metadata: { a: 'b' } }],
    ['GET', `${runPath}/steps?order=asc`],
    ['GET', `${runPath}/steps/${step.id}`],
    // Refused while mutated, so that the run still waits for the next.
    [
      'POST',
      `${runPath}/submit_tool_outputs`,
      { tool_outputs: [{ output: 'x' }, { tool_call_id: '', output: 'y' }] },
    ],
    ['POST', '/files', 'x'],
  ];
}

/** The value with each of its parts in turn replaced by `nasty`, or left out. */
function* mutants(value: unknown, nasty: unknown): Generator<unknown> {
  yield nasty;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const mutant of mutants(part, nasty)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      (copy as Record<string, unknown>)[key] = mutant;
      yield copy;
    }
  }
}

/** The path with each of its segments and parameters in turn replaced. */
function* paths(path: string): Generator<string> {
  const parts = path.split(/(?<=[/=])|(?=[/?&])/);
  for (const [at, part] of parts.entries()) {
    if (/[/?&=]$/.test(part) || /^[/?&]/.test(part)) continue;
    for (const nasty of [
      '',
      '__proto__',
      'undefined',
      '%00',
      '%F0%9F%98%80',
      '%ZZ',
      '..',
      'x'.repeat(2000),
      '-1',
    ])
      yield parts.with(at, nasty).join('');
  }
}

it('a mutated request is never a 5xx, and a refusal is flat and says which parameter', async () => {
  const rigged = rig();
  const valid = await furnished(rigged);
  const wrong: string[] = [];
  const seen = { 200: 0, 400: 0 };
  let count = 0;
  const send = async (method: string, path: string, body?: unknown) => {
    if (count++ % EACH > 0) return;
    const response = await rigged.raw(method, path, body === undefined ? undefined : JSON.stringify(body));
    const text = await response.text();
    const told = `${method} ${path.slice(0, 120)} ${JSON.stringify(body)?.slice(0, 300)}: ${response.status} ${text.slice(0, 300)}`;
    if (response.status === 200) {
      seen[200]++;
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        if (framesIn(text).at(-1)?.event !== 'done') wrong.push(told);
      } else if (!JSON.parse(text).request_id) wrong.push(told);
      return;
    }
    seen[400]++;
    const error = JSON.parse(text);
    const flat = typeof error.code === 'string' && typeof error.message === 'string' && error.request_id;
    if (response.status >= 500 || !flat || error.message === '') wrong.push(told);
  };
  for (const [method, path, body] of valid) {
    for (const mutated of paths(path)) await send(method, mutated, body);
    if (body === undefined) continue;
    for (const nasty of NASTY) for (const mutated of mutants(body, nasty)) await send(method, path, mutated);
  }
  expect(wrong).toEqual([]);
  // Both happen, or nothing has been tried.
  expect(seen[200]).toBeGreaterThan(50);
  expect(seen[400]).toBeGreaterThan(200);
}, 60_000);
