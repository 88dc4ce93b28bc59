/** A port that is served, and how it is left: what is being answered is answered to its end. */
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/gateway/listen.ts';

/** Answers with as many words as are asked for, 20 ms apart; with 0 words it never ends. */
async function serving(onError: (error: Error) => void = () => {}) {
  const words = (request: Request) => {
    let left = Number(new URL(request.url).searchParams.get('words'));
    const endless = left === 0;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.enqueue(new TextEncoder().encode('word '));
        if (!endless && --left === 0) controller.close();
      },
    });
  };
  const listener = await listen(
    { fetch: async (request) => new Response(words(request)) },
    '127.0.0.1',
    0,
    onError,
  );
  onTestFinished(() => {
    listener.server.closeAllConnections();
    listener.server.close();
  });
  const { port } = listener.server.address() as AddressInfo;
  return { ...listener, ask: (count: number) => fetch(`http://127.0.0.1:${port}/?words=${count}`) };
}

test('a stream that is longer than what it is drained for is sent to its end', async () => {
  const { close, ask } = await serving();
  const answer = await ask(40);
  const closed = close(async () => {}, 10_000);
  expect(await answer.text()).toBe('word '.repeat(40));
  await closed;
  await expect(ask(1)).rejects.toThrow();
});

test('one that has no end is cut off when the time is over', async () => {
  const { close, ask } = await serving();
  const answer = await ask(0);
  await close(async () => {}, 0);
  await expect(answer.text()).rejects.toThrow();
});

test('nobody who is answered: it is left at once, whoever is connected', async () => {
  const { close, ask } = await serving();
  await (await ask(1)).text();
  const began = performance.now();
  await close(async () => {}, 60_000);
  expect(performance.now() - began).toBeLessThan(30_000);
});

test('a connection that cannot be accepted is told of, each time, and serving goes on', async () => {
  const told: string[] = [];
  const { server, ask } = await serving(({ message }) => told.push(message));
  server.emit('error', new Error('accept EMFILE'));
  server.emit('error', new Error('accept ENFILE'));
  expect(told).toEqual(['accept EMFILE', 'accept ENFILE']);
  expect(await (await ask(2)).text()).toBe('word word ');
});
