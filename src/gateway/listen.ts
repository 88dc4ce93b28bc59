/** The gateway's handler on a port. */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { type Http2Bindings, type HttpBindings, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { EventStream } from '../http/event-stream.ts';
import { atMost } from '../runs/pause.ts';
import { tellClientErrors } from './client-errors.ts';
import { endOfTurn } from './end-of-turn.ts';
import type { Gateway } from './gateway.ts';
import { writeChunks } from './write-chunks.ts';

export interface Listener {
  readonly server: Server;
  /**
   * Takes no more connections, and tells who has one to leave it. Resolves when `drain` has, and what was being answered
   * has been answered to its end, or `timeout` milliseconds after the call, but not sooner than `LAST_WORDS_MS` after
   * `drain`: what is left then is cut off.
   */
  close(drain: () => Promise<void>, timeout: number): Promise<void>;
}

/** For what a run's end leaves to be sent, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * Resolves when the server listens.
 * @param port 0: any that is free
 * @param onError told of connections that could not be accepted
 * @throws the listener's error, e.g. EADDRINUSE
 */
export async function listen(
  gateway: Pick<Gateway, 'fetch'>,
  hostname: string,
  port: number,
  onError: (error: Error) => void,
): Promise<Listener> {
  const server = serve({ fetch: answering(gateway), hostname, port }) as Server;
  tellClientErrors(server);
  // Counted, and not kept: a set of them takes a fifth of the requests per second.
  let underWay = 0;
  let allAnswered = () => {};
  const answered = () => {
    underWay -= 1;
    if (underWay === 0) allAnswered();
  };
  server.prependListener('request', (_, answer) => {
    underWay += 1;
    answer.on('close', answered);
    if (!server.listening) answer.shouldKeepAlive = false;
  });
  await once(server, 'listening');
  server.on('error', onError);

  return {
    server,
    async close(drain, timeout) {
      const deadline = performance.now() + timeout;
      server.close();
      await drain();
      const left = Math.max(deadline - performance.now(), LAST_WORDS_MS);
      const quiet = new Promise<void>((resolve) => {
        allAnswered = resolve;
        if (underWay === 0) resolve();
      });
      await atMost(left, quiet);
      server.closeAllConnections();
    },
  };
}

/** Answers as the gateway does; what it streams is written here. */
function answering({ fetch }: Pick<Gateway, 'fetch'>) {
  return async (request: Request, { outgoing }: HttpBindings | Http2Bindings) => {
    const response = await fetch(request);
    if (response instanceof EventStream) {
      // Of node:http, as `serve` makes its server.
      const connection = outgoing as ServerResponse;
      connection.writeHead(response.status, Object.fromEntries(response.headers));
      writeChunks(response.chunks, connection);
      return RESPONSE_ALREADY_SENT;
    }
    await endOfTurn();
    return response;
  };
}
