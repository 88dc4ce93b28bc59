/** A process that opens and closes a store over and over. Arguments: target, how often. */
import { openStore } from '../../../src/store/open.ts';

const [target = '', times = '0'] = process.argv.slice(2);
for (let i = 0; i < Number(times); i++) {
  const store = await openStore(target);
  await store.close();
}
