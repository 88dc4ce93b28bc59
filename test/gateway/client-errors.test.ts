/** What is refused before it is a request is refused in the envelope, too (§2.9). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { tellClientErrors } from '../../src/gateway/client-errors.ts';

async function answerTo(text: string): Promise<{ status: string; body: unknown }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  tellClientErrors(server);
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
  return { status: head.split('\r\n')[0] ?? '', body: JSON.parse(body) };
}

test.each([
  [
    'headers beyond Node’s limit of 16 KiB',
    `GET /v1/threads HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 431 Request Header Fields Too Large',
    "The request's headers are too large.",
  ],
  ['what is no HTTP', 'hello\r\n\r\n', 'HTTP/1.1 400 Bad Request', 'This is not a valid HTTP request.'],
])('%s', async (_what, text, status, message) => {
  expect(await answerTo(text)).toEqual({
    status,
    body: { error: { message, type: 'invalid_request_error', param: null, code: null } },
  });
});
