/** The smallest gateway: hands every request to the upstream and its answer back. Answers `memory` with its resident bytes. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { proxy } from 'hono/proxy';
import { answerMemory } from './memory.ts';

const { UPSTREAM = '' } = process.env;
const app = new Hono().all('/v1/*', (c) => proxy(`${UPSTREAM}${c.req.path.slice('/v1'.length)}`, c.req.raw));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
  process.send?.(`http://127.0.0.1:${port}`);
});

answerMemory();

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
