/** `rethread serve` as a process: what it says, who it serves, how it stops. */
import { describe, expect, test } from 'vitest';
import { betaOf, majors } from '../surface/clients.ts';
import { rethread, serving } from './serving.ts';

describe('rethread serve', () => {
  test('tells what to set, serves openai 4 and 7 a streamed run, and stops with 0 on SIGTERM', async () => {
    const { url, said, child, exit } = await serving('--simulate');
    expect(said.out).toContain(`new OpenAI({ baseURL: '${url}' })`);
    expect(said.out).toContain(`OpenAI(base_url="${url}")`);
    expect(said.out).toContain(`DASHSCOPE_HTTP_BASE_URL=${url.replace(/\/v1$/, '/api/v1')}`);
    for (const { major, SDK } of majors.filter((one) => one.major === 4 || one.major === 7)) {
      const client = new SDK({ apiKey: 'any', baseURL: url });
      const beta = betaOf(major, client);
      const assistant = await beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
      const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'Hello, I am Ada.' }] });
      const stream = beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
      let text = '';
      stream.on('textDelta', ({ value }) => {
        text += value;
      });
      expect((await stream.finalRun()).status).toBe('completed');
      expect(text).not.toBe('');
      const models = await client.models.list();
      expect(models.data.length).toBeGreaterThan(0);
    }
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test('serves on a simulated DashScope, whose models are the successors of the old ones (dashscope §C.2)', async () => {
    const { url, child, exit } = await serving('--simulate', '--profile', 'dashscope', '--store', 'memory:');
    const { SDK } = majors.at(-1) as (typeof majors)[number];
    const client = new SDK({ apiKey: 'any', baseURL: url, maxRetries: 0 });
    const { beta } = client;
    const assistant = await beta.assistants.create({ model: 'qwen-max' });
    const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'Hello, I am Ada.' }] });
    const run = await beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
    expect([run.status, run.model, run.last_error]).toEqual(['completed', 'qwen-max', null]);
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('qwen3.7-max');
    expect(ids).not.toContain('qwen-max');
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test.each([
    [['--port', 'x'], "error: --port: expected a number, got 'x'"],
    [['--auth', 'none', '--host', '0.0.0.0'], 'error: --auth none lets everybody in who can reach 0.0.0.0'],
    [['--nope'], "error: unknown option '--nope'"],
  ])('refuses %j in one line, with exit code 2', async (args, message) => {
    const { said, exit } = rethread('serve', ...args);
    expect(await exit).toBe(2);
    expect(said.err.trim().split('\n')).toHaveLength(1);
    expect(said.err).toContain(message);
  });

  test.each([
    [[], 'error: --queue: a worker needs the address of the queue'],
    [
      ['--queue', 'redis://127.0.0.1:1', '--store', 'redis://127.0.0.1:1'],
      'error: a worker needs RETHREAD_UPSTREAM_KEY',
    ],
    [
      ['--queue', 'redis://127.0.0.1:1', '--store', 'memory:', '--simulate'],
      'error: queue: other processes cannot share',
    ],
  ])('rethread worker %j says what it needs in one line, with exit code 2', async (args, message) => {
    const { said, exit } = rethread('worker', ...args);
    expect(await exit).toBe(2);
    expect(said.err.trim().split('\n')).toHaveLength(1);
    expect(said.err).toContain(message);
  });

  test('a port that is taken is one line and exit code 1', async () => {
    const { url, child, exit } = await serving('--simulate', '--store', 'memory:');
    const second = rethread('serve', '--simulate', '--store', 'memory:', '--port', new URL(url).port);
    expect(await second.exit).toBe(1);
    expect(second.said.err).toContain('EADDRINUSE');
    expect(second.said.err).not.toContain('    at ');
    child.kill('SIGTERM');
    await exit;
  });
});
