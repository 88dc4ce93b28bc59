/**
 * Writes files so that nobody ever sees half of one: each is written beside its target and renamed over it. Until the
 * first rename nothing has changed, and the renames run through without a break that an interrupt could use.
 */
import { chmodSync, existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface PendingFile {
  path: string;
  bytes: Uint8Array;
}

/** @param aborted asked before each file and once before the first rename; true takes everything back. */
export async function writeAll(files: readonly PendingFile[], aborted: () => boolean): Promise<boolean> {
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const file of files) {
      // A symbolic link stays one: what it points to is written.
      const target = existsSync(file.path) ? realpathSync(file.path) : file.path;
      const temporary = path.join(
        path.dirname(target),
        `.${path.basename(target)}.rethread-${process.pid}.tmp`,
      );
      staged.push({ temporary, target });
      writeFileSync(temporary, file.bytes);
      if (existsSync(target)) chmodSync(temporary, statSync(target).mode);
      await new Promise((resolve) => setImmediate(resolve));
      if (aborted()) {
        discard(staged);
        return false;
      }
    }
  } catch (error) {
    discard(staged);
    throw error;
  }
  for (const { temporary, target } of staged) renameSync(temporary, target);
  return true;
}

function discard(staged: readonly { temporary: string }[]): void {
  for (const { temporary } of staged) rmSync(temporary, { force: true });
}
