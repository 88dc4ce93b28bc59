/** Where settings come from, and which of them wins: code, then RETHREAD_* variables, then files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Assistants, createAssistants, type RethreadOptions, withAssistants } from '../../src/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { newest } from '../surface/clients.ts';

let directory: string;
const open: Assistants[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rethread-options-'));
  vi.spyOn(process, 'cwd').mockReturnValue(directory);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((assistants) => assistants.close()));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

const file = (name: string, content: unknown) =>
  writeFile(path.join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));

function client(options: RethreadOptions = {}) {
  const sim = createSimulator();
  const assistants = createAssistants({ store: 'memory:', log: () => {}, ...options });
  open.push(assistants);
  const made = withAssistants(
    new newest.SDK({
      apiKey: 'sk-sim',
      baseURL: 'http://simulator.test/v1',
      fetch: sim.fetch as typeof fetch,
    }),
    assistants,
  );
  return { sim, beta: made.beta };
}

/** Seconds that a run has (§2.1). */
async function runExpiry(options: RethreadOptions = {}): Promise<number> {
  const { beta } = client(options);
  const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
  const run = await beta.threads.createAndRun({ assistant_id });
  return (run.expires_at ?? 0) - run.created_at;
}

describe('a setting', () => {
  test('has its default where nobody sets it', async () => {
    expect(await runExpiry()).toBe(600);
  });

  test('comes from the file, over it from the environment, over both from the code', async () => {
    await file('rethread.config.json', { runExpiry: 100 });
    expect(await runExpiry()).toBe(100);
    vi.stubEnv('RETHREAD_RUN_EXPIRY', '200');
    expect(await runExpiry()).toBe(200);
    expect(await runExpiry({ runExpiry: 300 })).toBe(300);
  });

  test.each([
    ['rethread.config.ts', 'export default { runExpiry: 60 + (60 as number) };'],
    ['rethread.config.js', 'module.exports = { runExpiry: 120 };'],
    ['rethread.config.mjs', 'export default { runExpiry: 120 };'],
  ])('may be written in %s', async (name, content) => {
    await file(name, content);
    expect(await runExpiry()).toBe(120);
  });

  test('undefined in the code is as if it were not there', async () => {
    vi.stubEnv('RETHREAD_RUN_EXPIRY', '200');
    expect(await runExpiry({ runExpiry: undefined } as unknown as RethreadOptions)).toBe(200);
  });

  test('an empty variable is none', async () => {
    vi.stubEnv('RETHREAD_RUN_EXPIRY', '');
    expect(await runExpiry()).toBe(600);
  });
});

describe('background', () => {
  test.each([
    ['code', async () => ({ background: true })],
    ['the environment', async () => void vi.stubEnv('RETHREAD_BACKGROUND', 'true')],
    ['the file', async () => void (await file('rethread.config.json', { background: true }))],
  ])('is turned on by %s', async (_, given) => {
    const { sim, beta } = client((await given()) ?? {});
    const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
    await beta.threads.createAndRunPoll({ assistant_id });
    expect(sim.responsesRequests[0]?.body).toMatchObject({ background: true, store: true });
  });
});

describe('models and assistants', () => {
  test('are merged, entry by entry', async () => {
    await file('rethread.config.json', { models: { old: 'from-file', older: 'gpt-4o' } });
    vi.stubEnv('RETHREAD_MODELS', '{"old":"gpt-4o-mini"}');
    const { sim, beta } = client({ models: { oldest: 'gpt-4.1' } });
    for (const model of ['old', 'older', 'oldest']) {
      const { id: assistant_id } = await beta.assistants.create({ model, instructions: 'x' });
      await beta.threads.createAndRunPoll({ assistant_id });
    }
    expect(sim.responsesRequests.map(({ body }) => body.model)).toEqual(['gpt-4o-mini', 'gpt-4o', 'gpt-4.1']);
  });

  test('rethread.assistants.json declares the entries that have a model; rethread.config wins over it', async () => {
    await file('rethread.assistants.json', {
      asst_filled: { model: 'gpt-4o', name: 'Filled' },
      asst_both: { model: 'gpt-4o', name: 'From the list' },
      asst_open: { model: null, name: 'To be filled in' },
      _: 'written by rethread migrate',
    });
    await file('rethread.config.json', {
      assistants: { asst_both: { model: 'gpt-4o', name: 'From the config' } },
    });
    const { beta } = client();
    expect((await beta.assistants.retrieve('asst_filled')).name).toBe('Filled');
    expect((await beta.assistants.retrieve('asst_both')).name).toBe('From the config');
    await expect(beta.assistants.retrieve('asst_open')).rejects.toMatchObject({ status: 404 });
  });
});

describe('a key of rethread.assistants.json in braces', () => {
  test('stands for the id that this environment variable has', async () => {
    await file('rethread.assistants.json', {
      '${TUTOR_ID}': { model: 'gpt-4o', name: 'Tutor' },
      '${UNSET_ID}': { model: 'gpt-4o', name: 'Nobody' },
    });
    vi.stubEnv('TUTOR_ID', 'asst_tutor');
    const { beta } = client();
    expect((await beta.assistants.retrieve('asst_tutor')).name).toBe('Tutor');
    expect((await beta.assistants.list()).data).toHaveLength(1);
  });
});

describe('a setting that cannot be used', () => {
  test.each([
    ['rethread.config.json', '{"runExpiry":-1}', /rethread\.config\.json: runExpiry: /],
    ['rethread.config.json', '{"sotre":"memory:"}', /rethread\.config\.json: 'sotre': no such option/],
    ['rethread.config.ts', 'export default {', /rethread\.config: /],
    ['rethread.assistants.json', '{', /rethread\.assistants\.json: /],
    [
      'rethread.assistants.json',
      '{"asst_1":{"model":"gpt-4o","temperature":9}}',
      /rethread\.assistants\.json: assistants\.asst_1\.temperature/,
    ],
  ])('in %s is told in the answer, which is not asked for again', async (name, content, message) => {
    await file(name, content);
    const { beta } = client();
    const error = await beta.threads.create({}, { maxRetries: 2 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 500, type: 'server_error' });
    expect((error as Error).message).toMatch(message);
    expect((error as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
  });

  test.each([
    ['RETHREAD_CONCURRENCY', 'many', /RETHREAD_CONCURRENCY: concurrency: /],
    ['RETHREAD_MODELS', '{old}', /RETHREAD_MODELS: expected JSON/],
    ['RETHREAD_BUSY_THREAD', 'wait', /RETHREAD_BUSY_THREAD: busyThread: /],
    [
      'RETHREAD_STREAM_EVENT_IDS',
      'perhaps',
      /RETHREAD_STREAM_EVENT_IDS: streamEventIds: expected true or false/,
    ],
    ['RETHREAD_BACKGROUND', 'perhaps', /RETHREAD_BACKGROUND: background: expected true or false/],
  ])('in %s names the variable', async (name, value, message) => {
    vi.stubEnv(name, value);
    await expect(client().beta.threads.create()).rejects.toThrow(message);
  });

  test('is looked at again by the next request', async () => {
    await file('rethread.config.json', '{"runExpiry":-1}');
    const { beta } = client();
    await expect(beta.threads.create()).rejects.toMatchObject({ status: 500 });
    await rm(path.join(directory, 'rethread.config.json'));
    expect((await beta.threads.create()).object).toBe('thread');
  });
});
