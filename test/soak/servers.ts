/** Servers of Redis and PostgreSQL that belong to one test, to be stopped, killed and started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Service } from '../services.ts';
import { freePort } from './programs.ts';

/** A program on the path, or among those that Debian keeps for each version of PostgreSQL. */
function find(name: string): string | undefined {
  const versions = '/usr/lib/postgresql';
  const places = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...(existsSync(versions) ? readdirSync(versions).map((one) => join(versions, one, 'bin')) : []),
  ];
  return places.map((place) => join(place, name)).find((file) => existsSync(file));
}

/** What a test needs, in the form in which the tests ask for servers. */
function needed(name: string, ...programs: string[]): Service {
  const absent = programs.filter((program) => find(program) === undefined);
  return { name, url: '', missing: absent.length > 0 ? `no ${absent.join(' and no ')} here` : undefined };
}

export const redisServer = needed('redis-server', 'redis-server');
export const postgresServer = needed('a PostgreSQL server', 'initdb', 'postgres');

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
}

export type Stop = 'orderly' | 'killed';

export class Server {
  readonly name: string;
  readonly url: string;
  readonly #run: () => ChildProcess;
  readonly #answers: (url: string) => Promise<unknown>;
  readonly #orderly: NodeJS.Signals;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(
    { name, url, directory }: { name: string; url: string; directory: string },
    run: () => ChildProcess,
    answers: (url: string) => Promise<unknown>,
    orderly: NodeJS.Signals,
  ) {
    this.name = name;
    this.url = url;
    this.#directory = directory;
    this.#run = run;
    this.#answers = answers;
    this.#orderly = orderly;
  }

  /** Answers when what it was told is on the disk. */
  static async redis(): Promise<Server> {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'rethread-redis-'));
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
    const run = () =>
      spawn(find('redis-server') as string, [...args, '--appendonly', 'yes', '--appendfsync', 'always'], {
        stdio: 'ignore',
      });
    const about = { name: 'Redis', url: `redis://127.0.0.1:${port}`, directory };
    return up(new Server(about, run, pingRedis, 'SIGTERM'));
  }

  static async postgres(): Promise<Server> {
    const port = await freePort();
    const user = ordinaryUser();
    const directory = await mkdtemp(join(tmpdir(), 'rethread-postgres-'));
    if (user) await chown(directory, user.uid, user.gid);
    const data = join(directory, 'data');
    execFileSync(
      find('initdb') as string,
      ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--no-instructions'],
      { ...user, cwd: directory, stdio: 'ignore' },
    );
    const args = ['-D', data, '-p', String(port), '-k', directory, '-h', '127.0.0.1'];
    const run = () => spawn(find('postgres') as string, args, { ...user, cwd: directory, stdio: 'ignore' });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    // Its SIGTERM waits for all clients to leave by themselves; SIGINT is what a restart sends.
    return up(new Server({ name: 'PostgreSQL', url, directory }, run, pingPostgres, 'SIGINT'));
  }

  /** Starts it, as often as it takes: what a killed PostgreSQL has left must end first. */
  async up(): Promise<void> {
    for (;;) {
      const child = this.#run();
      this.#child = child;
      process.once('exit', this.#orphaned);
      const ended = once(child, 'exit').then(() => true);
      for (;;) {
        const answered = this.#answers(this.url).then(
          () => true,
          () => false,
        );
        if (await Promise.race([answered, ended.then(() => false)])) return;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  readonly #orphaned = () => this.#child?.kill('SIGKILL');

  async down(how: Stop): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(how === 'orderly' ? this.#orderly : 'SIGKILL');
    await ended;
    process.off('exit', this.#orphaned);
  }

  async clear(): Promise<void> {
    await this.down('orderly');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function up(server: Server): Promise<Server> {
  await server.up();
  return server;
}

async function pingRedis(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    // Refused while it is loading.
    await client.get('ready');
  } finally {
    client.disconnect();
  }
}

async function pingPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => {});
  }
}
