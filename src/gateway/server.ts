/** The gateway on a port: what it says when it starts, and how it stops. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import pino from 'pino';
import type { Fetch } from '../upstream/client.ts';
import { createGateway } from './gateway.ts';
import { defaultUpstream } from './identity.ts';
import type { ServeOptions } from './options.ts';

/**
 * Listens, and resolves when a signal has stopped the server.
 * @throws StoreError, OptionsError, or the listener's error, before anything is served
 */
export async function startServer(serveOptions: ServeOptions): Promise<void> {
  const {
    host: name = '127.0.0.1',
    port: wanted = 4010,
    logLevel = 'info',
    simulate = false,
    drainTimeout = 30,
    ...options
  } = serveOptions;
  const log = pino({ level: logLevel, redact: ['*.authorization', '*.apiKey'] }, pino.destination(2));
  const personality = options.profile === 'dashscope' ? 'dashscope' : 'openai';
  const simulated = simulate ? await simulator(personality) : undefined;
  const gateway = createGateway(
    {
      ...options,
      ...(simulated && { upstream: SIMULATED[personality], upstreamKey: 'sk-simulator' }),
      log: (level, message, details = {}) => {
        const { error, ...rest } = details;
        log[level](
          { ...rest, ...(error instanceof Error && { error: `${error.name}: ${error.message}` }) },
          message,
        );
      },
    },
    simulated,
  );
  await gateway.open();

  const server = serve({
    fetch: (request) => gateway.fetch(request),
    hostname: name.replace(/[[\]]/g, ''),
    port: wanted,
  });
  await Promise.race([
    once(server, 'listening'),
    once(server, 'error').then(([error]) => Promise.reject(error)),
  ]);
  const { port } = server.address() as AddressInfo;
  const host = name.includes(':') ? `[${name.replace(/[[\]]/g, '')}]` : name;
  process.stdout.write(welcome(`http://${host}:${port}`, serveOptions));
  await stopped(server, async () => {
    log.info('draining: no new requests, runs may end; another signal stops at once');
    await gateway.close(drainTimeout * 1000);
  });
}

/** Where the simulator is taken to be; nothing is called there. */
const SIMULATED = {
  openai: 'http://simulator.test/v1',
  dashscope: 'http://simulator.test/compatible-mode/v1',
};

async function simulator(personality: keyof typeof SIMULATED): Promise<Fetch> {
  const { createSimulator, followScript } = await import('../simulator/index.ts');
  return createSimulator({ personality, defaultScript: followScript }).fetch as Fetch;
}

/** Waits for SIGTERM or SIGINT and drains; a second signal ends the process at once. */
function stopped(server: ServerType, drain: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = async () => {
      if (asked) process.exit(1);
      asked = true;
      server.close();
      await drain();
      if ('closeAllConnections' in server) server.closeAllConnections();
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  });
}

function welcome(url: string, { simulate, ...options }: ServeOptions): string {
  const key =
    options.auth === 'keys'
      ? 'one of the gateway’s keys'
      : simulate || options.auth === 'none'
        ? 'any text'
        : 'your own key, as before';
  return `
  rethread serves the Assistants API at ${url}/v1
  upstream  ${simulate ? 'the simulator' : (options.upstream ?? defaultUpstream(options))}
  store     ${typeof options.store === 'string' ? withoutPassword(options.store) : 'file:.rethread'}

  Node      new OpenAI({ baseURL: '${url}/v1' })
  Python    OpenAI(base_url="${url}/v1")
  any       OPENAI_BASE_URL=${url}/v1
  DashScope DASHSCOPE_HTTP_BASE_URL=${url}/api/v1   (Python and Java; its Assistant API is served there)

  The key is ${key}. Health: ${url}/healthz, readiness: ${url}/readyz, metrics: ${url}/metrics
  Ctrl-C stops it.

`;
}

const withoutPassword = (address: string) => address.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');
