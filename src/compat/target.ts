/** What the suite is pointed at: an address, a handler, or a client that goes to either. */

export type Handler = (request: Request) => Response | Promise<Response>;

/** The part of an openai client (any major) that says where it goes. */
export interface ClientLike {
  baseURL: string;
  apiKey?: unknown;
}

export interface TargetOptions {
  /** Where the endpoint is, `/v1` included. With a handler: the address its requests carry. */
  baseURL?: string;
  /** Answers requests in process, without a network. */
  handler?: Handler;
  /** A fetch to use instead of the global one. */
  fetch?: typeof globalThis.fetch;
  /** A client of any major of the openai package: its address, its key and its own fetch are used. */
  client?: ClientLike;
  apiKey?: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
}

export interface Target {
  /** Without a trailing slash. */
  baseURL: string;
  apiKey: string;
  headers: Record<string, string>;
  send(request: Request): Promise<Response>;
}

/** @throws TypeError when nothing is named to point the suite at */
export function openTarget(options: TargetOptions): Target {
  const { client, handler, headers = {} } = options;
  const baseURL = options.baseURL ?? client?.baseURL ?? (handler && 'http://compat.test/v1');
  if (baseURL === undefined) throw new TypeError('expected one of baseURL, handler or client');
  return {
    baseURL: baseURL.replace(/\/+$/, ''),
    apiKey: options.apiKey ?? (typeof client?.apiKey === 'string' ? client.apiKey : 'sk-compat'),
    headers,
    send: sender(options),
  };
}

function sender({ client, handler, fetch = globalThis.fetch }: TargetOptions): Target['send'] {
  if (handler) return async (request) => handler(request);
  const inside = (client as { fetch?: typeof globalThis.fetch } | undefined)?.fetch;
  if (!inside) return (request) => fetch(request);
  // Clients call their fetch with an address and options, never with a Request.
  return async (request) =>
    inside(request.url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      ...(request.body && { body: await request.arrayBuffer() }),
    });
}
