/**
 * Keeps processes from opening an lmdb environment while another one commits to it.
 *
 * lmdb means that to be safe, but it isn't: whoever opens an environment reads the number of the last transaction
 * from the file, and a moment later writes it, without a lock, to the memory that all processes share
 * (`mti_txnid = meta.mm_txnid` at the end of `mdb_env_open2`, as of lmdb-js 3.5). A commit in between is undone in
 * that memory; the next writer starts from an old root, and reuses pages that are in use. Commits are lost and the
 * file is damaged. Closing has a smaller hole: the last one to leave destroys the mutexes while a newcomer waits.
 *
 * So commits go through this gate, and opening and closing shut it. Node has no file locks; what it has is small
 * files. Each process has one in `gate/`, whose only byte says whether it is committing. Whoever wants to shut the
 * gate creates `gate/shut`, and waits until every byte says no. Whoever wants to commit says so, and only then looks
 * for `gate/shut`: if it is there, he takes it back and waits. (Whichever of the two comes second sees the other.)
 */
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDER = 'gate';
const SHUT = 'shut';

const IDLE = Buffer.from('0');
const BUSY = Buffer.from('1');

/** How often somebody who waits looks again, in ms; and somebody who commits all the time whether anyone waits for them. */
const LOOK_MS = 1;

/** No commit, opening or closing takes as long as this, in ms: who seems to be at it still is dead. */
const LONGEST_MS = 10_000;

export class LmdbGate {
  readonly #folder: string;
  readonly #shut: string;
  readonly #file: string;
  readonly #fd: number;
  #commits = 0;
  /** When the gate was last seen open, by `performance.now()`. */
  #seenOpen = Number.NEGATIVE_INFINITY;

  private constructor(folder: string, file: string, fd: number) {
    this.#folder = folder;
    this.#shut = join(folder, SHUT);
    this.#file = file;
    this.#fd = fd;
  }

  /** @param directory of the environments that this gate guards */
  static async join(directory: string): Promise<LmdbGate> {
    const folder = join(directory, FOLDER);
    await mkdir(folder, { recursive: true });
    const file = join(folder, await nameOfThisProcess());
    const fd = openSync(file, 'wx');
    writeSync(fd, IDLE, 0, 1, 0);
    return new LmdbGate(folder, file, fd);
  }

  /** Commits to an environment. The work must have committed when it resolves. */
  async commit<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Opens or closes environments, while nobody commits. The work must not commit through the gate. */
  async shut<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#takeShut();
    try {
      for (const name of await readdir(this.#folder)) {
        if (name !== SHUT) await untilIdle(join(this.#folder, name));
      }
      return await work();
    } finally {
      await rm(this.#shut, { force: true });
    }
  }

  /** Nothing may go through the gate any more. */
  async leave(): Promise<void> {
    closeSync(this.#fd);
    await rm(this.#file, { force: true });
  }

  async #enter(): Promise<void> {
    for (;;) {
      if (this.#commits++ === 0) writeSync(this.#fd, BUSY, 0, 1, 0);
      // Beside a commit that is under way nobody gets past who wants to shut it; he is only not to be kept waiting.
      else if (performance.now() - this.#seenOpen < LOOK_MS) return;
      if (!existsSync(this.#shut)) {
        this.#seenOpen = performance.now();
        return;
      }
      this.#leave();
      await sleep(LOOK_MS);
      if (await isAbandoned(this.#shut)) await clearAway(this.#shut);
    }
  }

  #leave(): void {
    if (--this.#commits === 0) writeSync(this.#fd, IDLE, 0, 1, 0);
  }

  async #takeShut(): Promise<void> {
    for (;;) {
      try {
        await writeFile(this.#shut, basename(this.#file), { flag: 'wx' });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (await isAbandoned(this.#shut)) await clearAway(this.#shut);
      else await sleep(LOOK_MS);
    }
  }
}

/** Waits until a process isn't committing, or is found dead. */
async function untilIdle(file: string): Promise<void> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const state = await readFile(file).catch(() => IDLE);
    const dead = await isDead(basename(file));
    if (dead) await rm(file, { force: true });
    if (dead || !state.equals(BUSY) || Date.now() > deadline) return;
    await sleep(LOOK_MS);
  }
}

/** Whoever shut the gate has died, or has been stopped for so long that it comes to the same. */
async function isAbandoned(shut: string): Promise<boolean> {
  const found = await stat(shut).catch(() => undefined);
  if (!found) return false;
  const owner = await readFile(shut, 'utf8').catch(() => '');
  return (owner !== '' && (await isDead(owner))) || Date.now() - found.mtimeMs > LONGEST_MS;
}

/** Of several who find it abandoned, one clears it away; it must not be the new one of another. */
async function clearAway(shut: string): Promise<void> {
  const aside = `${shut}.${Math.random().toString(36).slice(2)}`;
  await rename(shut, aside).catch(() => {});
  if (await isAbandoned(aside)) await rm(aside, { force: true });
  else await rename(aside, shut).catch(() => {});
}

async function nameOfThisProcess(): Promise<string> {
  const { boot, container } = await whereabouts();
  return [boot, container, process.pid, Math.random().toString(36).slice(2)].join('-');
}

/** Did the process of this name die? It can't be told of one in another container. */
async function isDead(name: string): Promise<boolean> {
  const [boot, container, pid] = name.split('-');
  const here = await whereabouts();
  if (!pid || boot !== here.boot) return pid !== undefined;
  if (container !== here.container) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

let known: Promise<{ boot: string; container: string }> | undefined;

/** Where process ids mean the same. Empty where the system doesn't say. */
function whereabouts(): Promise<{ boot: string; container: string }> {
  known ??= (async () => ({
    boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).slice(0, 8),
    container: (await readlink('/proc/self/ns/pid').catch(() => '')).replace(/\D/g, ''),
  }))();
  return known;
}
