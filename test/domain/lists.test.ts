/** Lists with cursors that were deleted: programs delete while they page (§1.4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/assistants/domain.ts';
import { deleteMessage, listMessages, placeMessages } from '../../src/assistants/messages.ts';
import { openStore } from '../../src/store/open.ts';

const THREAD = 'thread_1';

/** A list as somebody remembers it who never forgets an id: a deleted one keeps its place. */
class Remembered {
  readonly ids: string[] = [];
  readonly deleted = new Set<string>();

  page(query: { order: 'asc' | 'desc'; limit: number; after?: string; before?: string }) {
    const ordered = query.order === 'asc' ? this.ids : this.ids.toReversed();
    const start = query.after === undefined ? 0 : ordered.indexOf(query.after) + 1;
    const end = query.before === undefined ? ordered.length : ordered.indexOf(query.before);
    const span = ordered.slice(start, Math.max(start, end)).filter((id) => !this.deleted.has(id));
    const backwards = query.before !== undefined && query.after === undefined;
    return backwards ? span.slice(-query.limit) : span.slice(0, query.limit);
  }
}

async function emptyDomain(): Promise<Domain> {
  return { store: await openStore('memory:'), now: Date.now, tenant: 'local', runExpiry: 600, declared: {} };
}

const cursor = fc.option(fc.nat(1000), { nil: undefined });
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ remove: fc.nat(1000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      order: fc.constantFrom('asc' as const, 'desc' as const),
      limit: fc.integer({ min: 1, max: 5 }),
      after: cursor,
      before: cursor,
    }),
  },
);

describe('a list whose cursors may have been deleted (§1.4)', () => {
  it('goes on from where the cursor stood, whatever was added and deleted around it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const domain = await emptyDomain();
        const list = new Remembered();
        const pick = (n: number | undefined) =>
          n === undefined || list.ids.length === 0 ? undefined : (list.ids[n % list.ids.length] as string);
        for (const one of steps) {
          if ('add' in one) {
            const params = Array.from({ length: one.add }, () => ({ role: 'user' as const, content: 'x' }));
            const { messages, writes } = await placeMessages(domain, THREAD, params);
            await domain.store.setMany(writes);
            list.ids.push(...messages.map(({ id }) => id));
          } else if ('remove' in one) {
            const id = pick(one.remove);
            if (id === undefined || list.deleted.has(id)) continue;
            await deleteMessage(domain, THREAD, id);
            list.deleted.add(id);
          } else {
            const [after, before] = [pick(one.after), pick(one.before)];
            const query = {
              order: one.order,
              limit: one.limit,
              ...(after !== undefined && { after }),
              ...(before !== undefined && { before }),
            };
            const page = await listMessages(domain, THREAD, query);
            expect(page.data.map(({ id }) => id)).toEqual(list.page(query));
          }
        }
        await domain.store.close();
      }),
      { numRuns: 300, seed: Number(process.env['SEED'] ?? 7) },
    );
  });

  it('refuses a cursor that never was in it', async () => {
    const domain = await emptyDomain();
    for (const query of [{ after: 'msg_x' }, { before: 'msg_x' }]) {
      await expect(listMessages(domain, THREAD, query)).rejects.toMatchObject({
        status: 404,
        message: "No message found with id 'msg_x'.",
      });
    }
  });
});
