/** `rethread export`: what a tenant has, as lines of JSON. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import type { Domain } from '../assistants/domain.ts';
import { assistantLines, countThreads, headerLine, threadIds, threadLines } from '../transfer/index.ts';
import { interruptible } from './interrupt.ts';
import { Exit, type Io } from './io.ts';
import { type DataFlags, withData, withDataOptions } from './open-data.ts';
import { openPart } from './part-file.ts';
import { progressOn } from './progress.ts';

const HELP = `
Each line is an object of the Assistants API as it is answered over HTTP: first the assistants, then thread by thread the
thread, its messages, its runs with their steps, and the files that runs made. 'rethread import' takes it.

Until it is complete the file is called <file>.part; broken off, the same command goes on where it was.

Examples:
  $ rethread export backup.jsonl
  $ rethread export --store redis://localhost:6379 --tenant acme acme.jsonl
  $ rethread export --store file:.rethread | rethread import --store postgres://localhost/app -

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.`;

interface Flags extends DataFlags {
  force?: boolean;
}

export function exportCommand(io: Io): Command {
  return withDataOptions(
    new Command('export')
      .description('Writes all assistants and threads of a tenant as lines of JSON.')
      .argument('[file]', 'where to; - is the standard output', '-'),
  )
    .option('--force', 'replace a file that is there')
    .addHelpText('after', HELP)
    .action((file: string, flags: Flags) => run(file, flags, io));
}

async function run(file: string, flags: Flags, io: Io): Promise<void> {
  const target = file === '-' ? undefined : path.resolve(io.cwd, file);
  if (target && !flags.force && existsSync(target))
    throw new Exit(2, `${file} is there already; add --force to replace it`);
  const advice = target ? 'run the same command again to go on' : 'what was written is not complete';
  await interruptible(advice, (signal) =>
    withData(flags, io, true, async ({ domainOf }) => {
      const domain = await domainOf(flags.tenant);
      const count = target ? await toFile(domain, target, io, signal) : await toOutput(domain, io, signal);
      if (!signal.aborted) io.stderr.write(`exported ${count} threads${target ? ` to ${file}` : ''}\n`);
    }),
  );
}

async function toFile(domain: Domain, target: string, io: Io, signal: AbortSignal): Promise<number> {
  const part = `${target}.part`;
  const { from, size, threads } = await openPart(part);
  const handle = await open(part, size === 0 ? 'w' : 'r+');
  try {
    await handle.truncate(size);
    let at = size;
    const count = await writeAll(
      domain,
      io,
      signal,
      async (text) => {
        at += (await handle.write(text, at)).bytesWritten;
      },
      { from, threads },
    );
    await handle.sync();
    if (!signal.aborted) await rename(part, target);
    return count;
  } finally {
    await handle.close();
  }
}

/** Waits for a reader that is slower than the store. */
function toOutput(domain: Domain, io: Io, signal: AbortSignal): Promise<number> {
  return writeAll(domain, io, signal, async (text) => {
    if (io.stdout.write(text) !== false) return;
    // Rejects when it is interrupted, which the loop sees by itself.
    await once(io.stdout as NodeJS.WriteStream, 'drain', { signal }).catch(() => {});
  });
}

interface Begun {
  /** The thread to go on with; undefined where nothing was written yet. */
  from?: string | undefined;
  /** Threads that are complete. */
  threads: number;
}

/** @returns how many threads the export has */
async function writeAll(
  domain: Domain,
  io: Io,
  signal: AbortSignal,
  write: (text: string) => Promise<void>,
  { from, threads }: Begun = { threads: 0 },
): Promise<number> {
  const progress = progressOn(io, 'threads');
  const total = await countThreads(domain);
  if (from === undefined) {
    await write(headerLine());
    for await (const lines of assistantLines(domain)) await write(lines);
  }
  let done = threads;
  try {
    for await (const id of threadIds(domain, from)) {
      if (signal.aborted) break;
      const lines = await threadLines(domain, id);
      if (lines !== '') done += 1;
      await write(lines);
      progress.update(done, total);
    }
  } finally {
    progress.stop();
  }
  return done;
}
