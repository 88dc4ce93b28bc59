/** Processes that are killed at random points of runs; afterwards nothing that was acknowledged is lost or doubled. */
import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import { keys } from '../../src/assistants/domain.ts';
import type { RunRecord } from '../../src/assistants/runs.ts';
import { Service } from './programs.ts';
import { type Answer, ask, ground, type Kind } from './services.ts';

export interface Figures {
  kills: number;
  runs: number;
  messages: number;
  seconds: number;
}

interface Kept {
  threadId: string;
  /** Texts of messages in the order in which they were acknowledged. */
  texts: string[];
  runs: string[];
}

const PATIENCE_MS = 60_000;

const GOING = new Set(['queued', 'in_progress', 'cancelling']);

/** Every error is the test's: the message says which answer it was. */
function must({ status, body }: Answer): Answer['body'] {
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/**
 * @param least kills that are waited for
 * @param clients threads that are at work at the same time
 */
export async function withstandKills(
  kind: Kind,
  least: number,
  clients: number,
  processes = 2,
): Promise<Figures> {
  const began = performance.now();
  const place = await ground(kind);
  const plan = () =>
    randomInt(3) === 0
      ? { diesAt: 0, after: randomInt(20, 1200) }
      : { diesAt: randomInt(1, 60), after: 4000 };
  let calm = false;
  /** Runs that wait for processes that live on. */
  let spared = 0;
  const services = await Promise.all(
    Array.from({ length: processes }, () =>
      Service.start(place, () => (calm || spared > 0 ? { diesAt: 0 } : plan())),
    ),
  );
  const kills = () => services.reduce((sum, service) => sum + service.kills, 0);

  try {
    const { id: assistant_id } = must(
      await ask(services, 'POST', '/assistants', {
        model: 'gpt-4o',
        tools: [{ type: 'function', function: { name: 'look' } }],
      }),
    );
    const kept = await Promise.all(
      Array.from({ length: clients }, async (_, client) => converse(client, assistant_id)),
    );
    calm = true;
    for (const thread of kept) await check(thread, assistant_id);
    return {
      kills: kills(),
      runs: kept.reduce((sum, { runs }) => sum + runs.length, 0),
      messages: kept.reduce((sum, { texts }) => sum + texts.length, 0),
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } finally {
    calm = true;
    await Promise.all(services.map((service) => service.stop()));
    await place.clear();
  }

  async function converse(client: number, assistant_id: string): Promise<Kept> {
    const { id: threadId } = must(await ask(services, 'POST', '/threads', {}));
    const kept: Kept = { threadId, texts: [], runs: [] };
    for (let round = 0; round === 0 || kills() < least; round++) {
      const text = `message ${client}.${round}`;
      must(await ask(services, 'POST', `/threads/${threadId}/messages`, { role: 'user', content: text }));
      kept.texts.push(text);
      const run = must(await ask(services, 'POST', `/threads/${threadId}/runs`, { assistant_id }));
      kept.runs.push(run.id);
      const waiting = await onItsOwn(threadId, run.id);
      expect(waiting.status).toBe('requires_action');
      const tool_outputs = waiting.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => ({
        tool_call_id: id,
        output: 'seen',
      }));
      const submitted = await ask(
        services,
        'POST',
        `/threads/${threadId}/runs/${run.id}/submit_tool_outputs`,
        { tool_outputs },
      );
      must(submitted);
      const ended = await onItsOwn(threadId, run.id, waiting.status);
      expect(ended).toMatchObject({ status: 'completed', last_error: null });
    }
    return kept;
  }

  /**
   * Where the run comes to without being asked about: its record is looked at in the store. One whose every process is
   * killed over it gets nowhere; after a while processes that are started live on, and then it has to.
   */
  async function onItsOwn(threadId: string, runId: string, but = '') {
    const began = Date.now();
    let isSpared = false;
    try {
      for (;;) {
        const record = await place.data.get<RunRecord>(keys.run(threadId, runId));
        if (record && !GOING.has(record.run.status) && record.run.status !== but) return record.run;
        if (!isSpared && Date.now() > began + PATIENCE_MS) {
          isSpared = true;
          spared += 1;
        }
        if (Date.now() > began + 2 * PATIENCE_MS)
          throw new Error(`${runId} hangs as ${record?.run.status ?? 'nothing at all'}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      if (isSpared) spared -= 1;
    }
  }

  async function check({ threadId, texts, runs }: Kept, assistant_id: string): Promise<void> {
    const list = async (what: string) => {
      const all: {
        id: string;
        role: string;
        run_id: string;
        content: { text: { value: string } }[];
        status: string;
      }[] = [];
      for (let after = ''; ; ) {
        const page = must(
          await ask(services, 'GET', `/threads/${threadId}/${what}?order=asc&limit=100${after}`),
        );
        all.push(...page.data);
        if (!page.has_more) return all;
        after = `&after=${page.last_id}`;
      }
    };
    const messages = await list('messages');
    // Each question once, in its place, and each answer once after its question.
    expect(messages.map(({ content }) => content[0]?.text.value)).toEqual(
      texts.flatMap((text) => [text, `Answer to ${text}`]),
    );
    expect(messages.filter(({ role }) => role === 'assistant').map(({ run_id }) => run_id)).toEqual(runs);
    const listed = await list('runs');
    expect(listed.map(({ id }) => id)).toEqual(runs);
    expect(new Set(listed.map(({ status }) => status))).toEqual(
      new Set(runs.length > 0 ? ['completed'] : []),
    );
    // The thread is free.
    const last = must(await ask(services, 'POST', `/threads/${threadId}/runs`, { assistant_id }));
    const cancelled = await ask(services, 'POST', `/threads/${threadId}/runs/${last.id}/cancel`);
    // It, too, may have been taken by a process that died before it could say so (§2.5).
    if (cancelled.body.error?.message !== "Cannot cancel run with status 'cancelled'.") must(cancelled);
  }
}
