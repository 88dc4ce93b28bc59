import { expect, test } from 'vitest';
import { mintId } from '../../src/assistants/ids.ts';

test('§1.3: an id is a prefix and 24 letters or digits, and no two are the same', () => {
  const ids = Array.from({ length: 10_000 }, () => mintId('thread_'));
  for (const id of ids) expect(id).toMatch(/^thread_[A-Za-z0-9]{24}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test('an id that is made later sorts behind the earlier one, so that a store keeps them side by side', async () => {
  const ids: string[] = [];
  for (let made = 0; made < 20; made++) {
    ids.push(mintId('msg_'));
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  expect(ids.toSorted()).toEqual(ids);
});
