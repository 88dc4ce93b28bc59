import { describe, expect, test } from 'vitest';
import { ApiError } from '../../src/assistants/errors.ts';
import { readBody } from '../../src/http/openai/parse.ts';

const URL_ = 'http://localhost/v1/threads';
const LIMIT = 1_000;

const read = (body: BodyInit | null, init: RequestInit = {}) =>
  readBody(new Request(URL_, { method: 'POST', body, duplex: 'half', ...init } as RequestInit), LIMIT);

async function refusal(reading: Promise<unknown>): Promise<ApiError> {
  const error = await reading.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

function streamOf(...chunks: (Uint8Array | string)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      controller.close();
    },
  });
}

describe('reading a body', () => {
  test('§1.1: an absent, empty or blank body is an empty object', async () => {
    for (const body of [null, '', ' \n', 'null']) expect(await read(body)).toEqual({});
    expect(await readBody(new Request(URL_), LIMIT)).toEqual({});
  });

  test('gives the object that was sent, also in pieces that split a character', async () => {
    const bytes = new TextEncoder().encode('{"a":"é🧪"}');
    expect(await read(streamOf(bytes.slice(0, 7), bytes.slice(7, 10), bytes.slice(10)))).toEqual({
      a: 'é🧪',
    });
  });

  test.each(['{', '{"a":1', "{'a':1}", 'a=1', '{"a":NaN}', '{} {}'])(
    "is 400 with the platform's text when it is not JSON: %s",
    async (text) => {
      const { status, type, message, param, code } = await refusal(read(text));
      expect({ status, type, param, code }).toEqual({
        status: 400,
        type: 'invalid_request_error',
        param: null,
        code: null,
      });
      expect(message).toBe(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
      );
    },
  );

  test('is 400 when it is not UTF-8', async () => {
    for (const body of [new Uint8Array([0x22, 0xff, 0x22]), new Uint8Array([0x7b, 0xf0, 0x9f])]) {
      const error = await refusal(read(body));
      expect(error.status).toBe(400);
      expect(error.message).toMatch(/^We could not parse the JSON body/);
    }
  });

  test.each([
    ['[]', 'an array'],
    ['"x"', 'a string'],
    ['1', 'a number'],
    ['true', 'a boolean'],
  ])('is 400 when it is no object: %s', async (text, kind) => {
    const error = await refusal(read(text));
    expect(error.status).toBe(400);
    expect(error.message).toBe(`Invalid request body: expected a JSON object, but got ${kind} instead.`);
  });

  test('is 413 above the limit, whether its length was declared or not', async () => {
    const text = JSON.stringify({ a: 'x'.repeat(LIMIT - '{"a":""}'.length) });
    expect(await read(text)).toHaveProperty('a');
    expect((await refusal(read(`${text} `))).status).toBe(413);
    expect((await refusal(read(streamOf(text, ' ')))).status).toBe(413);
    const declared = read(streamOf('{}'), { headers: { 'content-length': String(LIMIT + 1) } });
    expect((await refusal(declared)).status).toBe(413);
  });

  test('above the limit no more is read than it takes to know', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(LIMIT));
      },
      cancel() {
        cancelled = true;
      },
    });
    expect((await refusal(read(endless))).status).toBe(413);
    expect(pulled).toBeLessThan(10);
    expect(cancelled).toBe(true);
  });

  test('a client that goes away midway is no server error', async () => {
    const abort = new AbortController();
    const stalled = new ReadableStream<Uint8Array>({
      start(controller) {
        abort.signal.addEventListener('abort', () => controller.error(abort.signal.reason));
      },
    });
    const reading = refusal(read(stalled, { signal: abort.signal }));
    abort.abort();
    expect((await reading).status).toBe(499);
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) });
    expect((await refusal(read(broken))).status).toBe(400);
  });
});
