import { Stream as Stream4 } from 'openai4/streaming';
import { Stream as Stream5 } from 'openai5/streaming';
import { Stream as Stream6 } from 'openai6/streaming';
import { Stream as Stream7 } from 'openai7/streaming';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../src/assistants/errors.ts';
import { type SseEvent, type SseOptions, sseResponse } from '../../src/http/sse.ts';

const DONE = 'event: done\ndata: [DONE]\n\n';

async function* batchesOf(...batches: (SseEvent[] | Error)[]) {
  for (const batch of batches) {
    if (batch instanceof Error) throw batch;
    yield batch;
  }
}

/** A source that gives what is pushed, and notes what was asked of it. */
function source() {
  const waiting: ((result: IteratorResult<SseEvent[]>) => void)[] = [];
  const calls = { next: 0, return: 0 };
  const iterator = {
    next: () => {
      calls.next++;
      return new Promise<IteratorResult<SseEvent[]>>((resolve) => waiting.push(resolve));
    },
    return: async () => {
      calls.return++;
      return { done: true as const, value: undefined };
    },
  };
  return {
    calls,
    batches: { [Symbol.asyncIterator]: () => iterator },
    push: (...events: SseEvent[]) => waiting.shift()?.({ done: false, value: events }),
    finish: () => waiting.shift()?.({ done: true, value: undefined }),
  };
}

/** The chunks of a response as text, one by one. */
function chunksOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : decoder.decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

/** Events that are shown as they are. */
const answer = (batches: AsyncIterable<SseEvent[]>, options: Partial<SseOptions<SseEvent>> = {}) =>
  sseResponse(batches, { show: (batch) => batch, ...options });

const hello = { event: 'thread.message.delta', data: { value: 'Hello' } };
const open = (batches: AsyncIterable<SseEvent[]>, options?: Partial<SseOptions<SseEvent>>) =>
  chunksOf(answer(batches, options));

afterEach(() => {
  vi.useRealTimers();
});

describe('§3.1: framing', () => {
  test('event, data as one line of JSON, an empty line; at the end done with [DONE]', async () => {
    const text = await answer(
      batchesOf(
        [{ event: 'thread.run.created', data: { id: 'run_1', text: 'two\nlines' } }],
        [{ event: 'thread.run.completed', data: { id: 'run_1' } }],
      ),
    ).text();
    expect(text).toBe(
      'event: thread.run.created\ndata: {"id":"run_1","text":"two\\nlines"}\n\n' +
        'event: thread.run.completed\ndata: {"id":"run_1"}\n\n' +
        'event: done\ndata: [DONE]\n\n',
    );
  });

  test('content type, and no caching or buffering on the way; further headers are added', () => {
    const { headers, status } = answer(batchesOf(), { headers: { 'x-request-id': 'req_1' } });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-request-id': 'req_1',
    });
  });

  test('a batch is one chunk, and an empty one none', async () => {
    const chunks = open(batchesOf([], [hello, hello], []));
    const frame = 'event: thread.message.delta\ndata: {"value":"Hello"}\n\n';
    expect(await chunks.next()).toBe(frame + frame);
    expect(await chunks.next()).toBe(DONE);
    expect(await chunks.next()).toBeUndefined();
  });

  test('positions are written when asked for', async () => {
    const numbered = { ...hello, id: 7 };
    expect(await answer(batchesOf([numbered])).text()).not.toContain('id:');
    expect(await answer(batchesOf([numbered, hello]), { ids: true }).text()).toBe(
      'id: 7\nevent: thread.message.delta\ndata: {"value":"Hello"}\n\n' +
        'event: thread.message.delta\ndata: {"value":"Hello"}\n\n' +
        DONE,
    );
  });

  test('characters that some line splitters take for line ends are escaped', async () => {
    const value = 'a\u2028b\u2029c\u0085d\r\n';
    const text = await answer(batchesOf([{ event: 'thread.created', data: { value } }])).text();
    expect(text).not.toMatch(/[\u2028\u2029\u0085\r]/);
    const [, json = ''] = /data: (\{.*\})/.exec(text) ?? [];
    expect(JSON.parse(json)).toEqual({ value });
  });
});

describe('§3.2: errors in mid-stream', () => {
  test('an error event in the wrapped form, then done', async () => {
    const failure = new ApiError('The store is gone.', { status: 503, type: 'server_error' });
    expect(await answer(batchesOf([hello], failure)).text()).toBe(
      'event: thread.message.delta\ndata: {"value":"Hello"}\n\n' +
        'event: error\ndata: {"error":{"message":"The store is gone.","type":"server_error","param":null,"code":null}}\n\n' +
        DONE,
    );
  });

  test('§2.9 no. 29: of an unknown error nothing is told but the request id', async () => {
    const text = await answer(batchesOf(new Error('sk-secret')), {
      headers: { 'x-request-id': 'req_42' },
    }).text();
    expect(text).toContain('The server had an error processing your request.');
    expect(text).toContain('req_42');
    expect(text).not.toContain('sk-secret');
  });

  test('data that can not be JSON is such an error too', async () => {
    const data: { self?: unknown } = {};
    data.self = data;
    const text = await answer(batchesOf([{ event: 'thread.created', data }])).text();
    expect(text).toMatch(/^event: error\ndata: .*\n\nevent: done\ndata: \[DONE\]\n\n$/);
  });

  test.each([
    ['4', Stream4],
    ['5', Stream5],
    ['6', Stream6],
    ['7', Stream7],
  ])('npm openai %s reads the events and then throws the error', async (_, Stream) => {
    const failure = new ApiError('boom', { status: 500, type: 'server_error' });
    const response = answer(batchesOf([hello, { ...hello, id: 2 }], failure), { ids: true });
    const seen: unknown[] = [];
    const reading = async () => {
      // biome-ignore lint/suspicious/noExplicitAny: the four majors declare four classes of the same shape.
      const stream: AsyncIterable<unknown> = (Stream as any).fromSSEResponse(response, new AbortController());
      for await (const event of stream) seen.push(event);
    };
    await expect(reading()).rejects.toThrow('boom');
    expect(seen).toEqual([hello, hello]);
  });
});

