/** Which servers the tests can reach. A test that needs one is skipped with a reason, but fails under CI. */
import { connect } from 'node:net';
import { describe, it } from 'vitest';

export interface Service {
  readonly name: string;
  readonly url: string;
  /** why it can't be used; undefined when it can */
  readonly missing: string | undefined;
}

export const redis = await look('Redis', process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 6379);

export const postgres = await look(
  'PostgreSQL',
  process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test',
  5432,
);

/** `describe` for tests that need a server. */
export function describeWith(service: Service, name: string, body: () => void): void {
  const { missing } = service;
  if (missing === undefined) {
    describe(name, body);
  } else if (process.env['CI']) {
    describe(name, () => {
      it(`needs ${service.name}`, () => {
        throw new Error(missing);
      });
    });
  } else {
    console.warn(`skipped: ${name}: ${missing}`);
    describe.skip(name, body);
  }
}

async function look(name: string, url: string, defaultPort: number): Promise<Service> {
  const { hostname, port } = new URL(url);
  const address = `${hostname}:${port || defaultPort}`;
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || defaultPort), timeout: 1000 });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
  return { name, url, missing: answers ? undefined : `no ${name} at ${address}` };
}
