/** One process over one file store: says how many milliseconds it took to open, then does what it is asked and says how long that took. */
import { readFileSync } from 'node:fs';
import type { Domain } from '../../src/assistants/domain.ts';
import { createThread, listThreads, retrieveThread } from '../../src/assistants/threads.ts';
import { openStore } from '../../src/store/open.ts';

const { FOLDER = '', FILL = '0' } = process.env;
const began = performance.now();
const store = await openStore(`file:${FOLDER}`);
const domain: Domain = {
  tenant: 'bench',
  store: store.scoped('bench'),
  now: Date.now,
  runExpiry: 600,
  declared: {},
};
const newest = (await listThreads(domain, { order: 'desc', limit: 1 })).data[0];
const opened = performance.now() - began;

const filled = (async () => {
  const ids: string[] = newest ? [newest.id] : [];
  // Many at a time: they share a transaction, and the disk's answer.
  for (let left = Number(FILL); left > 0; left -= 500) {
    await Promise.all(Array.from({ length: Math.min(500, left) }, () => createThread(domain, {}, [])));
  }
  return ids;
})();

/** Without pages of files that the kernel may drop: lmdb maps its whole file. */
function anonymousMemory(): number {
  const kilobytes = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : process.memoryUsage().rss;
}

const OPERATIONS: Record<string, () => Promise<unknown>> = {
  create: () => createThread(domain, {}, []),
  retrieve: () => retrieveThread(domain, newest?.id ?? ''),
  list: () => listThreads(domain, { order: 'desc', limit: 20 }),
};

process.on('message', async (question: string) => {
  await filled;
  if (question === 'memory') {
    globalThis.gc?.();
    process.send?.(anonymousMemory());
    return;
  }
  const start = performance.now();
  await OPERATIONS[question]?.();
  process.send?.(performance.now() - start);
});
process.send?.(String(opened));

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
