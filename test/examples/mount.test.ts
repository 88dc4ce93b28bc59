/** The examples of mounting, as they stand: started, and called with the SDK. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createSimulator } from '../../src/simulator/index.ts';
import { betaOf, newest } from '../surface/clients.ts';

let directory: string;
let upstream: Server;
const simulator = createSimulator({ apiKey: 'sk-caller' });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rethread-mount-'));
  upstream = serve({ fetch: (request) => simulator.fetch(request), port: 0 }) as Server;
  await once(upstream, 'listening');
  vi.stubEnv('OPENAI_BASE_URL', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`);
  vi.stubEnv('OPENAI_API_KEY', '');
  vi.stubEnv('RETHREAD_STORE', `file:${directory}`);
  vi.stubEnv('PORT', '0');
});
afterAll(async () => {
  upstream.close();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

/** A program with the newest SDK, that has not heard of rethread: a run that is streamed, and what it left behind. */
async function talk(options: { baseURL: string; fetch?: typeof fetch }): Promise<void> {
  const { assistants, threads } = betaOf(newest.major, new newest.SDK({ apiKey: 'sk-caller', ...options }));
  const { id: assistant_id } = await assistants.create({ model: 'gpt-4o', instructions: 'Answer.' });
  const { id: threadId } = await threads.create({ messages: [{ role: 'user', content: 'Hello there' }] });
  let told = '';
  const stream = threads.runs.stream(threadId, { assistant_id }).on('textDelta', ({ value }) => {
    told += value;
  });
  expect((await stream.finalRun()).status).toBe('completed');
  const [answer] = (await threads.messages.list(threadId)).data;
  expect(told).not.toBe('');
  expect(answer?.content[0]).toMatchObject({ text: { value: told } });
  expect((await threads.delete(threadId)).deleted).toBe(true);
  await expect(threads.retrieve(threadId)).rejects.toMatchObject({ status: 404 });
}

test.each(['hono', 'express', 'fastify'])(
  '%s: the server starts and serves the API under /v1',
  async (name) => {
    const { server } = (await import(`../../examples/mount/${name}/server.ts`)) as { server: Server };
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await talk({ baseURL: `http://127.0.0.1:${port}/v1` });
    if (name !== 'hono') {
      const headers = { 'content-type': 'application/json' };
      const own = await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST', headers, body: '{"a":1}' });
      expect(await own.json()).toEqual({ a: 1 });
    }
    server.close();
    await once(server, 'close');
  },
);

test('nextjs: the exported functions of the route answer web Requests, which is how Next.js calls them', async () => {
  const route = await import('../../examples/mount/nextjs/app/v1/[...path]/route.ts');
  expect([route.runtime, route.dynamic]).toEqual(['nodejs', 'force-dynamic']);
  await talk({
    baseURL: 'http://next.test/v1',
    fetch: async (url, init) => {
      const request = new Request(url as string, init);
      return route[request.method as 'GET' | 'POST' | 'DELETE'](request);
    },
  });
  await (globalThis as { assistants?: { close(): Promise<void> } }).assistants?.close();
});
