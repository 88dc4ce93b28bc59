/** The gateway's way to its upstream. */
import { request } from 'undici';
import type { Fetch } from '../upstream/client.ts';

const MODEL_CALL = /\/responses(\?|$)/;

/**
 * Node's fetch; but model calls, which are many and open for long, go out without it. An answer that fetch gives takes web streams
 * and a dozen promises a chunk, and with a thousand of them open they are what garbage collection is about (bench/README.md,
 * "Memory of a stream"). Both use the process's dispatcher; the one without fetch follows no redirects either.
 */
export const upstreamFetch: Fetch = (url, init = {}) =>
  init.method === 'POST' && typeof init.body === 'string' && MODEL_CALL.test(url)
    ? callModel(url, init, init.body)
    : fetch(url, init);

async function callModel(
  url: string,
  { headers: given, signal }: RequestInit,
  content: string,
): Promise<Response> {
  const { statusCode, headers, body } = await request(url, {
    method: 'POST',
    headers: { ...Object.fromEntries(new Headers(given)), 'accept-encoding': 'identity' },
    body: content,
    signal: signal ?? null,
    // The SDK, and a run's expiry, say how long something is waited for: models are silent for minutes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  // What the SDK and src/upstream/events.ts read of a response: as node-fetch's, its body is a Node stream.
  const answer: Pick<Response, 'ok' | 'status' | 'headers' | 'url' | 'text' | 'json'> & { body: unknown } = {
    ok: statusCode >= 200 && statusCode < 300,
    status: statusCode,
    headers: new Headers(
      Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ),
    url,
    body,
    text: () => body.text(),
    json: () => body.json(),
  };
  return answer as unknown as Response;
}
