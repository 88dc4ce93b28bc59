/**
 * One process that works on one file store, as it is told; what it times are whole requests, from the `Request` to its answer.
 *
 *     open            milliseconds
 *     close
 *     fill <n>        writes so many threads; answers with the ids of two thousand of them
 *     create          milliseconds of one call
 *     retrieve <id>   milliseconds
 *     list [<id>]     milliseconds, for the newest 20 or those after a thread
 *     listAll         goes through all threads, 100 at a time; answers how many there are
 *     memory          bytes that are resident, and how many of them are pages of the store's file
 */
import { readFileSync } from 'node:fs';
import { type Domain, keys, locks } from '../../src/assistants/domain.ts';
import { mintId } from '../../src/assistants/ids.ts';
import { createThread, placeThreads } from '../../src/assistants/threads.ts';
import { createEngine, type Engine } from '../../src/engine.ts';

const { FOLDER = '' } = process.env;
/** Threads that are written in one transaction. */
const BATCH = 1_000;
/** Of how many threads the ids are given back. */
const SAMPLE = 2_000;
const TENANT = 'local';
/** Nothing is asked of the upstream. */
const CALLER = { baseURL: 'http://upstream.test/v1', headers: {}, query: {}, fetch, fetchOptions: {} };

let engine: Engine;
let domain: Domain;

/** As far as that it has answered something. */
async function open(): Promise<void> {
  engine = createEngine({ store: `file:${FOLDER}` });
  const store = await engine.open();
  domain = { tenant: TENANT, store: store.scoped(TENANT), now: Date.now, runExpiry: 600, declared: {} };
  await list();
}

async function call(method: string, path: string): Promise<string> {
  const headers = { 'openai-beta': 'assistants=v2' };
  const body = method === 'POST' ? { body: '{}' } : {};
  const request = new Request(`http://rethread.test/v1${path}`, { method, headers, ...body });
  const answer = await engine.handle(request, { tenant: TENANT, caller: CALLER });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}

const list = (after?: string) => call('GET', `/threads?limit=20${after ? `&after=${after}` : ''}`);

async function fill(count: number): Promise<string[]> {
  const model = await createThread(domain, {});
  const sample: string[] = [];
  for (let left = count - 1; left > 0; left -= BATCH) {
    const threads = Array.from({ length: Math.min(BATCH, left) }, () => ({
      ...model,
      id: mintId('thread_'),
    }));
    const pick = Math.ceil((SAMPLE * threads.length) / count);
    sample.push(...threads.slice(0, pick).map(({ id }) => id));
    await domain.store.lock(locks.list(keys.threads), async () =>
      domain.store.setMany(await placeThreads(domain.store, threads)),
    );
    if ((left - 1) % 100_000 < BATCH) process.stderr.write(`    ${left.toLocaleString('en')} to go\n`);
  }
  return sample;
}

async function listAll(): Promise<number> {
  let seen = 0;
  for (let after = ''; ; ) {
    const page = JSON.parse(await call('GET', `/threads?limit=100${after}`));
    seen += page.data.length;
    after = `&after=${page.last_id}`;
    if (!page.has_more) return seen;
  }
}

/** Of the store's file only what the kernel holds in memory is resident; it may take those pages back at any time. */
function memory(): { resident: number; ofFile: number } {
  const { rss } = process.memoryUsage();
  let ofFile = 0;
  let inFile = false;
  const maps = readFileSync('/proc/self/smaps', 'utf8');
  for (const line of maps.split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inFile = line.endsWith('data.mdb');
    const resident = inFile && /^Rss:\s+(\d+) kB/.exec(line)?.[1];
    if (resident) ofFile += Number(resident) * 1024;
  }
  return { resident: rss, ofFile };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const ANSWERS: Record<string, (argument?: string) => unknown> = {
  open: () => timed(open),
  close: () => engine.close(0).then(() => true),
  fill: (count) => fill(Number(count)),
  create: () => timed(() => call('POST', '/threads')),
  retrieve: (id = '') => timed(() => call('GET', `/threads/${id}`)),
  list: (after) => timed(() => list(after)),
  listAll,
  memory,
};

process.on('message', async (question: string) => {
  const [name = '', argument] = question.split(' ');
  process.send?.(await ANSWERS[name]?.(argument));
});
process.send?.('ready');

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
