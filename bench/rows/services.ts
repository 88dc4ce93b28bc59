/** The servers that rows on Redis and PostgreSQL need; those that do not answer are left out, which is said. */
import { connect } from 'node:net';
import { dropKeys, dropTable } from '../../test/store/helpers/clean.ts';
import { clearLater } from '../leftovers.ts';

const { REDIS_URL = 'redis://127.0.0.1:6379', DATABASE_URL = 'postgres://postgres@127.0.0.1:5432/test' } =
  process.env;

/** A namespace of this benchmark's own, which is emptied when it ends. */
export const namespace = `bench_${process.pid}`;

const SERVICES = [
  { name: 'Redis', url: REDIS_URL, clear: dropKeys },
  { name: 'PostgreSQL', url: DATABASE_URL, clear: dropTable },
] as const;

/** To be opened with {@link namespace}. */
export async function serviceUrls(): Promise<[name: string, url: string][]> {
  const found: [string, string][] = [];
  for (const { name, url, clear } of SERVICES) {
    if (await answers(new URL(url))) {
      clearLater(() => clear(url, namespace));
      found.push([name, url]);
    } else process.stderr.write(`${name} does not answer at ${new URL(url).host}: its rows are left out.\n`);
  }
  return found;
}

function answers({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
