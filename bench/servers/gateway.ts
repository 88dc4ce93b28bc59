/** The gateway on a free port, and the smallest Hono app on another of the same process. Answers `memory` with its resident bytes. */
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createGateway } from '../../src/gateway/gateway.ts';

const { UPSTREAM = 'http://127.0.0.1:9/v1' } = process.env;
const gateway = createGateway({
  store: 'memory:',
  auth: 'none',
  upstream: UPSTREAM,
  upstreamKey: 'sk-bench',
  concurrency: 5_000,
  runsPerTenant: 5_000,
  streamsPerTenant: 5_000,
  log: () => {},
});
const thread = {
  id: 'thread_abc123',
  object: 'thread',
  created_at: 1_700_000_000,
  metadata: {},
  tool_resources: {},
};
const smallest = new Hono().get('/v1/threads/:id', (c) => c.json(thread));

const listen = (fetch: (request: Request) => Response | Promise<Response>) =>
  new Promise<string>((resolve) => {
    const server: ServerType = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    server.on('error', (error) => {
      throw error;
    });
  });

const urls = {
  gateway: await listen((request) => gateway.fetch(request)),
  smallest: await listen(smallest.fetch),
};
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage().rss);
});
process.send?.(JSON.stringify(urls));

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
