/** `rethread prune`: removes what nobody has used for long. */
import { Command } from 'commander';
import { durationMs } from '../duration.ts';
import { pruneThreads } from '../runs/prune.ts';
import { interruptible } from './interrupt.ts';
import { Exit, type Io } from './io.ts';
import { type DataFlags, storeOption, withData } from './open-data.ts';

const HELP = `
A thread is in use when a message is added, a run goes on, or it is changed or imported. A thread with an active run is
never removed. With a thread go its messages, runs, steps and the files that its runs made; so does what a crash has left
of threads that were deleted. 'rethread serve --retention' does the same all the time.

Examples:
  $ rethread prune --older-than 30d --dry-run
  $ rethread prune --older-than 12w --store postgres://localhost/app --tenant acme

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.`;

interface Flags extends DataFlags {
  olderThan?: string;
  dryRun?: boolean;
}

export function pruneCommand(io: Io): Command {
  return new Command('prune')
    .description('Removes threads that nobody has used for long, with all that hangs on them.')
    .option('--older-than <age>', 'how long a thread was not used: 90s, 45m, 12h, 30d, 8w')
    .option('--dry-run', 'remove nothing; list the threads with the time of their last use')
    .addOption(storeOption())
    .option('--tenant <name>', 'only this tenant’s (default: all)')
    .addHelpText('after', HELP)
    .action((flags: Flags) => run(flags, io));
}

async function run({ olderThan, dryRun = false, ...flags }: Flags, io: Io): Promise<void> {
  if (olderThan === undefined) throw new Exit(2, "required option '--older-than <age>' not specified");
  const olderThanMs = durationMs(olderThan);
  if (olderThanMs === undefined)
    throw new Exit(2, `--older-than: expected a span of time such as 30d, 12h or 45m, got '${olderThan}'`);
  await interruptible('run the same command again to go on', (signal) =>
    withData(flags, io, true, async ({ all, domainOf }) => {
      const domains = flags.tenant === undefined ? await all() : [await domainOf(flags.tenant)];
      let [threads, removed] = [0, 0];
      for (const domain of domains) {
        const onThread = (id: string, usedAt: number) => {
          if (dryRun) io.stdout.write(`${id}  last used ${new Date(usedAt * 1000).toISOString()}\n`);
        };
        const done = await pruneThreads(domain, { olderThanMs, dryRun, signal, onThread });
        threads += done.threads;
        removed += done.removed;
      }
      io.stderr.write(`${dryRun ? 'would remove' : 'removed'} ${removed} of ${threads} threads\n`);
    }),
  );
}
