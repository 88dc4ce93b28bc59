/** What a benchmark leaves behind is cleared away when it ends, and also when it is broken off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const leftovers: (() => unknown)[] = [];

/** @param clear called once, at the end or after Ctrl-C; the newest first */
export function clearLater(clear: () => unknown): void {
  leftovers.push(clear);
}

/** A folder that is removed with all that is in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rethread-bench-'));
  clearLater(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}

let clearing: Promise<void> | undefined;

export function clearUp(): Promise<void> {
  clearing ??= clearAll();
  return clearing;
}

async function clearAll(): Promise<void> {
  for (let clear = leftovers.pop(); clear; clear = leftovers.pop()) {
    try {
      await clear();
    } catch (error) {
      process.stderr.write(`Something was left behind: ${error}\n`);
    }
  }
}

/** npm hands Ctrl-C on as well, so that it may come more than once. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    if (clearing) return;
    process.stderr.write('\nBroken off; clearing up …\n');
    await clearUp();
    // What goes wrong in the benchmark when its stores are closed under it comes too late to be told.
    process.exit(130);
  });
}
