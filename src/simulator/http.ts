import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Incoming } from './server.ts';

/** A simulator that listens on a port. */
export interface SimulatorServer {
  /** The base URL to give to a client: `http://127.0.0.1:PORT/v1`, or `…/compatible-mode/v1` with DashScope's personality. */
  url: string;
  port: number;
  /** Closes the port and all connections. */
  close(): Promise<void>;
}

/** Listens; `@hono/node-server` is loaded only here, so that the rest runs wherever `fetch` does. */
export async function listen(
  options: { port?: number; host?: string; path: string },
  handle: (incoming: Incoming) => Promise<Response>,
): Promise<SimulatorServer> {
  const { serve } = await import('@hono/node-server');
  const hostname = options.host ?? '127.0.0.1';
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        port: options.port ?? 0,
        hostname,
        overrideGlobalObjects: false,
        fetch: async (request: Request, env: unknown) => {
          const { outgoing } = env as { outgoing: ServerResponse };
          // Once the bytes that were written are on their way.
          const reset = () => setTimeout(() => outgoing.destroy(), 5);
          const bytes = new Uint8Array(await request.arrayBuffer());
          try {
            const response = await handle({
              method: request.method,
              url: request.url,
              headers: new Headers(request.headers),
              body: bytes.length > 0 ? bytes : null,
              signal: request.signal,
              reset,
            });
            const headers = new Headers(response.headers);
            // Tells node-server to write each chunk as it comes instead of collecting the first few.
            if (response.body) headers.set('transfer-encoding', 'chunked');
            return new Response(response.body, { status: response.status, headers });
          } catch (error) {
            // The client is gone, and nobody reads what is answered.
            if (request.signal.aborted) return new Response(null, { status: 499 });
            throw error;
          }
        },
      },
      (info: AddressInfo) => {
        resolve({
          url: `http://${hostname}:${info.port}${options.path}`,
          port: info.port,
          close: () =>
            new Promise((done) => {
              server.close(() => done());
              if ('closeAllConnections' in server) server.closeAllConnections();
            }),
        });
      },
    );
    server.once('error', reject);
  });
}
