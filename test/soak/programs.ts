/** Programs as processes that are started again whenever they end: gateways that kill themselves, and the real `serve` and `worker`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import type { ServiceOptions } from './service.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const ENTRIES = { service: 'test/soak/service.ts', rethread: 'src/cli/index.ts' };

export interface Bundles {
  service: string;
  rethread: string;
  clear(): Promise<void>;
}

/** The programs, bundled: they start often. Beside the packages, where their imports are found. */
export async function bundle(name: string): Promise<Bundles> {
  const outDir = join(ROOT, 'node_modules/.cache', name);
  await build({
    config: false,
    entry: Object.fromEntries(Object.entries(ENTRIES).map(([key, file]) => [key, join(ROOT, file)])),
    outDir,
    format: 'esm',
    platform: 'node',
    dts: false,
    clean: false,
    logLevel: 'silent',
  });
  // What the command knows of its package it reads there.
  await copyFile(join(ROOT, 'package.json'), join(outDir, 'package.json'));
  return {
    service: join(outDir, 'service.mjs'),
    rethread: join(outDir, 'rethread.mjs'),
    clear: () => rm(outDir, { recursive: true, force: true }),
  };
}

/** How one life of a program goes: its arguments, and after how many ms it is killed whatever it does. */
export interface Life {
  args: string[];
  after?: number | undefined;
}

export class Program {
  kills = 0;
  /** How often it was started. */
  lives = 0;
  /** It has said that it is ready. */
  isUp = false;
  /** What its lives have written to stderr. */
  said = '';
  readonly #plan: () => Life;
  #child: ChildProcess | undefined;
  #stopped = false;
  #living: Promise<void> = Promise.resolve();

  constructor(plan: () => Life) {
    this.#plan = plan;
  }

  /** Resolves when it says for the first time that it is ready: by whatever it writes to stdout. */
  async start(): Promise<void> {
    await new Promise<void>((ready, failed) => {
      this.#living = this.#live(ready, () => failed(new Error(`It does not start: ${this.said}`)));
    });
  }

  async #live(ready: () => void, failed: () => void): Promise<void> {
    while (!this.#stopped) {
      const { args, after } = this.#plan();
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '', RETHREAD_UPSTREAM_KEY: 'sk-soak' },
      });
      this.#child = child;
      this.lives += 1;
      const orphaned = () => child.kill('SIGKILL');
      process.once('exit', orphaned);
      child.stderr.on('data', (chunk) => {
        this.said += chunk;
      });
      const ended = once(child, 'exit');
      const up = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
      this.isUp = up;
      if (up) ready();
      const timer = after === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), after);
      const [, signal] = await ended;
      this.isUp = false;
      clearTimeout(timer);
      process.off('exit', orphaned);
      if (signal === 'SIGKILL') this.kills += 1;
      // One that was killed over its start is not meant, nor one whose store is away.
      if (!up && signal === null && this.lives === 1) return failed();
      if (!up) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#child?.kill('SIGTERM');
    await this.#living;
  }
}

/** A program that is asked at a port, which it keeps in all its lives. */
export class Service extends Program {
  readonly url: string;

  private constructor(port: number, plan: () => Life) {
    super(plan);
    this.url = `http://127.0.0.1:${port}/v1`;
  }

  /** @param plan for each life the point at which it ends (0: none), and after how many ms it is killed whatever it does */
  static async start(
    { programs, gateway }: { programs: Bundles; gateway: GatewayOptions },
    plan: () => { diesAt: number; after?: number },
  ): Promise<Service> {
    const port = await freePort();
    return ready(
      new Service(port, () => {
        const { diesAt, after } = plan();
        const options: ServiceOptions = { port, diesAt, gateway };
        return { args: [programs.service, JSON.stringify(options)], after };
      }),
    );
  }

  /** `rethread serve`. */
  static async serve(place: Place, ...flags: string[]): Promise<Service> {
    const port = await freePort();
    const args = [
      place.programs.rethread,
      'serve',
      '--auth',
      'none',
      '--port',
      String(port),
      ...flags,
      ...shared(place),
    ];
    return ready(new Service(port, () => ({ args })));
  }
}

interface Place {
  programs: Bundles;
  gateway: GatewayOptions;
}

/** `rethread worker`. */
export function worker(place: Place): Promise<Program> {
  const args = [place.programs.rethread, 'worker', ...shared(place)];
  return ready(new Program(() => ({ args })));
}

/** The flags that gateways and their workers have in common. */
function shared({ gateway }: Place): string[] {
  const flags = {
    store: gateway.store,
    queue: gateway.queue,
    namespace: gateway.namespace,
    upstream: gateway.upstream,
    'recover-after': gateway.recoverAfter,
    'run-expiry': gateway.runExpiry,
    'drain-timeout': 5,
    'log-level': 'warn',
  };
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

async function ready<P extends Program>(program: P): Promise<P> {
  await program.start();
  return program;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
