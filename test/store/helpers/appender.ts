/**
 * A process that appends to a log, one id after another or several at a time, and prints each id once it was told
 * that the id is stored. Arguments: target, log, prefix of the ids, how many (0: until it is killed).
 */
import { writeSync } from 'node:fs';
import { openLog } from '../../../src/store/log.ts';
import { openStore } from '../../../src/store/open.ts';

const [target = '', name = '', prefix = '', count = '0'] = process.argv.slice(2);
const store = await openStore(target, { lockTtlMs: 500 });
const log = openLog(store, name, 10);

async function append(id: string): Promise<void> {
  await store.lock(name, async () => {
    const { pages, writes } = await log.append([id]);
    await store.setMany([[`record ${id}`, { id, page: pages[0] }], ...writes]);
  });
  // not console.log, which may keep a line to itself when the process is killed
  writeSync(1, `${id}\n`);
}

for (let i = 0; count === '0' || i < Number(count); i += 4) {
  await Promise.all([0, 1, 2, 3].map((k) => append(`${prefix}${i + k}`)));
}
await store.close();