describe('silence', () => {
  test('is broken by a comment, as often as it lasts', async () => {
    vi.useFakeTimers();
    const { batches, push, finish } = source();
    const chunks = open(batches, { keepAliveMs: 1_000 });
    let next = chunks.next();
    // The first interval counts as busy: the answer has only just begun.
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await next).toBe(': keep-alive\n\n');
    next = chunks.next();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await next).toBe(': keep-alive\n\n');
    push(hello);
    expect(await chunks.next()).toContain('Hello');
    next = chunks.next();
    await vi.advanceTimersByTimeAsync(0);
    finish();
    expect(await next).toBe(DONE);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes one timer a stream, however many events there are', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval');
    const others = vi.spyOn(globalThis, 'setTimeout');
    const many = Array.from({ length: 1_000 }, () => [hello]);
    await answer(batchesOf(...many)).text();
    expect(timers).toHaveBeenCalledTimes(1);
    expect(others).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  test('does not pile up comments for a reader who does not read', async () => {
    vi.useFakeTimers();
    const { batches, calls } = source();
    const chunks = open(batches, { keepAliveMs: 1_000 });
    const first = chunks.next();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await first).toBe(': keep-alive\n\n');
    const second = vi.fn();
    const pending = chunks.next().then(second);
    await vi.advanceTimersByTimeAsync(999);
    expect(second).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await pending;
    expect(second).toHaveBeenCalledWith(': keep-alive\n\n');
    expect(calls.next).toBe(1);
  });

  test('keepAliveMs 0 leaves it unbroken', () => {
    vi.useFakeTimers();
    answer(source().batches, { keepAliveMs: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('reader and source', () => {
  test('nothing is asked of the source before the reader wants it', async () => {
    const { batches, calls, push } = source();
    const chunks = open(batches);
    await Promise.resolve();
    expect(calls.next).toBe(0);
    const next = chunks.next();
    await vi.waitFor(() => expect(calls.next).toBe(1));
    push(hello);
    await next;
    await Promise.resolve();
    expect(calls.next).toBe(1);
  });

  test('a reader that leaves returns the source at once, even while it waits for an event', async () => {
    const { batches, calls } = source();
    const onClose = vi.fn();
    const chunks = open(batches, { onClose });
    void chunks.next();
    await vi.waitFor(() => expect(calls.next).toBe(1));
    await chunks.cancel();
    expect(calls.return).toBe(1);
    expect(onClose.mock.calls).toEqual([['cancelled', undefined]]);
  });

  test('an event that comes after the reader has left is dropped quietly', async () => {
    const { batches, push, calls } = source();
    const chunks = open(batches);
    void chunks.next();
    await vi.waitFor(() => expect(calls.next).toBe(1));
    await chunks.cancel();
    push(hello);
    expect(await chunks.next()).toBeUndefined();
  });

  test('an aborted signal ends the stream with its reason', async () => {
    const { batches, calls } = source();
    const onClose = vi.fn();
    const abort = new AbortController();
    const chunks = open(batches, { signal: abort.signal, onClose });
    const next = chunks.next();
    abort.abort();
    await expect(next).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(calls.return).toBe(1);
    expect(onClose.mock.calls).toEqual([['cancelled', undefined]]);
    // Also where the source has ended, and what it ended with has not been read.
    const between = new AbortController();
    const unread = source();
    const answered = sseResponse(unread.batches, {
      show: (batch) => batch,
      keepAliveMs: 1,
      signal: between.signal,
    });
    expect(await answered.chunks.next()).toEqual([': keep-alive\n\n']);
    unread.finish();
    await new Promise((resolve) => setTimeout(resolve, 5));
    between.abort();
    await expect(answered.chunks.next()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    const late = open(source().batches, { signal: abort.signal });
    await expect(late.next()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  test('onClose is called once and told how it ended', async () => {
    const onClose = vi.fn();
    await answer(batchesOf([hello]), { onClose }).text();
    expect(onClose.mock.calls).toEqual([['complete', undefined]]);
    const failure = new Error('broken');
    onClose.mockClear();
    await answer(batchesOf(failure), { onClose }).text();
    expect(onClose.mock.calls).toEqual([['failed', failure]]);
  });

  test('10 000 deltas arrive complete and in order', async () => {
    const deltas = Array.from({ length: 10_000 }, (_, i) => ({ event: 'thread.message.delta', data: i }));
    const batches = Array.from({ length: 100 }, (_, i) => deltas.slice(i * 100, i * 100 + 100));
    const text = await answer(batchesOf(...batches)).text();
    const seen = [...text.matchAll(/data: (\d+)\n\n/g)].map(([, i]) => Number(i));
    expect(seen).toEqual(deltas.map(({ data }) => data));
  });
});
