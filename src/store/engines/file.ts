/** `file:<directory>`: lmdb. The default, since it needs no server, no compiler and no setting up. */
import { access, constants, mkdir, open, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Keyv } from 'keyv';
import type { Engine } from '../engine.ts';
import { StoreError, wrap } from '../errors.ts';
import { parseFileAddress } from '../file-address.ts';
import { KeyvLmdb } from '../lmdb.ts';
import { LmdbGate } from '../lmdb-gate.ts';
import { LmdbLockStore } from '../lmdb-locks.ts';
import { processLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { SharedLocks } from '../shared-locks.ts';
import { newKeyv } from './new-keyv.ts';

const DATA = 'data.mdb';

/** A look at the lock file takes microseconds. */
const RETRY_MS = 3;

export async function openFile(target: string, options: ResolvedOptions): Promise<Engine> {
  try {
    const address = parseFileAddress(target);
    const directory = await makeDirectory(address.directory);
    const data = join(directory, DATA);
    await mustBeLmdb(data, target);
    const gate = await LmdbGate.join(directory);
    const boot = await bootId();
    const survives = address.waitsForDisk || !knowsBoots(boot) ? 'machine' : 'process';
    const adapter = await KeyvLmdb.open(data, gate, survives);
    const driver = await openLocks(directory, gate, boot);
    const locks = new SharedLocks({
      driver,
      reach: 'host',
      mutexes: processLocks(`file:${directory}`).mutexes,
      target,
      prefix: '',
      ttlMs: options.lockTtlMs,
      retryMs: RETRY_MS,
      close: () => driver.close(),
    });
    const close = async () => {
      await adapter.disconnect();
      await locks.close();
      await gate.leave();
    };
    return { kind: 'file', target, keyv: newKeyv(Keyv, adapter), atomic: true, keyPrefix: '', locks, close };
  } catch (error) {
    throw wrap('unreachable', target, 'cannot open the directory', error);
  }
}

async function makeDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  // conversations are nobody else's business
  const created = await mkdir(directory, { recursive: true, mode: 0o700 });
  // and don't belong into the repository of the program that keeps them
  if (created !== undefined) await writeFile(join(directory, '.gitignore'), '*\n');
  await access(directory, constants.R_OK | constants.W_OK);
  return realpath(directory);
}

/** lmdb crashes the process when it is given another kind of file. */
async function mustBeLmdb(path: string, target: string): Promise<void> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return;
  try {
    const head = Buffer.alloc(28);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    // the magic number follows the page header, which has 16 or 24 bytes
    const magic = [16, 24].some((offset) => head.readUInt32LE(offset) === 0xbeefc0de);
    if (bytesRead > 0 && !magic) {
      throw new StoreError('damaged', target, `${path} is not an lmdb file; it was left as it is`);
    }
  } finally {
    await file.close();
  }
}

/**
 * Locks needn't outlive the machine, and so needn't wait for its disk. But a file that wasn't synchronized may be
 * unreadable after a power failure, so each boot has its own; where a boot can't be told from another, the file is
 * synchronized after all.
 */
async function openLocks(
  directory: string,
  gate: LmdbGate,
  boot: string | undefined,
): Promise<LmdbLockStore> {
  const name = boot ? `locks-${boot.trim().slice(0, 8)}.mdb` : 'locks.mdb';
  for (const file of await readdir(directory)) {
    const isOfAnotherBoot = /^locks.*\.mdb(-lock)?$/.test(file) && !file.startsWith(name);
    if (isOfAnotherBoot) await rm(join(directory, file), { force: true });
  }
  return LmdbLockStore.open(join(directory, name), gate, { volatile: boot !== undefined });
}

/** Undefined where the system doesn't tell one boot from another. */
function bootId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
}

/**
 * Whether lmdb can, and goes by it: on Linux it reads the same, on macOS it asks the kernel. On Windows its commits are on
 * disk anyway. Its own variable makes it take nothing but what was flushed.
 */
const knowsBoots = (boot: string | undefined) =>
  process.env['LMDB_RESTORE'] !== 'safe' && (boot !== undefined || process.platform === 'darwin');
