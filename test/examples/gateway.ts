/** A gateway on a port, for clients that are programs of their own. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { serve } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';

/** With a simulator behind it that knows the key `sk-caller`. */
export async function gateway(options: SimulatorOptions = {}) {
  const simulator = createSimulator({ apiKey: 'sk-caller', ...options });
  const made = createGateway({ store: 'memory:', log: () => {} }, simulator.fetch as Fetch);
  const server = serve({ fetch: (request) => made.fetch(request), port: 0 }) as Server;
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await made.close(0);
  });
  return { simulator, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}
