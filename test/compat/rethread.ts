/** rethread as the suite sees it: a handler, or an address, with a scripted simulator behind it. */
import { serve } from '@hono/node-server';
import type { Dialect, SuiteOptions } from '../../src/compat/index.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { createSimulator, followScript } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';

/** The only key the simulator lets in. */
export const API_KEY = 'sk-compat-right';

/** What a suite has to be told of rethread, by dialect; the model is one that the simulator has. */
export const settings: Record<Dialect, Pick<SuiteOptions, 'dialect' | 'baseURL' | 'model'>> = {
  openai: { dialect: 'openai', baseURL: 'http://compat.test/v1' },
  dashscope: { dialect: 'dashscope', baseURL: 'http://compat.test/api/v1', model: 'gpt-4o-mini' },
};

export interface Rethread {
  handler(request: Request): Promise<Response>;
  /** @returns the base URL of OpenAI's dialect */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export function rethread(options: Partial<GatewayOptions>): Rethread {
  const simulator = createSimulator({ defaultScript: followScript, apiKey: API_KEY });
  const gateway = createGateway(
    { upstream: 'http://simulator.test/v1', log: () => {}, ...options },
    simulator.fetch as Fetch,
  );
  let server: ReturnType<typeof serve> | undefined;
  return {
    handler: (request) => gateway.fetch(request),
    listen: () =>
      new Promise((resolve) => {
        server = serve(
          { fetch: (request) => gateway.fetch(request), hostname: '127.0.0.1', port: 0 },
          ({ port }) => resolve(`http://127.0.0.1:${port}/v1`),
        );
      }),
    async close() {
      if (server && 'closeAllConnections' in server) server.closeAllConnections();
      server?.close();
      await gateway.close(0);
    },
  };
}
