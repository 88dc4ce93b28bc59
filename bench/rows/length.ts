/** Adding a message, listing the newest 20 and starting a run, by how long the thread is; on every engine. */
import { join } from 'node:path';
import type { Domain } from '../../src/assistants/domain.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import { createSimulator, say } from '../../src/simulator/index.ts';
import { conversation, type Model } from '../conversation.ts';
import { clearLater, temporaryFolder } from '../leftovers.ts';
import { inTurns, ratio, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';
import { namespace, serviceUrls } from './services.ts';

const SHORT = 10;
/** Where 20 are listed, the reference has as many to list. */
const LISTED = 20;
const LONG = [1_000, Number(process.env.LENGTH ?? 100_000)];
const ROUNDS = 200;
/** Rounds after which a thread of ten messages has too many, and another takes its place. */
const KEPT = 10;
const TENANT = 'local';

/** About as long as messages are. */
const QUESTION = 'Which of the two did you say is the better one for a small garden with heavy soil? ';
const ANSWER = 'The second: it does not mind wet feet, and stays under two metres. '.repeat(5);

export async function lengthRows(): Promise<Row[]> {
  const folder = temporaryFolder();
  const wanted = process.env.STORES?.split(',');
  const stores: [name: string, url: string][] = [
    ['memory', 'memory:'],
    ['file', `file:${join(folder, 'file')}`],
    ['SQLite', `sqlite://${join(folder, 'rethread.sqlite')}`],
    ...(await serviceUrls()),
  ];
  const rows: Row[] = [];
  for (const [name, url] of stores) {
    if (!wanted || wanted.includes(name)) rows.push(...(await rowsOf(name, url)));
  }
  return rows;
}

async function rowsOf(name: string, url: string): Promise<Row[]> {
  const engine = createEngine({ store: url, namespace });
  const client = clientOf(engine);
  const store = await engine.open();
  // Before what it holds is cleared away: nothing is written after that.
  clearLater(() => engine.close(0));
  const domain: Domain = {
    tenant: TENANT,
    store: store.scoped(TENANT),
    now: Date.now,
    runExpiry: 600,
    declared: {},
  };
  const model = await client.modelConversation();
  const long = new Map<number, string>();
  for (const length of LONG) {
    process.stderr.write(`  ${name}: writing a thread of ${length.toLocaleString('en')} messages\n`);
    long.set(length, await conversation(domain, model, length));
  }
  process.stderr.write(`  ${name}: measuring\n`);
  const rows: Row[] = [];
  for (const [operation, work] of Object.entries(client.operations)) {
    const length = operation.startsWith('listing') ? LISTED : SHORT;
    let short = '';
    let round = 0;
    const contenders: Record<string, () => Promise<unknown>> = {
      short: async () => {
        if (round++ % KEPT === 0) {
          short = await conversation(domain, model, length);
          // As the long ones have been used before.
          await work(short);
        }
        return work(short);
      },
    };
    for (const [many, thread] of long) contenders[many] = () => work(thread);
    const times = await inTurns(contenders, ROUNDS);
    const reference = times.short as number[];
    for (const many of LONG) {
      rows.push({
        what: `${operation}, ${many.toLocaleString('en')} messages, ${name}`,
        reference: `${length} messages`,
        base: ms(summary(reference)),
        ratio: ratio(times[many] as number[], reference),
        target: { most: 1.2 },
      });
    }
  }
  await engine.close(1_000);
  return rows;
}

/** Who asks the engine, and notes when it goes upstream. */
function clientOf(engine: Engine) {
  const simulator = createSimulator({ defaultScript: () => say(ANSWER) });
  let wentUpstream = 0;
  const caller = {
    baseURL: 'http://simulator.test/v1',
    headers: { authorization: 'Bearer sk-bench' },
    query: {},
    fetch: async (...request: Parameters<typeof fetch>) => {
      wentUpstream = performance.now();
      return (simulator.fetch as typeof fetch)(...request);
    },
    fetchOptions: {},
  };
  const call = async (method: string, path: string, body?: unknown) => {
    const request = new Request(`http://rethread.test/v1${path}`, {
      method,
      headers: {
        'openai-beta': 'assistants=v2',
        'content-type': 'application/json',
        // What waits for a run is held until it has ended.
        'x-stainless-poll-helper': 'true',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await engine.handle(request, { tenant: TENANT, caller });
    const json = (await answer.json()) as { id: string; status?: string; error?: { message: string } };
    if (answer.status !== 200) throw new Error(json.error?.message);
    return json;
  };
  const timed = async (...asked: Parameters<typeof call>) => {
    const began = performance.now();
    await call(...asked);
    return performance.now() - began;
  };
  let assistant: Promise<string> | undefined;
  /** Carries a run out; gives its id, and the milliseconds until it went upstream. */
  const run = async (thread: string) => {
    assistant ??= call('POST', '/assistants', { model: 'gpt-4o', instructions: 'Be brief.' }).then(
      ({ id }) => id,
    );
    const assistant_id = await assistant;
    const began = performance.now();
    const { id } = await call('POST', `/threads/${thread}/runs`, {
      assistant_id,
      truncation_strategy: { type: 'last_messages', last_messages: 4 },
    });
    const took = wentUpstream - began;
    const { status } = await call('GET', `/threads/${thread}/runs/${id}`);
    if (status !== 'completed') throw new Error(`The run is ${status}.`);
    simulator.reset();
    return { id, took };
  };
  const question = { role: 'user', content: QUESTION };
  return {
    async modelConversation(): Promise<Model> {
      const { id: threadId } = await call('POST', '/threads', {});
      const { id: questionId } = await call('POST', `/threads/${threadId}/messages`, question);
      const { id: runId } = await run(threadId);
      return { threadId, questionId, runId };
    },
    operations: {
      'adding a message': (thread: string) => timed('POST', `/threads/${thread}/messages`, question),
      'listing the newest 20': (thread: string) => timed('GET', `/threads/${thread}/messages?limit=20`),
      "a run's way to the upstream": async (thread: string) => (await run(thread)).took,
    } satisfies Record<string, (thread: string) => Promise<number>>,
  };
}
