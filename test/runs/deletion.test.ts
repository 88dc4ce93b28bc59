/** A store that dies in the middle of a deletion: the thread is there whole, or gone with all that hung on it (§2.8). */
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { type Domain, keys } from '../../src/assistants/domain.ts';
import { runsOf } from '../../src/assistants/runs.ts';
import { createImages } from '../../src/files/images.ts';
import { pruneThreads } from '../../src/runs/prune.ts';
import { openStore } from '../../src/store/open.ts';
import { failure } from '../surface/harness.ts';
import { filled, opened } from '../transfer/world.ts';

/** A store that takes so many writes and deletions, one key after another, and then no more until it is mended. */
class Dying extends Map<string, unknown> {
  left = Number.POSITIVE_INFINITY;

  override set(key: string, value: unknown): this {
    this.#take();
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.#take();
    return super.delete(key);
  }

  #take(): void {
    if (this.left <= 0) throw new Error('The disk is gone.');
    this.left -= 1;
  }
}

const domainOver = async (data: Dying): Promise<Domain> => {
  const store = (await openStore(new Keyv({ store: data }))).scoped('local');
  return { tenant: 'local', store, now: Date.now, runExpiry: 600, declared: {} };
};

/** What is stored, with a thread whose run has made a picture that everybody finds under an address. */
async function stored() {
  const data = new Dying();
  const at = opened(new Keyv({ store: data }));
  const before = new Set(data.keys());
  const { calls: other } = await filled(at, { messages: 1 });
  const list = await at.client.get<{ data: { id: string }[] }>('/threads', {
    query: { limit: 100 },
    headers: { 'openai-beta': 'assistants=v2' },
  });
  const domain = await domainOver(data);
  const withFile = async ({ id }: { id: string }) =>
    (await runsOf(domain, id)).some(({ files }) => files.length > 0);
  let victim = '';
  for (const thread of list.data) if (await withFile(thread)) victim = thread.id;
  const [run] = await runsOf(domain, victim);
  const root = await openStore(new Keyv({ store: data }));
  const [file = ''] = run?.files ?? [];
  const { url } = await createImages(root, 'https://here.example').save(
    domain,
    'local',
    file,
    new Uint8Array([1]),
    'image/png',
  );
  const address = `image/${/images\/([^.]+)/.exec(url ?? '')?.[1]}`;
  await at.close();
  expect(await root.get(address)).toMatchObject({ file });
  return { data, before, victim, other, run: run?.run.id ?? '', file, address };
}

type Stored = Awaited<ReturnType<typeof stored>>;

function copyOf({ data }: Stored): Dying {
  const copy = new Dying();
  for (const [key, value] of data) copy.set(key, value);
  return copy;
}

/** Keys that speak of the thread, its run, its file or the file's address. */
const leftOf = (data: Dying, { victim, run, file, address }: Stored) =>
  [...data.keys()].filter((key) => [victim, run, file, address].some((name) => key.includes(name)));

describe('a deletion whose store dies at any of its writes', () => {
  it('is ended when the data are opened next, or has not begun; all other threads stay', async () => {
    const world = await stored();
    const whole = leftOf(world.data, world).length;
    expect(whole).toBeGreaterThan(8);
    const seen = { there: 0, ended: 0 };
    for (let writes = 0; ; writes++) {
      const data = copyOf(world);
      const first = opened(new Keyv({ store: data }));
      first.client.maxRetries = 0;
      await first.beta.threads.retrieve(world.victim);
      data.left = writes;
      const failed = await first.beta.threads.delete(world.victim).then(
        () => false,
        () => true,
      );
      data.left = Number.POSITIVE_INFINITY;
      await first.close();
      if (!failed) break;

      const next = opened(new Keyv({ store: data }));
      const gone = await next.beta.threads.retrieve(world.victim).then(
        () => false,
        ({ status }: { status: number }) => status === 404,
      );
      if (gone) {
        seen.ended += 1;
        await expect.poll(() => leftOf(data, world)).toEqual([]);
      } else {
        seen.there += 1;
        expect(leftOf(data, world)).toHaveLength(whole);
        const { data: messages } = await next.beta.threads.messages.list(world.victim);
        expect(messages).toHaveLength(2);
        await next.beta.threads.delete(world.victim);
        expect(leftOf(data, world)).toEqual([]);
      }
      const { data: threads } = await next.client.get<{ data: { id: string }[] }>('/threads', {
        query: { limit: 100 },
        headers: { 'openai-beta': 'assistants=v2' },
      });
      expect(threads.map(({ id }) => id)).toContain(world.other);
      expect(threads).toHaveLength(3);
      expect((await next.beta.threads.messages.list(world.other)).data).toHaveLength(2);
      expect((await failure(next.beta.threads.delete(world.victim))).status).toBe(404);
      await next.close();
    }
    expect(seen.there).toBeGreaterThan(0);
    expect(seen.ended).toBeGreaterThan(whole);
  }, 120_000);

  it('is ended by rethread prune, too', async () => {
    const world = await stored();
    const data = copyOf(world);
    const first = opened(new Keyv({ store: data }));
    first.client.maxRetries = 0;
    await first.beta.threads.retrieve(world.victim);
    data.left = 8;
    await expect(first.beta.threads.delete(world.victim)).rejects.toThrow();
    data.left = Number.POSITIVE_INFINITY;
    await first.close();
    const domain = await domainOver(data);
    expect(await domain.store.get(keys.thread(world.victim))).toBeUndefined();
    expect(leftOf(data, world)).not.toEqual([]);
    await pruneThreads(domain, { olderThanMs: 1_000_000_000 });
    expect(leftOf(data, world)).toEqual([]);
  });
});
