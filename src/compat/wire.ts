/** Sends requests and keeps what was exchanged, for reports and for tidying up. */
import type { Exchange } from './exchange.ts';
import { CheckFailure } from './failure.ts';
import type { Target } from './target.ts';

export interface RequestOptions {
  query?: Record<string, string | number | readonly string[] | undefined> | undefined;
  /** `null` takes a header away that is otherwise sent. */
  headers?: Record<string, string | null> | undefined;
  /** JSON, unless it is a form or a text. */
  body?: unknown;
}

export interface Wire {
  readonly exchanges: readonly Exchange[];
  /** Sends a request of the suite's own making. @throws CheckFailure when there is no answer */
  send(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<{ response: Response; exchange: Exchange }>;
  /** The way in for an SDK: a fetch that goes to the target, whatever it is. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** @param defaults headers of every request of the suite's own making */
export function createWire(target: Target, defaults: Record<string, string>, timeout: number): Wire {
  const exchanges: Exchange[] = [];

  async function exchange(request: Request, body: Exchange['requestBody']) {
    const made: Exchange = {
      method: request.method,
      url: request.url,
      path: request.url.startsWith(target.baseURL) ? request.url.slice(target.baseURL.length) : request.url,
      requestHeaders: request.headers,
      requestBody: body,
      status: 0,
      responseHeaders: new Headers(),
      text: '',
    };
    exchanges.push(made);
    const response = await target.send(request);
    made.status = response.status;
    made.responseHeaders = response.headers;
    return { response, exchange: made };
  }

  return {
    exchanges,
    async send(method, path, { query, headers, body } = {}) {
      const url = new URL(`${target.baseURL}${path}`);
      for (const [name, value] of Object.entries(query ?? {}))
        for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(name, String(one));
      const sent = new Headers({ ...defaults, ...target.headers });
      const payload = payloadOf(body);
      if (typeof payload === 'string') sent.set('content-type', 'application/json');
      for (const [name, value] of Object.entries(headers ?? {})) {
        if (value === null) sent.delete(name);
        else sent.set(name, value);
      }
      const request = new Request(url, {
        method,
        headers: sent,
        signal: AbortSignal.timeout(timeout),
        ...(payload !== undefined && { body: payload }),
      });
      try {
        return await exchange(request, payload);
      } catch (error) {
        throw new CheckFailure(
          `no answer to ${method} ${path}`,
          'an answer',
          reasonOf(error),
          exchanges.at(-1),
        );
      }
    },
    async fetch(input, init = {}) {
      const body = await bodyOf(init.body);
      const { signal } = init;
      const request = new Request(input, {
        method: init.method ?? 'GET',
        headers: init.headers as HeadersInit,
        signal: AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]),
        ...(body !== undefined && { body }),
      });
      const { response, exchange: made } = await exchange(
        request,
        typeof body === 'string' ? body : undefined,
      );
      return kept(response, made);
    },
  };
}

function payloadOf(body: unknown): string | FormData | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof FormData) return body;
  return JSON.stringify(body);
}

/** SDKs before 5 send forms as Node streams, which Request does not take. */
async function bodyOf(body: unknown): Promise<BodyInit | undefined> {
  if (body === undefined || body === null) return undefined;
  const isStream = typeof body === 'object' && Symbol.asyncIterator in body && !(body instanceof FormData);
  if (!isStream) return body as BodyInit;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array | string>)
    chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk));
  return new Blob(chunks);
}

/** The same response, its body noted down while the SDK reads it. */
function kept(response: Response, exchange: Exchange): Response {
  if (!response.body) return response;
  const decoder = new TextDecoder();
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        exchange.text += decoder.decode(chunk, { stream: true });
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(body, response);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
