/** Four processes that are asked all at once for runs and messages on the same threads (§2.1, §2.9 #1, #2). */
import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import { ask, ground, type Kind, Service } from './services.ts';

export interface Figures {
  attempts: number;
  runs: number;
  messages: number;
  refused: number;
  seconds: number;
}

/** A message that was acknowledged. */
interface Acknowledged {
  sent: number;
  answered: number;
}

interface Listed {
  id: string;
  role: string;
  run_id: string | null;
  content: { text: { value: string } }[];
}

const REFUSED =
  /already has an active run run_\w+\.$|^Can't add messages to thread_\w+ while a run run_\w+ is active\.$/;

/** @param atOnce requests that are under way at the same time */
export async function contend(
  kind: Kind,
  attempts: number,
  threads: number,
  atOnce: number,
  processes = 4,
): Promise<Figures> {
  const began = performance.now();
  const place = await ground(kind);
  const services = await Promise.all(
    Array.from({ length: processes }, () => Service.start(place, () => ({ diesAt: 0 }))),
  );
  const messages = new Map<string, Acknowledged>();
  const runs = new Set<string>();
  /** What the lists show in the end. */
  const found = new Set<string>();
  let refused = 0;

  try {
    const { body: assistant } = await ask(services, 'POST', '/assistants', {
      model: 'gpt-4o',
      instructions: 'Be brief.',
    });
    const ids = await Promise.all(
      Array.from(
        { length: threads },
        async () => (await ask(services, 'POST', '/threads', {})).body.id as string,
      ),
    );
    let left = attempts;
    const actor = async () => {
      while (left-- > 0) await attempt(ids[randomInt(threads)] as string, `message ${left}`, assistant.id);
    };
    await Promise.all(Array.from({ length: atOnce }, actor));
    for (const id of ids) await check(id);
    expect([...runs, ...messages.keys()].filter((one) => !found.has(one))).toEqual([]);
    return {
      attempts,
      runs: runs.size,
      messages: messages.size,
      refused,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await place.clear();
  }

  async function attempt(threadId: string, text: string, assistant_id: string): Promise<void> {
    const sent = performance.now();
    const isRun = randomInt(2) === 0;
    const { status, body } = isRun
      ? await ask(services, 'POST', `/threads/${threadId}/runs`, { assistant_id })
      : await ask(services, 'POST', `/threads/${threadId}/messages`, { role: 'user', content: text });
    if (status === 200 && isRun) runs.add(body.id);
    else if (status === 200) messages.set(text, { sent, answered: performance.now() });
    else {
      expect(body.error.message).toMatch(REFUSED);
      refused += 1;
    }
  }

  async function list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for (let after = ''; ; ) {
      const { body } = await ask(services, 'GET', `${path}?order=asc&limit=100${after}`);
      all.push(...body.data);
      if (!body.has_more) return all;
      after = `&after=${body.last_id}`;
    }
  }

  async function check(threadId: string): Promise<void> {
    const path = `/threads/${threadId}/runs`;
    const going = async () =>
      (await list<{ id: string; status: string }>(path)).filter(({ status }) => status !== 'completed');
    await expect.poll(going, { timeout: 60_000, interval: 200 }).toEqual([]);
    const listed = await list<Listed>(`/threads/${threadId}/messages`);
    const started = (await list<{ id: string }>(path)).map(({ id }) => id);
    for (const id of started) found.add(id);
    // One answer for each run, in the order of the runs: no two of them were active at once.
    expect(listed.flatMap(({ role, run_id }) => (role === 'assistant' ? [run_id] : []))).toEqual(started);
    const texts = listed.flatMap(({ role, content }) =>
      role === 'user' ? [content[0]?.text.value ?? ''] : [],
    );
    expect(new Set(texts).size).toBe(texts.length);
    // Who was answered before another asked comes first.
    let latest = 0;
    for (const text of texts) {
      const { sent = latest, answered = Number.POSITIVE_INFINITY } = messages.get(text) ?? {};
      expect(answered).toBeGreaterThan(latest);
      latest = Math.max(latest, sent);
      found.add(text);
    }
  }
}
