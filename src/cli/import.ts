/** `rethread import`: assistants and threads from exports, dumps of API objects, or an endpoint that still answers. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import {
  type Counted,
  type ImportReport,
  importEntries,
  type Located,
  type ReadProblem,
  readEntries,
  readRemote,
  type Wanted,
} from '../transfer/index.ts';
import { interruptible } from './interrupt.ts';
import { Exit, type Io } from './io.ts';
import { type DataFlags, withData, withDataOptions } from './open-data.ts';
import { progressOn } from './progress.ts';

const HELP = `
Files hold objects of the Assistants API as it answered them: one a line, an array, or pages of lists; in any order and in
as many files as you like; DashScope's objects are understood too. Ids and times are kept. What is there already stays as
it is, so the same import can be run again, and goes on where it was broken off. Runs that had not ended are imported as
expired.

Examples:
  $ rethread import backup.jsonl
  $ rethread import --tenant acme assistants.json threads/*.json
  $ rethread import --from https://old-gateway.example/v1 --api-key $KEY --assistants --threads all
  $ rethread import --from http://localhost:4010/v1 --api-key $KEY --threads thread_abc,thread_def

Exit codes: 0 done, 1 something could not be imported, 2 wrong usage, 130 stopped by Ctrl-C.`;

interface Flags extends DataFlags {
  from?: string;
  apiKey?: string;
  threads?: string;
  assistants?: boolean;
}

export function importCommand(io: Io): Command {
  return withDataOptions(
    new Command('import')
      .description('Brings assistants and threads with their ids into a store.')
      .argument('[files...]', 'exports and dumps; - is the standard input'),
  )
    .option('--from <url>', 'base URL of an Assistants API that still answers')
    .option('--api-key <key>', 'key for --from (default: OPENAI_API_KEY)')
    .option('--threads <ids>', 'with --from: ids separated by commas, a file with one a line, or all')
    .option('--assistants', 'with --from: all assistants')
    .addHelpText('after', HELP)
    .action((files: string[], flags: Flags) => run(files, flags, io));
}

async function run(files: string[], flags: Flags, io: Io): Promise<void> {
  let problems = 0;
  const progress = progressOn(io, 'threads');
  const onProblem = ({ at, problem }: ReadProblem): void => {
    problems += 1;
    progress.stop();
    io.stderr.write(`${at}: ${problem}\n`);
  };
  const source = await sourceOf(files, flags, io, onProblem);
  await interruptible('run the same command again to go on', (signal) =>
    withData(flags, io, false, async ({ domainOf }) => {
      const domain = await domainOf(flags.tenant, true);
      const onProgress = ({ seen }: ImportReport) =>
        progress.update(seen.threads, 0, `${seen.messages} messages`);
      try {
        const report = await importEntries(domain, source(signal), { onProblem, onProgress, signal });
        progress.stop();
        io.stderr.write(summary(report, problems));
      } finally {
        progress.stop();
      }
    }),
  );
  if (problems > 0) throw new Exit(1);
}

async function sourceOf(
  files: string[],
  flags: Flags,
  io: Io,
  onProblem: (problem: ReadProblem) => void,
): Promise<(signal: AbortSignal) => AsyncIterable<Located>> {
  const { from } = flags;
  if (from === undefined) {
    const stray = (['apiKey', 'threads', 'assistants'] as const).find((name) => flags[name] !== undefined);
    if (stray) throw new Exit(2, `--${stray === 'apiKey' ? 'api-key' : stray} is used with --from only`);
    if (files.length === 0)
      throw new Exit(2, 'nothing to import: name files, - for the standard input, or --from');
    const paths = files.map((name) => [name, path.resolve(io.cwd, name)] as const);
    const missing = paths.find(([name, file]) => name !== '-' && !existsSync(file));
    if (missing) throw new Exit(2, `${missing[0]}: there is no such file`);
    return (signal) => fromFiles(paths, onProblem, signal);
  }
  if (files.length > 0) throw new Exit(2, 'files and --from exclude each other');
  if (!URL.canParse(from) || !/^https?:/.test(from))
    throw new Exit(2, `--from: expected an http(s) URL, got '${from}'`);
  const apiKey = flags.apiKey ?? process.env['OPENAI_API_KEY'];
  if (!apiKey) throw new Exit(2, '--from needs a key: --api-key, or OPENAI_API_KEY in the environment');
  const threads = await wantedThreads(flags.threads, io);
  if (!flags.assistants && threads.length === 0)
    throw new Exit(2, '--from needs to know what: --assistants, --threads, or both');
  const remote = { baseURL: from.replace(/\/+$/, ''), apiKey };
  return () => readRemote(remote, { assistants: flags.assistants === true, threads }, onProblem);
}

async function* fromFiles(
  files: readonly (readonly [name: string, path: string])[],
  onProblem: (problem: ReadProblem) => void,
  signal: AbortSignal,
): AsyncGenerator<Located> {
  for (const [name, file] of files) {
    const input = name === '-' ? process.stdin : createReadStream(file);
    yield* readEntries(input, name === '-' ? 'stdin' : name, onProblem, signal);
  }
}

async function wantedThreads(given: string | undefined, io: Io): Promise<Wanted['threads']> {
  if (given === undefined) return [];
  if (given === 'all') return 'all';
  if (given.startsWith('thread') && !existsSync(path.resolve(io.cwd, given)))
    return given
      .split(',')
      .map((id) => id.trim())
      .filter(Boolean);
  const text = await readFile(path.resolve(io.cwd, given), 'utf8').catch((error: Error) => {
    throw new Exit(2, `--threads: ${error.message}`);
  });
  return text.split(/\s+/).filter(Boolean);
}

const NAMES: Counted[] = ['assistants', 'threads', 'messages', 'runs', 'steps', 'files'];

function summary({ seen, added }: ImportReport, problems: number): string {
  const parts = NAMES.filter((name) => seen[name] + added[name] > 0).map((name) => {
    const there = seen[name] - added[name];
    return `${added[name]} ${name}${there > 0 ? ` (${there} were there)` : ''}`;
  });
  const failed = problems > 0 ? `; ${problems} could not be` : '';
  return `imported ${parts.join(', ') || 'nothing'}${failed}\n`;
}
