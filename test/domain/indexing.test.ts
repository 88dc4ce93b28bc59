import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

/** A run of a thread with an attached file; time passes as fast as it is waited for. */
async function searchingRun(options: WorldOptions) {
  world = createWorld(options);
  const file = world.sim.addFile('handbook.txt', 'You have 30 days of holidays.');
  const { assistantId, threadId, runs } = await prepare(world, { tools: [{ type: 'file_search' }] }, [
    {
      role: 'user',
      content: 'How many?',
      attachments: [{ file_id: file.id, tools: [{ type: 'file_search' }] }],
    },
  ]);
  const begun = Date.now();
  const create = world.call('POST', runs, { assistant_id: assistantId });
  let askedAt: number | undefined;
  let done = false;
  const finish = create.then(async ({ body }) => {
    const run = await settledRun(world, threadId, body.id);
    done = true;
    return run;
  });
  while (!done) {
    await vi.advanceTimersByTimeAsync(100);
    if (world.sim.responsesRequests.length > 0) askedAt ??= Date.now() - begun;
  }
  return { run: await finish, askedAt: askedAt ?? Number.NaN, threadId };
}

const looks = () =>
  world.sim.requests.filter(({ method, path }) => method === 'GET' && path.startsWith('/vector_stores/'));

describe('a thread’s vector store that is still being indexed when a run starts (§4.1)', () => {
  it('is waited for', async () => {
    const { run, askedAt } = await searchingRun({ simulator: { indexing: { polls: 4 } } });
    expect(run.status).toBe('completed');
    expect(looks()).toHaveLength(5);
    expect(askedAt).toBeLessThan(60_000);
  });

  it('is waited for no longer than 60 s, then the run starts all the same', async () => {
    const { run, askedAt } = await searchingRun({ simulator: { indexing: { polls: 1_000_000 } } });
    expect(run.status).toBe('completed');
    expect(askedAt).toBeGreaterThanOrEqual(60_000);
    expect(askedAt).toBeLessThan(65_000);
  });

  it('ends no wait of a run that expires meanwhile (§2.6)', async () => {
    const { run } = await searchingRun({ simulator: { indexing: { polls: 1_000_000 } }, runExpiry: 20 });
    expect(run.status).toBe('expired');
    // Past its pauses, nothing is asked for a run that has ended.
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.sim.responsesRequests).toEqual([]);
  });
});

describe('a vector store that has gone (§1.9)', () => {
  it('fails the run with the upstream’s own words', async () => {
    world = createWorld({ maxRetries: 0 });
    vi.useRealTimers();
    const { assistantId, threadId, runs } = await prepare(world, {
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_store_ids: ['vs_gone'] } },
    });
    const { body } = await world.call('POST', runs, { assistant_id: assistantId });
    expect(await settledRun(world, threadId, body.id)).toMatchObject({
      status: 'failed',
      last_error: { code: 'server_error', message: expect.stringContaining("'vs_gone' not found") },
    });
  });
});
