/** `rethread migrate`: moves the code of a project onto rethread. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import picocolors from 'picocolors';
import {
  Aborted,
  DirtyTree,
  type MigrateOptions,
  migrate,
  type Phase,
  type Report,
  UsageError,
} from '../../codemods/index.ts';
import { Exit, type Io } from './io.ts';

interface Flags {
  dryRun?: boolean;
  to: 'shim' | 'responses';
  json?: boolean;
  report?: string;
  include?: string[];
  exclude?: string[];
  check?: boolean;
  force?: boolean;
  install: boolean;
  gateway?: string;
  color: boolean;
}

const HELP = `
What it does:
  Finds the calls of the Assistants API in TypeScript and JavaScript, follows each to where its client is made, and wraps
  that: withAssistants(new OpenAI(...)). Calls are touched only where the installed openai, or version 2 of the API, wants
  them otherwise. Python, Java, Go, C#, PHP and Ruby are listed with what to set. What can't be decided is reported.

  --to responses: threads that are created, asked (createAndPoll, runs.stream), read and dropped within one file, with an
  assistant that is created there or declared in rethread.assistants.json, become conversations and responses (openai 5.16
  or later). A thread with any use that has no certain counterpart stays on the shim, and the report says why.

Examples:
  $ rethread migrate --dry-run
  $ rethread migrate --to responses --dry-run
  $ rethread migrate packages/api --report migration.html
  $ rethread migrate --check            # in CI

Exit codes:
  0    done, or nothing to do
  1    --check: something would change; or the command failed
  2    wrong usage
  3    the git tree has uncommitted changes and --force was not given
  130  stopped by Ctrl-C; nothing was written`;

export function migrateCommand(io: Io): Command {
  return new Command('migrate')
    .description('Moves code written for the Assistants API onto rethread.')
    .argument('[paths...]', 'files and directories (default: the working directory)')
    .addOption(
      new Option('--to <target>', 'what the code speaks afterwards')
        .choices(['shim', 'responses'])
        .default('shim'),
    )
    .option('--dry-run', 'show what would change, as a diff; write nothing')
    .option('--check', 'write nothing; exit 1 if something would change')
    .option('--json', 'print the report as JSON')
    .option('--report <file>', 'write a report as Markdown, or as HTML if the name ends in .html')
    .option('--include <globs...>', 'only files that match (paths stand before this, or behind --)')
    .option('--exclude <globs...>', 'no files that match')
    .option('--gateway <url>', 'where raw HTTP calls go (default: RETHREAD_BASE_URL when the program runs)')
    .option('--force', 'write although the git tree has uncommitted changes')
    .option('--no-install', 'leave the installation of rethread to you')
    .option('--no-color', 'no colours')
    .addHelpText('after', HELP)
    .action((paths: string[], flags: Flags) => run(paths, flags, io));
}

async function run(paths: string[], flags: Flags, io: Io): Promise<void> {
  const reportFile = flags.report === undefined ? undefined : reportFileOf(flags.report, io);
  const progress = progressOn(io, flags);
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  let report: Report;
  try {
    report = await migrate({
      ...optionsOf(paths, flags, io),
      onProgress: progress.update,
      signal: interrupt.signal,
    });
  } catch (error) {
    progress.stop();
    throw asExit(error);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
  progress.stop();
  if (reportFile !== undefined) await writeReport(reportFile, report);
  if (flags.json) {
    io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const { terminalReport } = await import('../../codemods/report/terminal.ts');
    const colours = picocolors.createColors(
      flags.color && io.stdout.isTTY === true && !process.env['NO_COLOR'],
    );
    io.stdout.write(terminalReport(report, colours, flags.dryRun === true));
  }
  if (flags.check && report.files.length > 0) throw new Exit(1);
  if (flags.install) await install(report, flags, io);
}

function optionsOf(paths: string[], flags: Flags, io: Io): MigrateOptions {
  return {
    cwd: io.cwd,
    target: flags.to,
    dryRun: flags.dryRun === true || flags.check === true,
    force: flags.force === true,
    ...(paths.length > 0 && { paths }),
    ...(flags.include && { include: flags.include }),
    ...(flags.exclude && { exclude: flags.exclude }),
    ...(flags.gateway !== undefined && { gateway: gatewayOf(flags.gateway) }),
  };
}

/** Looked at before anything is changed: a run whose report is lost could not be repeated. */
function reportFileOf(given: string, io: Io): string {
  const file = path.resolve(io.cwd, given);
  if (!existsSync(path.dirname(file)))
    throw new Exit(2, `--report: there is no directory ${path.dirname(file)}`);
  if (existsSync(file) && statSync(file).isDirectory())
    throw new Exit(2, `--report: expected a file, and ${file} is a directory`);
  return file;
}

function gatewayOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new Exit(2, `--gateway: expected a URL, got '${text}'`);
  return text.replace(/\/+$/, '');
}

function asExit(error: unknown): unknown {
  if (error instanceof UsageError) return new Exit(2, error.message);
  if (error instanceof DirtyTree) return new Exit(3, error.message);
  if (error instanceof Aborted) return new Exit(130, error.message);
  return error;
}

const PHASES: Record<Phase, string> = {
  reading: 'reading files',
  tracing: 'following clients',
  checking: 'checking types',
  writing: 'writing',
};

/** Files in a phase from which on it gets a line in a log. */
const LOGGED_FROM = 200;

/** A bar on a terminal; elsewhere a line for each phase, and nothing beside JSON. */
function progressOn(
  io: Io,
  flags: Flags,
): { update: NonNullable<MigrateOptions['onProgress']>; stop: () => void } {
  if (flags.json) return { update: () => {}, stop: () => {} };
  if (io.stderr.isTTY !== true) return { update: phaseLines(io), stop: () => {} };
  const bar = new SingleBar({
    format: '{phase} {bar} {value}/{total}',
    clearOnComplete: true,
    hideCursor: true,
    stream: io.stderr as NodeJS.WritableStream,
  });
  let started = false;
  return {
    update: (phase, done, total) => {
      if (!started) bar.start(total, done, { phase: PHASES[phase] });
      started = true;
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { phase: PHASES[phase] });
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}

/** One line when a phase begins, for logs. Small projects, which are done at once, get none. */
function phaseLines(io: Io): NonNullable<MigrateOptions['onProgress']> {
  let last: Phase | undefined;
  return (phase, _done, total) => {
    if (phase === last || total < LOGGED_FROM) return;
    last = phase;
    io.stderr.write(`${PHASES[phase]} (${total} files)\n`);
  };
}

async function writeReport(file: string, report: Report): Promise<void> {
  if (/\.html?$/i.test(file)) {
    const { htmlReport } = await import('../../codemods/report/html.ts');
    writeFileSync(file, htmlReport(report));
  } else {
    const { markdownReport } = await import('../../codemods/report/markdown.ts');
    writeFileSync(file, markdownReport(report));
  }
}

/** Installs the new dependency with the project's own package manager. That this fails undoes nothing. */
async function install(report: Report, flags: Flags, io: Io): Promise<void> {
  const manifests = report.files.filter((file) => file.written && file.file.endsWith('package.json'));
  if (manifests.length === 0) return;
  const { installDependencies } = await import('../../codemods/install.ts');
  const directories = manifests.map((file) => path.dirname(path.resolve(report.root, file.file)));
  for (const { command, directory, failed } of installDependencies(directories, flags.json === true)) {
    if (failed) io.stderr.write(`warning: '${command}' failed in ${directory}; run it yourself\n`);
  }
}
