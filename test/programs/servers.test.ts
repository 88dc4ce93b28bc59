/** Programs whose conversation is spread over requests, starts and files, each as it was written. */
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RethreadOptions } from '../../src/index.ts';
import { fail, runCode, say, searchFiles, slow, turn } from '../../src/simulator/index.ts';
import { createStage, ENVIRONMENT, type Stage, upstreamRoutes } from './on-the-shim.ts';

const current = vi.hoisted(() => ({ stage: undefined as unknown as Stage }));
const onTheShim = vi.hoisted(() => async (original: () => Promise<object>) => {
  const { withShim } = await import('./on-the-shim.ts');
  return withShim(await original(), () => current.stage);
});
vi.mock('openai4', onTheShim);
vi.mock('openai5', onTheShim);

const ASSISTANT = 'asst_FromTheDashboard2024abcd';

function setStage(options?: RethreadOptions): Stage {
  current.stage = createStage(options);
  return current.stage;
}

let printed: string[];
let directory: string;

beforeEach(async () => {
  vi.resetModules();
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
  directory = await mkdtemp(path.join(tmpdir(), 'rethread-programs-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await current.stage.assistants.close({ timeout: 0 });
  await rm(directory, { recursive: true });
});

describe('a backend whose browser polls (openai 4)', () => {
  it('starts a run in one request, tells its status in others, and gives the messages in a last one', async () => {
    const { simulator } = setStage({
      assistants: { [ASSISTANT]: { model: 'gpt-4o', instructions: 'Help.' } },
    });
    const { server } = await import('./split-endpoints.ts');
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const call = async (route: string, body?: unknown) => {
      const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const response = await fetch(base + route, init);
      return { status: response.status, body: await response.json() };
    };
    try {
      simulator.script(turn(slow({ beforeFirst: 30 }), say('Answered in the background.')));
      const { threadId } = (await call('/api/thread', {})).body;
      const started = await call('/api/run', { threadId, assistantId: ASSISTANT, message: 'Hi' });
      expect(started).toEqual({
        status: 202,
        body: { runId: expect.stringMatching(/^run_/), status: 'queued' },
      });
      const query = `threadId=${threadId}&runId=${started.body.runId}`;
      await expect.poll(async () => (await call(`/api/run?${query}`)).body.status).toBe('completed');
      expect((await call(`/api/messages?threadId=${threadId}`)).body).toEqual([
        { role: 'user', text: 'Hi' },
        { role: 'assistant', text: 'Answered in the background.' },
      ]);
      expect(await call('/api/run?threadId=thread_gone&runId=run_gone')).toEqual({
        status: 404,
        body: { error: "404 No thread found with id 'thread_gone'." },
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe('an application that sets its assistant up when it starts (openai 4)', () => {
  it('makes assistant, files and vector store once, and finds them at the next start', async () => {
    const stage = setStage();
    const { setup } = await import('./boot-assistant.ts');
    await writeFile(path.join(directory, 'holidays.md'), 'Everybody has 30 days of holidays.');
    await writeFile(path.join(directory, 'travel.md'), 'Trains are booked by the office.');

    const first = await setup(directory, 'Answer from the handbook.');
    const again = await setup(directory, 'Answer from the handbook, in one sentence.');
    expect(printed).toEqual([
      'assistant created',
      'holidays.md: completed',
      'travel.md: completed',
      'assistant found',
    ]);
    expect(again).toEqual({ ...first, instructions: 'Answer from the handbook, in one sentence.' });
    expect(again.tool_resources?.file_search?.vector_store_ids).toHaveLength(1);
    expect(upstreamRoutes(stage).sort()).toEqual([
      'GET files',
      'GET vector_stores',
      'POST files',
      'POST vector_stores',
    ]);
  });
});

describe('an answer with footnotes and downloads (openai 5)', () => {
  const CSV = 'year,bikes\n2024,12\n';
  const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

  it('replaces citations and links, and downloads what code interpreter made (§4.4)', async () => {
    const { simulator } = setStage();
    const file = simulator.addFile('handbook.md', 'Bikes are counted every year.');
    const { default: OpenAI } = await import('openai5');
    const { id } = await new OpenAI().beta.assistants.create({
      model: 'gpt-4o',
      tools: [{ type: 'file_search' }, { type: 'code_interpreter' }],
      instructions: 'Answer with sources.',
      tool_resources: { file_search: { vector_stores: [{ file_ids: [file.id] }] } },
    });
    const cited = 'Bikes are counted every year.';
    simulator.script(
      turn(
        searchFiles({
          queries: ['bikes'],
          results: [{ file_id: file.id, filename: file.filename, text: cited }],
        }),
        say(cited, { citations: [{ at: cited.length - 1, file_id: file.id, filename: file.filename }] }),
        runCode({ code: 'save()', files: [{ path: 'bikes.csv', content: CSV }], images: [PNG] }),
        say('The table is [here](sandbox:/mnt/data/bikes.csv).'),
      ),
    );
    const { citedAnswer } = await import('./cited-answer.ts');
    const answer = await citedAnswer(id, 'How often are bikes counted?', directory);
    expect(answer).toEqual({
      lines: ['Bikes are counted every year[0].', 'The table is [here](./bikes.csv).'],
      citations: ['[0] handbook.md'],
      steps: ['tool_calls', 'message_creation', 'tool_calls', 'message_creation'],
    });
    expect(await readdir(directory)).toEqual(['bikes.csv']);
    expect(await readFile(path.join(directory, 'bikes.csv'), 'utf8')).toBe(CSV);
  });

  it('saves a picture that was drawn, which stays when its container has expired (§4.4)', async () => {
    const { simulator } = setStage({
      assistants: {
        [ASSISTANT]: { model: 'gpt-4o', instructions: 'Draw.', tools: [{ type: 'code_interpreter' }] },
      },
    });
    simulator.script(
      turn(
        runCode({ code: 'plt.savefig("plot.png")', files: [{ path: 'plot.png', content: PNG }] }),
        say('Here it is.', { files: [{ path: 'plot.png', at: 'end' }] }),
      ),
    );
    const { citedAnswer } = await import('./cited-answer.ts');
    const { lines } = await citedAnswer(ASSISTANT, 'Draw a plot', directory);
    expect(lines.sort()).toEqual(['(picture)', 'Here it is.']);
    const [name = ''] = await readdir(directory);
    expect(new Uint8Array(await readFile(path.join(directory, name)))).toEqual(PNG);

    simulator.expireContainers();
    const { default: OpenAI } = await import('openai5');
    const kept = await new OpenAI().files.content(name.replace('.png', ''));
    expect(new Uint8Array(await kept.arrayBuffer())).toEqual(PNG);
  });
});

describe('raw HTTP against a base URL', () => {
  async function program() {
    const stage = setStage({ assistants: { [ASSISTANT]: { model: 'gpt-4o', instructions: 'Help.' } } });
    const server = serve({ fetch: stage.assistants.fetch, port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    vi.stubEnv('OPENAI_BASE_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    // @ts-expect-error a program in JavaScript
    const { ask } = await import('./raw-http.js');
    return { ...stage, ask, close: () => server.close() };
  }

  it('works with a changed base URL and nothing else', async () => {
    const { simulator, ask, close } = await program();
    simulator.script(say('Hello.'), ({ userTexts }) => say(userTexts.join(' | ')), fail());
    const { threadId, text } = await ask(ASSISTANT, 'One');
    expect(text).toBe('Hello.');
    expect(await ask(ASSISTANT, 'Two', threadId)).toEqual({ threadId, text: 'One | Two' });
    expect(await ask(ASSISTANT, 'Three', threadId)).toEqual({ threadId, text: null });
    await expect(ask('asst_unknown', 'Four', threadId)).rejects.toThrow(
      /^404 No assistant found with id 'asst_unknown'\./,
    );
    close();
  });
});
