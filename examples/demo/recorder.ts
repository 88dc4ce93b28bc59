/** Stands between the program and the upstream, hands every request on, and remembers what was asked. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Recorder {
  /** The base URL to give to a client. */
  url: string;
  /** `POST /responses`, `GET /vector_stores/{id}`, …, with how often each was asked; failures say their status. */
  calls: Map<string, number>;
  /** Deletes the files and vector stores that were made. */
  cleanUp(headers: HeadersInit): Promise<void>;
  close(): void;
}

/** Between two connections these are not handed on; the body has been decoded. */
const HOP_BY_HOP = [
  'connection',
  'host',
  'keep-alive',
  'transfer-encoding',
  'content-encoding',
  'content-length',
];

/** @param baseURL of the upstream, e.g. `https://api.openai.com/v1` */
export async function startRecorder(baseURL: string, upstream: Fetch): Promise<Recorder> {
  const calls = new Map<string, number>();
  const made: string[] = [];
  const ask = (path: string, init: RequestInit) => upstream(baseURL + path, init).catch(unreachable);
  const server = serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch({ method, url, headers, body }: Request) {
      const { pathname, search } = new URL(url);
      const path = pathname.replace(/^\/v1/, '');
      const response = await ask(path + search, {
        method,
        headers: passedOn(headers),
        body,
        ...(body && { duplex: 'half' }),
      } as RequestInit);
      const name = `${method} ${path.replace(/(?<=\/)(vs|file|resp|cntr)[-_][^/]+/g, '{id}')}`;
      const call = response.ok ? name : `${name}  (${response.status})`;
      calls.set(call, (calls.get(call) ?? 0) + 1);
      if (['POST /files', 'POST /vector_stores'].includes(call)) {
        made.unshift(`${path}/${(await response.clone().json()).id}`);
      }
      return new Response(response.body, { status: response.status, headers: passedOn(response.headers) });
    },
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    async cleanUp(headers) {
      for (const path of made) await ask(path, { method: 'DELETE', headers });
    },
    close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

function passedOn(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

function unreachable(error: Error): Response {
  const message = `The upstream cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`;
  return Response.json(
    { error: { message, type: 'server_error', param: null, code: null } },
    { status: 502 },
  );
}
