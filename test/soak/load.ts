/** Clients that all at once ask several processes for runs and messages on the same threads (§2.1, §2.9 #1, #2). */
import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import { type Acknowledged, checkThread } from './check-thread.ts';
import { type Answer, ask, type Failure } from './services.ts';

export interface Figures {
  attempts: number;
  runs: number;
  messages: number;
  refused: number;
  seconds: number;
}

export interface Load {
  attempts: number;
  threads: number;
  /** Requests that are under way at the same time. */
  atOnce: number;
  /** What goes on meanwhile: there are more attempts until it is over. */
  meanwhile?: (() => Promise<void>) | undefined;
  /** Told of answers after which a client asks again. */
  tell?: ((failure: Failure) => void) | undefined;
}

const REFUSED =
  /already has an active run run_\w+\.$|^Can't add messages to thread_\w+ while a run run_\w+ is active\.$/;

/** Puts processes under load, and checks afterwards that all is as it was acknowledged. */
export async function load(
  services: readonly { url: string }[],
  { attempts, threads, atOnce, meanwhile, tell }: Load,
): Promise<Figures> {
  const began = performance.now();
  const messages = new Map<string, Acknowledged>();
  const runs = new Set<string>();
  let refused = 0;
  let made = 0;
  let over = false;

  const ok = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(services, method, path, body, tell);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  };
  const { id: plain } = await ok('POST', '/assistants', { model: 'gpt-4o', instructions: 'Be brief.' });
  const { id: looking } = await ok('POST', '/assistants', {
    model: 'gpt-4o',
    instructions: 'Look first.',
    tools: [{ type: 'function', function: { name: 'look' } }],
  });
  const ids: string[] = await Promise.all(
    Array.from({ length: threads }, async () => (await ok('POST', '/threads', {})).id),
  );

  const actor = async () => {
    while (made < attempts || !over) await attempt(ids[randomInt(threads)] as string, made++);
  };
  await Promise.all([
    (meanwhile?.() ?? Promise.resolve()).finally(() => {
      over = true;
    }),
    ...Array.from({ length: atOnce }, actor),
  ]);
  const found = new Set<string>();
  for (const id of ids) {
    for (const one of await checkThread(services, id, messages)) found.add(one);
    await checkFree(id);
  }
  expect([...runs, ...messages.keys()].filter((one) => !found.has(one))).toEqual([]);
  const seconds = Math.round((performance.now() - began) / 1000);
  return { attempts: made, runs: runs.size, messages: messages.size, refused, seconds };

  async function attempt(threadId: string, number: number): Promise<void> {
    const kind = randomInt(8);
    if (kind < 4) return sendMessage(threadId, `message ${number}`);
    if (kind < 6) return startRun(threadId);
    return kind === 6 ? streamRun(threadId) : runWithTool(threadId);
  }

  /** The body of an answer, unless the thread was busy. */
  function accepted({ status, body }: Answer) {
    if (status === 200) return body;
    expect(body.error.message).toMatch(REFUSED);
    refused += 1;
    return undefined;
  }

  async function sendMessage(threadId: string, text: string): Promise<void> {
    const sent = performance.now();
    const content = { role: 'user', content: text };
    if (accepted(await ask(services, 'POST', `/threads/${threadId}/messages`, content, tell)))
      messages.set(text, { sent, answered: performance.now() });
  }

  async function startRun(threadId: string, assistant_id = plain) {
    const path = `/threads/${threadId}/runs`;
    const run = accepted(await ask(services, 'POST', path, { assistant_id }, tell));
    if (run) runs.add(run.id);
    return run;
  }

  async function streamRun(threadId: string): Promise<void> {
    const body = { assistant_id: plain, stream: true };
    const text = accepted(await ask(services, 'POST', `/threads/${threadId}/runs`, body, tell));
    if (text === undefined) return;
    const [, id = ''] = /^event: thread\.run\.completed\ndata: {"id":"(run_\w+)"/m.exec(text) ?? [];
    expect(text).toContain(`event: thread.run.completed\ndata: {"id":"${id}"`);
    expect(text).toMatch(/event: done\ndata: \[DONE\]\n\n$/);
    runs.add(id);
  }

  async function runWithTool(threadId: string): Promise<void> {
    let run = await startRun(threadId, looking);
    if (!run) return;
    const path = `/threads/${threadId}/runs/${run.id}`;
    while (['queued', 'in_progress'].includes(run.status)) run = await ok('GET', path);
    expect(run).toMatchObject({ status: 'requires_action', last_error: null });
    const tool_outputs = run.required_action.submit_tool_outputs.tool_calls.map(({ id }: { id: string }) => ({
      tool_call_id: id,
      output: 'seen',
    }));
    await ok('POST', `${path}/submit_tool_outputs`, { tool_outputs });
  }

  /** A thread that is at rest takes a message, and a run that ends. */
  async function checkFree(threadId: string): Promise<void> {
    await ok('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'The last one' });
    const text = await ok('POST', `/threads/${threadId}/runs`, { assistant_id: plain, stream: true });
    expect(text).toContain('event: thread.run.completed\n');
  }
}
