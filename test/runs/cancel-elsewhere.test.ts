/** A run that one process carries out is ended through another: by a cancel (§2.5), and by what interrupts it (`--busy-thread interrupt`). */
import { afterEach, expect, it } from 'vitest';
import { describeWith, redis } from '../services.ts';
import { type Program, Service, worker } from '../soak/programs.ts';
import { ask, type Ground, ground, type Kind, WITHOUT_END } from '../soak/services.ts';

const open: { place: Ground; programs: Program[] }[] = [];
afterEach(async () => {
  for (const { place, programs } of open.splice(0)) {
    await Promise.all(programs.map((program) => program.stop()));
    await place.clear();
  }
});

/** Two gateways, neither of which carries out runs, and a worker, which does; a run that the worker is in the midst of. */
async function midway(kind: Kind) {
  const place = await ground(kind);
  const [one, other, carrier] = await Promise.all([
    Service.serve(place, '--api-only', '--busy-thread', 'interrupt'),
    Service.serve(place, '--api-only'),
    worker(place),
  ]);
  open.push({ place, programs: [one, other, carrier] });
  const send = async (at: Service, method: string, path: string, body?: unknown) => {
    const answer = await ask([at], method, path, body);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };
  const { id: assistant_id } = await send(one, 'POST', '/assistants', { model: 'gpt-4o' });
  const messages = [{ role: 'user', content: WITHOUT_END }];
  const { id: threadId } = await send(one, 'POST', '/threads', { messages });
  const runs = `/threads/${threadId}/runs`;
  const run = await send(one, 'POST', runs, { assistant_id });
  const asked = () => place.simulator.requests.filter(({ path }) => path === '/responses');
  await expect.poll(() => asked().length, { timeout: 20_000 }).toBe(1);
  const status = async (at: Service, id: string) => (await ask([at], 'GET', `${runs}/${id}`)).body.status;
  return { one, other, send, asked, status, assistant_id, threadId, runs, run };
}

const endsThere = (kind: Kind) => () => {
  it('a cancel through another process is answered with `cancelling`, and by then the run is cancelled everywhere (§2.5)', async () => {
    const { one, other, send, asked, status, threadId, runs, run } = await midway(kind);
    const stream = ask([one], 'GET', `${runs}/${run.id}?stream=true`);
    const cancelled = await send(other, 'POST', `${runs}/${run.id}/cancel`);
    expect(cancelled).toMatchObject({ id: run.id, status: 'cancelling', last_error: null });
    expect([await status(other, run.id), await status(one, run.id)]).toEqual(['cancelled', 'cancelled']);
    // The thread is free at once, and whoever listens hears the end.
    await send(one, 'POST', `/threads/${threadId}/messages`, { role: 'user', content: 'Thank you' });
    expect((await stream).body).toContain('event: thread.run.cancelled\n');
    // The worker lets go of the upstream, and of the run.
    await expect.poll(() => asked().at(-1)?.aborted, { timeout: 5_000 }).toBe(true);
    expect(asked()).toHaveLength(1);
    const again = await ask([one], 'POST', `${runs}/${run.id}/cancel`);
    expect(again.body.error.message).toBe("Cannot cancel run with status 'cancelled'.");
  });

  it('a run that is asked for through a process that interrupts takes the place of the one that is active', async () => {
    const { one, other, send, asked, status, assistant_id, runs, run } = await midway(kind);
    const next = await send(one, 'POST', runs, {
      assistant_id,
      additional_messages: [{ role: 'user', content: 'Stop. Be brief' }],
    });
    expect(await status(other, run.id)).toBe('cancelled');
    await expect.poll(() => status(other, next.id), { timeout: 20_000 }).toBe('completed');
    await expect.poll(() => asked()[0]?.aborted, { timeout: 5_000 }).toBe(true);
    expect(asked()).toHaveLength(2);
  });
};

describeWith(redis, 'redis', endsThere('redis'));
