/**
 * Many streams at once through the gateway, against the same responses through the smallest gateway there is, which hands
 * them on as they are. Both stand in a process of their own before the same upstream, which writes into each delta when
 * it sent it.
 */
import { request } from 'undici';
import { type Child, ratio, spawn, summary } from '../measure.ts';
import type { Row } from '../table.ts';

/** Milliseconds over which streams are opened: all at once would measure the opening. */
const RAMP_MS = 2_000;

const ROUNDS = 3;

export async function concurrentRows(): Promise<Row[]> {
  const rows = [await memoryRow()];
  const upstream = await spawn('./servers/clocked.ts');
  const child = await spawn('./servers/gateway.ts', { UPSTREAM: upstream.said });
  const { gateway } = JSON.parse(child.said) as { gateway: string };
  const peer = await spawn('./servers/passthrough.ts', { UPSTREAM: upstream.said });
  const through = await runsOf(gateway);
  const past = responsesOf(peer.said);
  await lateness(20, through);
  await lateness(20, past);
  for (const streams of [1, 100, 1000]) {
    const reference: number[] = [];
    const deltas: number[] = [];
    const latest: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      reference.push(percentile((await lateness(streams, past)).flat(), 0.99));
      const late = await lateness(streams, through);
      deltas.push(percentile(late.flat(), 0.99));
      latest.push(Math.max(...late.map((one) => percentile(one, 0.5))));
    }
    const row = (what: string, values: number[]): Row => ({
      what: `${streams} concurrent streams, 5 deltas a second each: ${what}`,
      reference: 'p99 of a pass-through',
      base: `${summary(reference).median.toFixed(1)} ms`,
      ratio: ratio(values, reference),
      target: { most: 2 },
    });
    rows.push(row('p99 of deltas', deltas), row('latest stream', latest));
  }
  peer.end();
  child.end();
  upstream.end();
  return rows;
}

/** Opens one stream and hands on its text as it comes. */
type Open = (onText: (text: string) => void) => Promise<void>;

async function post(
  url: string,
  headers: Record<string, string>,
  body: object,
  onText: (text: string) => void,
) {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    headersTimeout: 60_000,
    bodyTimeout: 600_000,
  });
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${await answer.body.text()}`);
  for await (const chunk of answer.body) onText(String(chunk));
}

async function runsOf(gateway: string): Promise<Open> {
  const headers = { 'openai-beta': 'assistants=v2' };
  const created = await fetch(`${gateway}/v1/assistants`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', instructions: 'hi' }),
  });
  const { id } = (await created.json()) as { id: string };
  const thread = { messages: [{ role: 'user', content: 'hi' }] };
  return (onText) =>
    post(`${gateway}/v1/threads/runs`, headers, { assistant_id: id, thread, stream: true }, onText);
}

function responsesOf(gateway: string): Open {
  const body = { model: 'gpt-4o', input: 'hi', stream: true };
  return (onText) => post(`${gateway}/v1/responses`, { authorization: 'Bearer sk-bench' }, body, onText);
}

/** Milliseconds from upstream to reader, of every delta, stream by stream. */
async function lateness(streams: number, open: Open): Promise<number[][]> {
  const noteIn = (late: number[]) => (text: string) => {
    const now = performance.timeOrigin + performance.now();
    // A whole text repeats what its deltas said.
    for (const line of text.split('\n')) {
      if (!/[._]delta"|\.delta",/.test(line) || !line.startsWith('data:')) continue;
      const at = /\[(\d{12,}\.?\d*)\]/.exec(line)?.[1];
      if (at) late.push(now - Number(at));
    }
  };
  const all = await Promise.all(
    Array.from({ length: streams }, async (_, number) => {
      await new Promise((resolve) => setTimeout(resolve, (number / streams) * RAMP_MS));
      const late: number[] = [];
      await open(noteIn(late));
      return late;
    }),
  );
  if (all.some((late) => late.length === 0)) throw new Error('A stream brought no deltas.');
  return all;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] as number;
}

const TARGET_BYTES = 60 * 1024;

/** Streams that are open and silent. The first ones, for which V8 makes room and compiles what runs often, are not counted. */
async function memoryRow(): Promise<Row> {
  const upstream = await spawn('./servers/clocked.ts', { PAUSE_MS: '600000' });
  const peer = await spawn('./servers/passthrough.ts', { UPSTREAM: upstream.said });
  const child = await spawn('./servers/gateway.ts', { UPSTREAM: upstream.said });
  const { gateway } = JSON.parse(child.said) as { gateway: string };
  const least = await bytesOfAStream(peer, responsesOf(peer.said));
  const value = (await bytesOfAStream(child, await runsOf(gateway))) / TARGET_BYTES;
  for (const { end } of [child, peer, upstream]) end();
  return {
    what: 'memory of the gateway for each idle stream',
    reference: `60 KB (a pass-through: ${(least / 1024).toFixed(0)} KB)`,
    base: '60 KB',
    ratio: { median: value, p10: value, p90: value },
    target: { most: 1 },
  };
}

async function bytesOfAStream(server: Child, open: Open): Promise<number> {
  /** Resolves when each stream has said something; none of them ends before its server does. */
  const hold = (streams: number) =>
    Promise.all(
      Array.from({ length: streams }, async (_, number) => {
        await new Promise((resolve) => setTimeout(resolve, (number / streams) * RAMP_MS));
        await new Promise<void>((began, failed) => void open(() => began()).catch(failed));
      }),
    );
  await hold(1_500);
  const before = (await server.ask('memory')) as number;
  await hold(1_500);
  return (((await server.ask('memory')) as number) - before) / 1_500;
}
