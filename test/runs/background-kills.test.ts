/** `rethread serve --background` as a process that is killed in the middle of a model call: the call is made once (§4.3). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulator, say, slow, turn } from '../../src/simulator/index.ts';
import { betaOf, type Major, majors } from '../surface/clients.ts';

const CLI = new URL('../../src/cli/index.ts', import.meta.url).pathname;
const TSX = import.meta.resolve('tsx');

async function serving(cwd: string, args: string[]) {
  const child = spawn(process.execPath, ['--import', TSX, CLI, 'serve', ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  while (!said.includes('Ctrl-C')) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(said);
  }
  return { child, url: /at (http:\S+)/.exec(said)?.[1] ?? '', log: () => said };
}

test('kill -9 in the middle of a stream, and another start: one POST upstream, and the whole message once', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'rethread-background-'));
  const text = Array.from({ length: 40 }, (_, at) => `word${at}`).join(' ');
  const sim = createSimulator({ script: [turn(slow({ betweenDeltas: 50 }), say(text, { deltas: 40 }))] });
  const upstream = await sim.listen();
  const args = [
    ...['--port', '0', '--auth', 'none', '--upstream', upstream.url, '--upstream-key', 'sk-up'],
    ...['--recover-after', '1', '--background'],
  ];
  const { major, SDK } = majors.at(-1) as Major;
  const first = await serving(cwd, args);
  const beta = betaOf(major, new SDK({ apiKey: 'any', baseURL: first.url, maxRetries: 0 }));
  const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', instructions: 'Count.' });
  const { id: thread_id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Go' }] });
  const stream = await beta.threads.runs.create(thread_id, { assistant_id, stream: true });
  let heard = 0;
  const reading = (async () => {
    for await (const { event } of stream) {
      if (event === 'thread.message.delta' && ++heard === 10) first.child.kill('SIGKILL');
    }
  })().catch(() => {});
  await once(first.child, 'exit');
  await reading;
  expect(heard).toBeLessThan(40);

  const second = await serving(cwd, args);
  try {
    const again = betaOf(major, new SDK({ apiKey: 'any', baseURL: second.url, maxRetries: 0 }));
    // Lists look after nothing: the process carries the run on by itself.
    const messages = async () =>
      (await again.threads.messages.list(thread_id, { order: 'asc' })).data.map(
        ({ role, status, content: [part] }) => [role, status, part?.type === 'text' && part.text.value],
      );
    await expect
      .poll(messages, { timeout: 20_000 })
      .toEqual([expect.anything(), ['assistant', 'completed', text]]);
    const asked = () =>
      sim.requests
        .filter(({ path }) => path.startsWith('/responses'))
        .map(({ method, query }) => method + (query['stream'] ? ' stream' : ''));
    await expect.poll(asked).toEqual(['POST', 'GET stream', 'DELETE']);
    const [run] = (await again.threads.runs.list(thread_id)).data;
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    // The thread is free.
    await again.threads.messages.create(thread_id, { role: 'user', content: 'Thanks' });
    expect(second.log()).toContain('The upstream call of a run is taken up again.');
  } finally {
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    await upstream.close();
    await rm(cwd, { recursive: true, force: true });
  }
}, 60_000);
