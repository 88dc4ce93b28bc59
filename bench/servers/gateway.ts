/** The gateway on a free port, and the smallest Hono app on another of the same process. Answers `memory` with its resident bytes. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createGateway } from '../../src/gateway/gateway.ts';
import { listen } from '../../src/gateway/listen.ts';
import { answerMemory } from './memory.ts';

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

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const bare = serve({ fetch: smallest.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
await once(bare, 'listening');
const { server } = await listen(gateway, '127.0.0.1', 0, (error) => {
  throw error;
});
const urls = { gateway: urlOf(server), smallest: urlOf(bare) };
answerMemory();
process.send?.(JSON.stringify(urls));

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
