/** The gateway and an upstream on a port: how model calls go out, and what becomes of connections (§4.6). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { upstreamFetch } from '../../src/gateway/upstream-fetch.ts';
import { createSimulator, cut, hang, httpError, say, turn } from '../../src/simulator/index.ts';
import { parseStream } from '../faults/world.ts';

/** What nobody catches would end the gateway. */
const strays: unknown[] = [];
const stray = (error: unknown) => strays.push(error);
process.on('unhandledRejection', stray);
process.on('uncaughtException', stray);
afterAll(() => {
  process.off('unhandledRejection', stray);
  process.off('uncaughtException', stray);
  expect(strays).toEqual([]);
});

const TEXT = 'Once upon a time there was a king: 語 😀.';

async function served() {
  const simulator = createSimulator({ apiKey: 'sk-one' });
  const server = await simulator.listen();
  const gateway = createGateway({ store: 'memory:', upstream: server.url, maxRetries: 1, log: () => {} });
  onTestFinished(async () => {
    await gateway.close(0);
    await server.close();
  });
  const headers = { authorization: 'Bearer sk-one', 'openai-beta': 'assistants=v2' };
  const send = (method: string, path: string, body?: object) =>
    gateway.fetch(
      new Request(`http://gateway.test/v1${path}`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
  const json = async (...args: Parameters<typeof send>) => (await send(...args)).json();
  const assistant = await json('POST', '/assistants', { model: 'gpt-4o' });
  const start = (stream: boolean) =>
    send('POST', '/threads/runs', {
      assistant_id: assistant.id,
      stream,
      thread: { messages: [{ role: 'user', content: 'Hello' }] },
    });
  const streamed = async () => parseStream(await (await start(true)).text());
  return { simulator, server, send, json, start, streamed };
}

const runOf = (events: { data: unknown }[]) =>
  events.at(-1)?.data as { status: string; last_error: { code: string; message: string } | null };

test('a model call is streamed, with the caller’s own key, and asks for no encoding', async () => {
  const { simulator, streamed } = await served();
  simulator.script(say(TEXT, { deltas: 7 }));
  const events = await streamed();
  expect(runOf(events).status).toBe('completed');
  const message = events.find(({ event }) => event === 'thread.message.completed')?.data;
  expect(message).toMatchObject({ content: [{ text: { value: TEXT } }] });
  const { headers } = simulator.responsesRequests.at(-1) as { headers: Record<string, string> };
  expect(headers).toMatchObject({ authorization: 'Bearer sk-one', 'accept-encoding': 'identity' });
});

test('an answer that is put off is asked for again, and the error of the last one is the run’s (§4.6)', async () => {
  const { simulator, streamed } = await served();
  const busy = httpError(503, { message: 'The server is overloaded.' });
  simulator.script({ ...busy, headers: { 'retry-after-ms': '1' } } as typeof busy, say(TEXT));
  expect(runOf(await streamed()).status).toBe('completed');
  expect(simulator.responsesRequests).toHaveLength(2);
  simulator.script({ ...busy, headers: { 'retry-after-ms': '1' } } as typeof busy, busy);
  expect(runOf(await streamed())).toMatchObject({
    status: 'failed',
    last_error: { code: 'server_error', message: 'The server is overloaded.' },
  });
});

test('a connection that breaks in the middle fails the run, and says so', async () => {
  const { simulator, streamed } = await served();
  simulator.script(turn(say(TEXT, { deltas: 7 }), cut({ afterEvents: 6, midEvent: true })));
  const { status, last_error } = runOf(await streamed());
  expect([status, last_error?.code]).toEqual(['failed', 'server_error']);
  expect(last_error?.message).toMatch(/^The connection to the upstream was lost: ./);
});

test('an upstream that is not there fails the run with the reason', async () => {
  const { server, streamed, start } = await served();
  // The key is known by now.
  await start(false);
  await server.close();
  const { status, last_error } = runOf(await streamed());
  expect([status, last_error?.code]).toEqual(['failed', 'server_error']);
  expect(last_error?.message).toMatch(/ECONNREFUSED|closed/);
});

test('a run that is cancelled ends its connection to the upstream', async () => {
  const closed: Promise<void>[] = [];
  const upstream = createServer((request, answer) => {
    if (request.method === 'GET') return answer.setHeader('content-type', 'application/json').end('{}');
    closed.push(new Promise((resolve) => answer.on('close', resolve)));
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write('event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n');
    return answer;
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => upstream.once('listening', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
  const gateway = createGateway({ store: 'memory:', upstream: url, auth: 'none', log: () => {} });
  onTestFinished(async () => {
    await gateway.close(0);
    upstream.closeAllConnections();
    upstream.close();
  });
  const send = async (path: string, body: object = {}) => {
    const headers = { 'openai-beta': 'assistants=v2', 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await gateway.fetch(new Request(`http://gateway.test/v1${path}`, init))).json();
  };
  const { id } = await send('/assistants', { model: 'gpt-4o', instructions: 'x' });
  const run = await send('/threads/runs', { assistant_id: id });
  expect(closed).toHaveLength(1);
  await send(`/threads/${run.thread_id}/runs/${run.id}/cancel`);
  await closed[0];
});

test('a call that is given up is rejected with the reason; one that nobody reads any more ends nothing else', async () => {
  const simulator = createSimulator();
  const server = await simulator.listen();
  onTestFinished(() => server.close());
  const begin = (signal: AbortSignal) =>
    upstreamFetch(`${server.url}/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk' },
      body: JSON.stringify({ model: 'gpt-4o', input: 'hi', stream: true }),
      signal,
    });
  const abort = new AbortController();
  simulator.script(hang({ beforeHeaders: true }));
  const call = begin(abort.signal);
  setImmediate(() => abort.abort());
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });

  const late = new AbortController();
  simulator.script(hang());
  expect((await begin(late.signal)).status).toBe(200);
  late.abort();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(strays).toEqual([]);
});

test('everything else goes out by fetch, a native client’s own model calls too', async () => {
  const { simulator, send } = await served();
  simulator.script(say(TEXT));
  const answer = await send('POST', '/responses', { model: 'gpt-4o', input: 'hi' });
  expect(JSON.stringify(await answer.json())).toContain(TEXT);
  expect((await send('GET', '/models')).status).toBe(200);
});
