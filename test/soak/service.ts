/**
 * A gateway as a process, which kills itself at the n-th of its points: before and after each write to the store, before
 * a call upstream, at its answer, and at every piece of it. Argument: JSON, {@link ServiceOptions}. Says `ready` once it serves.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { KeyvStore } from '../../src/store/keyv-store.ts';
import type { Fetch } from '../../src/upstream/client.ts';

export interface ServiceOptions {
  port: number;
  /** At which point it dies, from 1; 0: at none. */
  diesAt: number;
  gateway: GatewayOptions;
}

const { port, diesAt, gateway: options } = JSON.parse(process.argv[2] ?? '') as ServiceOptions;
let points = 0;
let armed = false;

function point(): void {
  if (armed && ++points === diesAt) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['set', 'setMany', 'delete'] as const) {
  const write = KeyvStore.prototype[name] as (...args: unknown[]) => Promise<void>;
  KeyvStore.prototype[name] = async function (this: KeyvStore, ...args: unknown[]) {
    point();
    await write.apply(this, args);
    point();
  } as never;
}

const upstream: Fetch = async (url, init) => {
  point();
  const response = await fetch(url, init);
  point();
  if (!response.body) return response;
  const pieces = new TransformStream({
    transform(piece, controller) {
      point();
      controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(pieces), response);
};

const gateway = createGateway({ auth: 'none', upstreamKey: 'sk-soak', log: () => {}, ...options }, upstream);
await gateway.open();
const server = serve({ fetch: (request) => gateway.fetch(request), hostname: '127.0.0.1', port });
await once(server, 'listening');
armed = true;
writeSync(1, 'ready\n');
process.on('SIGTERM', async () => {
  server.close();
  await gateway.close(5_000);
  process.exit(0);
});
