/** The gateway's handler on a port. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { atMost } from '../runs/pause.ts';
import { tellClientErrors } from './client-errors.ts';
import { endOfTurn } from './end-of-turn.ts';
import type { Gateway } from './gateway.ts';

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
  const fetch = async (request: Request) => {
    const response = await gateway.fetch(request);
    await endOfTurn();
    return response;
  };
  const server = serve({ fetch, hostname, port }) as Server;
  tellClientErrors(server);
  // Counted, and not kept: a set of them takes a fifth of the requests per second.
  let answering = 0;
  let allAnswered = () => {};
  const answered = () => {
    answering -= 1;
    if (answering === 0) allAnswered();
  };
  server.prependListener('request', (_, answer) => {
    answering += 1;
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
        if (answering === 0) resolve();
      });
      await atMost(left, quiet);
      server.closeAllConnections();
    },
  };
}
