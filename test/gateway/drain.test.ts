/** How `rethread serve` stops: streams end first, a second signal does not wait, and nothing is lost either way. */
import { once } from 'node:events';
import { connect } from 'node:net';
import OpenAI from 'openai6';
import { expect, onTestFinished, test } from 'vitest';
import { createSimulator, say, slow, turn } from '../../src/simulator/index.ts';
import { serving } from './serving.ts';

/** A gateway with an upstream that takes about a second for an answer, and a client of it. */
async function slowly(...args: string[]) {
  const upstream = await createSimulator({
    defaultScript: ({ lastUserText }) =>
      turn(slow({ betweenDeltas: 50 }), say(`Answer to ${lastUserText}`, { deltas: 20 })),
  }).listen();
  onTestFinished(() => upstream.close());
  const serve = () => serving('--upstream', upstream.url, '--trust-keys', ...args);
  const served = await serve();
  const client = new OpenAI({ apiKey: 'sk-any', baseURL: served.url, maxRetries: 0 });
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'gpt-4o' });
  const start = async () => {
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'one' }] });
    const stream = await client.beta.threads.runs.create(thread.id, { assistant_id, stream: true });
    const events = stream[Symbol.asyncIterator]();
    let { value: event } = await events.next();
    while (event.event !== 'thread.message.delta') ({ value: event } = await events.next());
    return { thread, events };
  };
  return { ...served, serve, client, start };
}

async function textOf(events: AsyncIterator<OpenAI.Beta.AssistantStreamEvent>): Promise<string> {
  for (;;) {
    const { value: event } = await events.next();
    if (event.event !== 'thread.message.completed') continue;
    const [part] = event.data.content;
    return part.text.value;
  }
}

test('SIGTERM: a stream that is open goes on to its end, new runs are not taken, and the process ends with 0', async () => {
  const { child, exit, url, start } = await slowly();
  const { events } = await start();
  // A client that has a connection still asks on it.
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  child.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(`${url}/threads`).then(
        () => 'taken',
        () => 'refused',
      ),
    )
    .toBe('refused');
  const body = JSON.stringify({ assistant_id: 'asst_any' });
  socket.write(
    `POST /v1/threads/runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-any\r\nopenai-beta: assistants=v2\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  let told = '';
  for await (const chunk of socket) told += chunk;
  expect(told).toMatch(/^HTTP\/1\.1 503 /);
  expect(told).toMatch(/^connection: close\r$/im);
  expect(told).toContain('rethread is closing.');
  expect(await textOf(events)).toBe('Answer to one');
  expect(await exit).toBe(0);
});

test('SIGTERM: of many streams that end together, each is sent to its end', async () => {
  const { child, exit, client } = await slowly('--store', 'memory:');
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'gpt-4o' });
  const thread = { messages: [{ role: 'user' as const, content: 'one' }] };
  const streams = await Promise.all(
    Array.from({ length: 50 }, () =>
      client.beta.threads.createAndRun({ assistant_id, thread, stream: true as const }),
    ),
  );
  child.kill('SIGTERM');
  const lastOf = async (stream: (typeof streams)[number]) => {
    let last = '';
    for await (const { event } of stream) last = event;
    return last;
  };
  expect(new Set(await Promise.all(streams.map(lastOf)))).toEqual(new Set(['thread.run.completed']));
  expect(await exit).toBe(0);
});

test('a second signal ends it at once, with 1; the run is carried on by the next process', async () => {
  const { child, exit, start, serve } = await slowly('--recover-after', '1');
  const { thread } = await start();
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  const next = await serve();
  const client = new OpenAI({ apiKey: 'sk-any', baseURL: next.url });
  const texts = async () =>
    (await client.beta.threads.messages.list(thread.id, { order: 'asc' })).data.map(({ content: [part] }) =>
      part?.type === 'text' ? part.text.value : undefined,
    );
  await expect.poll(texts, { timeout: 20_000 }).toEqual(['one', 'Answer to one']);
  next.child.kill('SIGTERM');
  expect(await next.exit).toBe(0);
});
