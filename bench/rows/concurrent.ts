/**
 * Many streams at once through the gateway, against the same responses through the smallest gateway there is, which hands
 * them on as they are. Both stand in a process of their own before the same upstream, which writes into each delta when
 * it sent it.
 */
import { request } from 'undici';
import { type Child, spawn, summary } from '../measure.ts';
import type { Row } from '../table.ts';

/** Milliseconds over which streams are opened: all at once would measure the opening. */
const RAMP_MS = 2_000;

export async function concurrentRows(): Promise<Row[]> {
  const upstream = await spawn('./servers/clocked.ts');
  const child = await spawn('./servers/gateway.ts', { UPSTREAM: upstream.said });
  const { gateway } = JSON.parse(child.said) as { gateway: string };
  const peer = await spawn('./servers/passthrough.ts', { UPSTREAM: upstream.said });
  const through = await runsOf(gateway);
  const past = responsesOf(peer.said);
  await lateness(20, through);
  // First, while the process holds nothing of earlier streams.
  const rows = [await memoryRow(child, through)];
  await lateness(20, past);
  for (const streams of [1, 100, 1000]) {
    const reference = percentile(await lateness(streams, past), 0.99);
    const late = await lateness(streams, through);
    const shown = (ms: number) => ms / reference;
    const { p10, p90 } = summary(late);
    rows.push({
      what: `${streams} concurrent streams, 5 deltas a second each: latest delta`,
      reference: 'p99 of a pass-through',
      base: `${reference.toFixed(1)} ms`,
      ratio: { median: shown(Math.max(...late)), p10: shown(p10), p90: shown(p90) },
      target: { most: 2 },
    });
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
    bodyTimeout: 60_000,
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

/** Milliseconds from upstream to reader, of every delta of all streams. */
async function lateness(streams: number, open: Open): Promise<number[]> {
  const late: number[] = [];
  const note = (text: string) => {
    const now = performance.timeOrigin + performance.now();
    // A whole text repeats what its deltas said.
    for (const line of text.split('\n')) {
      if (!/[._]delta"|\.delta",/.test(line) || !line.startsWith('data:')) continue;
      const at = /\[(\d{12,}\.?\d*)\]/.exec(line)?.[1];
      if (at) late.push(now - Number(at));
    }
  };
  await Promise.all(
    Array.from({ length: streams }, async (_, number) => {
      await new Promise((resolve) => setTimeout(resolve, (number / streams) * RAMP_MS));
      await open(note);
    }),
  );
  if (late.length < streams) throw new Error(`Only ${late.length} deltas came over ${streams} streams.`);
  return late;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] as number;
}

const TARGET_BYTES = 60 * 1024;

async function memoryRow(child: Child, open: Open): Promise<Row> {
  const before = (await child.ask('memory')) as number;
  const streams = 1000;
  const all = lateness(streams, open);
  await new Promise((resolve) => setTimeout(resolve, RAMP_MS + 1_500));
  const during = (await child.ask('memory')) as number;
  await all;
  const each = Math.max(0, during - before) / streams;
  const value = each / TARGET_BYTES;
  return {
    what: 'memory of the gateway for each of 1 000 open streams',
    reference: '60 KB',
    base: '60 KB',
    ratio: { median: value, p10: value, p90: value },
    target: { most: 1 },
  };
}
