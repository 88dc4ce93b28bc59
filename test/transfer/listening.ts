/** A gateway on a port, in this process. */
import { serve } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';

/** @returns where it is, and where its OpenAI dialect is */
export async function listening(store: string, options: GatewayOptions, simulator = createSimulator()) {
  const gateway = createGateway(
    { store, upstream: 'http://simulator.test/v1', upstreamKey: 'sk-sim', log: () => {}, ...options },
    simulator.fetch as Fetch,
  );
  const port = await new Promise<number>((resolve) => {
    const server = serve({ fetch: (request) => gateway.fetch(request), port: 0 }, (info) =>
      resolve(info.port),
    );
    onTestFinished(async () => {
      server.close();
      await gateway.close(0);
    });
  });
  const origin = `http://127.0.0.1:${port}`;
  return { origin, url: `${origin}/v1` };
}
