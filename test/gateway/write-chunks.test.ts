import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { writeChunks } from '../../src/gateway/write-chunks.ts';
import { EventChunks, type StreamEnd } from '../../src/http/event-stream.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server that answers with what the source says; gives its port, and how each stream ended. */
async function serving(source: () => AsyncIterable<string[]>) {
  const ends: [StreamEnd, unknown?][] = [];
  const answers: ServerResponse[] = [];
  server = createServer((_, answer) => {
    const gone = new AbortController();
    answer.on('close', () => gone.abort());
    answers.push(answer.writeHead(200, { 'content-type': 'text/event-stream' }));
    const chunks = new EventChunks(source()[Symbol.asyncIterator](), {
      chunksOf: (texts) => texts,
      done: 'end',
      failed: (error) => `failed: ${(error as Error).message}`,
      keepAliveMs: 0,
      signal: gone.signal,
      onClose: (...end) => void ends.push(end),
    });
    writeChunks(chunks, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, ends, answers };
}

const get = async (port: number) =>
  ((await once(request({ port, host: '127.0.0.1' }).end(), 'response')) as [IncomingMessage])[0];

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}

test('everything arrives in order, and the answer ends', async () => {
  const { port, ends } = await serving(async function* () {
    for (let i = 0; i < 1_000; i++) yield [`${i} `, 'ü '];
  });
  const expected = Array.from({ length: 1_000 }, (_, i) => `${i} ü `).join('');
  expect(await textOf(await get(port))).toBe(`${expected}end`);
  expect(ends).toEqual([['complete', undefined]]);
});

test('head and first chunk go out in one piece where both are there', async () => {
  const { port } = await serving(async function* () {
    yield ['first '];
    await new Promise(() => {});
  });
  const socket = connect(port, '127.0.0.1').end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [piece] = (await once(socket, 'data')) as [Buffer];
  expect(piece.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*first /);
  socket.destroy();
});

test('the head does not wait for a first chunk that is late', async () => {
  let begin = () => {};
  const beginning = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { port } = await serving(async function* () {
    await beginning;
    yield ['late '];
  });
  const answer = await get(port);
  expect(answer.headers['content-type']).toBe('text/event-stream');
  begin();
  expect(await textOf(answer)).toBe('late end');
});

test('a source that throws is told of before the end', async () => {
  const { port, ends } = await serving(async function* () {
    yield ['one '];
    throw new Error('broken');
  });
  expect(await textOf(await get(port))).toBe('one failed: broken');
  expect(ends).toEqual([['failed', expect.objectContaining({ message: 'broken' })]]);
});

test('a reader that does not read is not written ahead to', async () => {
  let said = 0;
  const { port } = await serving(async function* () {
    for (; said < 1_000; said++) yield ['x'.repeat(100_000)];
  });
  const answer = await get(port);
  answer.pause();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = said;
  expect(before).toBeLessThan(500);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(said).toBe(before);
  expect(await textOf(answer)).toHaveLength(1_000 * 100_000 + 'end'.length);
});

test('a reader that goes ends the stream at once, whether the source or the reader is being waited for', async () => {
  const { port, ends } = await serving(async function* () {
    yield ['one '];
    await new Promise(() => {});
  });
  const waiting = await get(port);
  await once(waiting, 'data');
  waiting.destroy();
  await vi.waitFor(() => expect(ends).toEqual([['cancelled', undefined]]));

  server.close();
  const full = await serving(async function* () {
    for (;;) yield ['x'.repeat(100_000)];
  });
  const answer = await get(full.port);
  answer.pause();
  await vi.waitFor(() => expect(full.answers[0]?.writableNeedDrain).toBe(true));
  answer.destroy();
  await vi.waitFor(() => expect(full.ends).toEqual([['cancelled', undefined]]));
});

test('connections that are reset in the middle of being written to harm nobody', async () => {
  const { port, ends } = await serving(async function* () {
    for (;;) {
      yield ['x'.repeat(10_000)];
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let i = 0; i < 50; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
  }
  await vi.waitFor(() => expect(ends).toHaveLength(50));
});
