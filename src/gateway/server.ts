/** The gateway on a port: what it says when it starts, and how it stops. */
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import type { Fetch } from '../upstream/client.ts';
import { createGateway } from './gateway.ts';
import { defaultUpstream } from './identity.ts';
import { listen } from './listen.ts';
import type { ServeOptions } from './options.ts';

/**
 * Listens, and resolves when a signal has stopped the server.
 * @throws StoreError, OptionsError, or the listener's error, before anything is served
 */
export async function startServer(serveOptions: ServeOptions): Promise<void> {
  const { host: name = '127.0.0.1', port: wanted = 4010 } = serveOptions;
  const { gateway, log, timeout } = await prepare(serveOptions);
  await gateway.open();

  const { server, close } = await listen(gateway, name.replace(/[[\]]/g, ''), wanted, (error) =>
    log.warn({ error: error.message }, 'A connection could not be accepted.'),
  );
  const { port } = server.address() as AddressInfo;
  const host = name.includes(':') ? `[${name.replace(/[[\]]/g, '')}]` : name;
  process.stdout.write(welcome(`http://${host}:${port}`, serveOptions));
  await stopped(async () => {
    log.info('draining: no new requests, runs and streams may end; another signal stops at once');
    await close(() => gateway.drain(timeout), timeout);
    await gateway.close(0);
  });
}

/**
 * Carries out runs that stand in the queue, and resolves when a signal has stopped the worker.
 * @throws StoreError, OptionsError, before anything is done
 */
export async function startWorker(options: ServeOptions): Promise<void> {
  const { gateway, log, timeout } = await prepare(options);
  await gateway.open();
  process.stdout.write('rethread carries out runs that stand in the queue. Ctrl-C stops it.\n');
  // Connections that wait for the next run need not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  await stopped(async () => {
    log.info('draining: runs may end; another signal stops at once');
    await gateway.close(timeout);
  });
  clearInterval(alive);
}

/** The gateway that the options describe, what it logs to, and how long it may take to stop, in milliseconds. */
async function prepare(serveOptions: ServeOptions) {
  const {
    host: _h,
    port: _p,
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
  return { gateway, log, timeout: drainTimeout * 1000 };
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
function stopped(drain: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = async () => {
      if (asked) process.exit(1);
      asked = true;
      await drain();
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
