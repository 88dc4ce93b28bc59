/** Adding a message, listing the newest 20 and starting a run, by how long the thread is; on every engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Domain, keys, locks } from '../../src/assistants/domain.ts';
import { placeMessages } from '../../src/assistants/messages.ts';
import { createThread } from '../../src/assistants/threads.ts';
import { createAssistants } from '../../src/index.ts';
import { createSimulator, say } from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import { inTurns, ratio, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';
import { serviceUrls } from './services.ts';

const LENGTHS = [10, 1_000, 100_000] as const;
/** Messages written at once while a thread is filled. */
const BATCH = 1_000;
const ROUNDS = 60;

export async function lengthRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rethread-bench-'));
  const namespace = `bench_${process.pid}`;
  const engines: [string, string][] = [
    ['memory', 'memory:'],
    ['file', `file:${join(folder, 'file')}`],
    ['SQLite', `sqlite://${join(folder, 'rethread.sqlite')}`],
    ...(await serviceUrls()),
  ];
  const rows: Row[] = [];
  for (const [name, url] of engines) {
    process.stderr.write(`  ${name}\n`);
    rows.push(...(await rowsOf(name, url, namespace)));
  }
  rmSync(folder, { recursive: true, force: true });
  return rows;
}

async function rowsOf(name: string, url: string, namespace: string): Promise<Row[]> {
  const store = await openStore(url, { namespace });
  const domain: Domain = {
    tenant: 'local',
    store: store.scoped('local'),
    now: Date.now,
    runExpiry: 600,
    declared: {},
  };
  const simulator = createSimulator({ defaultScript: () => say('Hi') });
  const assistants = createAssistants({
    store: store as never,
    upstream: {
      baseURL: 'http://simulator.test/v1',
      apiKey: 'sk-bench',
      fetch: simulator.fetch as typeof fetch,
    },
  });
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await assistants.fetch(
      new Request(`http://rethread.test/v1${path}`, {
        method,
        headers: { 'openai-beta': 'assistants=v2', 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const json = (await answer.json()) as { id: string; status?: string; error?: { message: string } };
    if (answer.status !== 200) throw new Error(json.error?.message);
    return json;
  };
  const { id: assistant_id } = await call('POST', '/assistants', {
    model: 'gpt-4o',
    instructions: 'Be brief.',
  });
  const threads = new Map<number, string>();
  for (const length of LENGTHS) threads.set(length, await filled(domain, length));

  const started = async (thread: string) => {
    const began = performance.now();
    const { id } = await call('POST', `/threads/${thread}/runs`, {
      assistant_id,
      truncation_strategy: { type: 'last_messages', last_messages: 4 },
    });
    const took = performance.now() - began;
    let status: string | undefined = 'queued';
    while (status === 'queued' || status === 'in_progress') {
      ({ status } = await call('GET', `/threads/${thread}/runs/${id}`));
    }
    if (status !== 'completed') throw new Error(`The run is ${status}.`);
    return took;
  };
  const operations: Record<string, (thread: string) => Promise<unknown>> = {
    'adding a message': (thread) =>
      call('POST', `/threads/${thread}/messages`, { role: 'user', content: 'hi' }),
    'listing the newest 20': (thread) => call('GET', `/threads/${thread}/messages?limit=20`),
    'starting a run': started,
  };
  const rows: Row[] = [];
  for (const [operation, work] of Object.entries(operations)) {
    const times = await inTurns(
      Object.fromEntries(LENGTHS.map((length) => [length, () => work(threads.get(length) as string)])),
      ROUNDS,
    );
    const short = times[LENGTHS[0]] as number[];
    for (const length of LENGTHS.slice(1)) {
      rows.push({
        what: `${operation}, ${length.toLocaleString('en')} messages, ${name}`,
        reference: '10 messages',
        base: ms(summary(short)),
        ratio: ratio(times[length] as number[], short),
        target: { most: 1.2 },
      });
    }
  }
  await assistants.close();
  await store.close().catch(() => {});
  return rows;
}

/** A thread of that length, written the way the API writes it, many messages at a time. */
async function filled(domain: Domain, length: number): Promise<string> {
  const { id } = await createThread(domain, {}, []);
  for (let done = 0; done < length; done += BATCH) {
    const params = Array.from({ length: Math.min(BATCH, length - done) }, (_, at) => ({
      role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: `Message ${done + at} of a thread that has been going on for a while.`,
    }));
    await domain.store.lock(locks.thread(id), async () => {
      const { writes } = await placeMessages(domain, id, params);
      await domain.store.setMany(writes);
    });
  }
  if (!(await domain.store.get(keys.thread(id)))) throw new Error('The thread is not there.');
  return id;
}
