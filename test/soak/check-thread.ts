/** What a thread has to look like after whatever was asked of it. */
import { expect } from 'vitest';
import { ask } from './services.ts';

/** When a message was sent and acknowledged, by one clock. */
export interface Acknowledged {
  sent: number;
  answered: number;
}

interface Message {
  id: string;
  role: string;
  run_id: string | null;
  content: { text: { value: string } }[];
}

interface Run {
  id: string;
  status: string;
  created_at: number;
  completed_at: number;
  last_error: unknown;
}

type Services = readonly { url: string }[];

async function list<T>(services: Services, path: string): Promise<T[]> {
  const all: T[] = [];
  for (let after = ''; ; ) {
    const { status, body } = await ask(services, 'GET', `${path}?order=asc&limit=100${after}`);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    all.push(...body.data);
    if (!body.has_more) return all;
    after = `&after=${body.last_id}`;
  }
}

/**
 * Waits until the thread's runs have ended by themselves, and checks their order and that of the messages.
 * @returns the ids of its runs, and the texts of its users' messages
 */
export async function checkThread(
  services: Services,
  threadId: string,
  acknowledged: ReadonlyMap<string, Acknowledged>,
): Promise<string[]> {
  const going = async () =>
    (await list<Run>(services, `/threads/${threadId}/runs`))
      .filter(({ status }) => status !== 'completed')
      .map(({ id, status, last_error }) => ({ id, status, last_error }));
  await expect.poll(going, { timeout: 60_000, interval: 200 }).toEqual([]);
  const runs = await list<Run>(services, `/threads/${threadId}/runs`);
  const messages = await list<Message>(services, `/threads/${threadId}/messages`);
  const ids = runs.map(({ id }) => id);
  const texts = messages.flatMap(({ role, content }) =>
    role === 'user' ? [content[0]?.text.value ?? ''] : [],
  );
  // No two runs were active at once: each began when the one before had ended, and answered before the next did.
  for (const [at, { created_at }] of runs.entries())
    expect(created_at).toBeGreaterThanOrEqual(runs[at - 1]?.completed_at ?? 0);
  expect(messages.flatMap(({ role, run_id }) => (role === 'assistant' ? [run_id] : []))).toEqual(ids);
  expect(new Set(texts).size).toBe(texts.length);
  checkAnswers(messages);
  // Who was answered before another asked comes first.
  let latest = 0;
  for (const text of texts) {
    const { sent = latest, answered = Number.POSITIVE_INFINITY } = acknowledged.get(text) ?? {};
    expect(answered).toBeGreaterThan(latest);
    latest = Math.max(latest, sent);
  }
  return [...ids, ...texts];
}

/** Each answer is whole, and to the last message before it: nothing came in between while its run was active. */
function checkAnswers(messages: readonly Message[]): void {
  let asked = '';
  for (const { role, content } of messages) {
    const text = content[0]?.text.value;
    if (role === 'user') asked = text ?? '';
    else expect(text).toBe(`Answer to ${asked}`);
  }
}
