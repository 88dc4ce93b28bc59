/** `rethread compat`: puts an endpoint to the compatibility suite. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import picocolors from 'picocolors';
import { dialects } from '../compat/dialects.ts';
import { CheckFailure } from '../compat/failure.ts';
import {
  checksOf,
  type Dialect,
  junit,
  NEEDS,
  type Need,
  runSuite,
  type SuiteOptions,
  summary,
} from '../compat/index.ts';
import { Exit, type Io } from './io.ts';

interface Flags {
  baseUrl?: string;
  apiKey?: string;
  dialect: Dialect;
  model?: string;
  only?: string[];
  skip?: string[];
  without?: string[];
  header?: string[];
  mode?: 'scripted' | 'live';
  expiry?: string;
  concurrency?: string;
  retries?: string;
  timeout?: string;
  json?: boolean;
  junit?: string;
  list?: boolean;
  color: boolean;
}

const HELP = `
What it does:
  Asks the endpoint every question that the contract of the Assistants API answers, over raw HTTP and through the majors of
  the openai package that are installed (openai, openai4 … openai7). What it makes it deletes. What an endpoint does not
  have is "not applicable". --only and --skip take ids (cancel.completed), beginnings of ids (cancel), areas (streams),
  sections (§2.9), evidence tags (REC-net) and operations ('POST /threads').

Scripted and live:
  When the model behind the endpoint does what a script in its prompt says, every check can be made. rethread's simulator
  is such a model: rethread serve --simulate; or createSimulator({ defaultScript: followScript }) of rethread/simulator, put
  behind the endpoint as its upstream. With any other model, prompts say in words what is wanted, and checks that no words
  can arrange are left out. Live runs cost tokens: about a hundred short runs.

Examples:
  $ rethread compat --base-url http://127.0.0.1:4010/v1
  $ rethread compat --base-url https://example.com/v1 --model gpt-4.1-mini --only §2.9 streams --junit compat.xml
  $ rethread compat --list --only lists

Exit codes: 0 every check that applies holds, 1 one does not or the endpoint cannot be reached, 2 wrong usage.`;

export function compatCommand(io: Io): Command {
  return new Command('compat')
    .description('Puts an endpoint that claims to speak the Assistants API to the compatibility suite.')
    .addOption(new Option('--base-url <url>', 'where it is, /v1 included').env('OPENAI_BASE_URL'))
    .option(
      '--api-key <key>',
      'better set in the environment (OPENAI_API_KEY; with --dialect dashscope, DASHSCOPE_API_KEY before it)',
    )
    .addOption(
      new Option('--dialect <dialect>', 'whose API').choices(['openai', 'dashscope']).default('openai'),
    )
    .option('--model <model>', 'model of assistants and runs')
    .option('--only <words...>', 'these checks')
    .option('--skip <words...>', 'all but these checks')
    .option('--without <features...>', `what the endpoint does not claim: ${NEEDS.join(', ')}`)
    .option('--header <name:value...>', 'sent with every request')
    .addOption(
      new Option('--mode <mode>', 'how the model is told what to do (default: found out)').choices([
        'scripted',
        'live',
      ]),
    )
    .option('--expiry <seconds>', 'in which runs expire at this endpoint; without it that is not waited for')
    .option('--concurrency <checks>', 'at a time (default: 8, with a live model 4)')
    .option('--retries <times>', 'for checks that a live model may fail by chance (default: 2)')
    .option('--timeout <seconds>', 'for a request and for a run (default: 30, with a live model 120)')
    .option('--json', 'print the report as JSON')
    .option('--junit <file>', 'write the report as JUnit XML')
    .option('--list', 'print the checks and make none')
    .option('--no-color', 'no colours')
    .addHelpText('after', HELP)
    .action((flags: Flags) => run(flags, io));
}

async function run(flags: Flags, io: Io): Promise<void> {
  const options = optionsOf(flags);
  if (flags.list) return list(options, flags, io);
  if (!flags.baseUrl) throw new Exit(2, '--base-url is missing: the address of the endpoint, /v1 included');
  const progress = progressOn(io, flags);
  const report = await runSuite({
    ...options,
    onResult: (_, { done, total }) => progress.update(done, total),
  })
    .catch((error: unknown) => {
      throw asExit(error);
    })
    .finally(() => progress.stop());
  if (flags.junit !== undefined) writeFileSync(path.resolve(io.cwd, flags.junit), junit(report));
  const colours = picocolors.createColors(
    flags.color && io.stdout.isTTY === true && !process.env['NO_COLOR'],
  );
  io.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : summary(report, colours));
  if (report.failed > 0) throw new Exit(1);
}

async function list(options: SuiteOptions, flags: Flags, io: Io): Promise<void> {
  const { checksFor } = await import('../compat/run.ts');
  const checks = usage(() => checksFor(options));
  if (flags.json) {
    const told = checks.map(({ run: _, ...check }) => check);
    io.stdout.write(`${JSON.stringify({ checks: told }, null, 2)}\n`);
    return;
  }
  const widest = Math.max(...checks.map(({ id }) => id.length));
  for (const { id, section, title } of checks)
    io.stdout.write(`${id.padEnd(widest)}  ${section.padEnd(9)}  ${title}\n`);
}

/** The key that the environment has for a dialect. */
function keyFor(dialect: Dialect): string | undefined {
  const { keyVariable = 'OPENAI_API_KEY' } = dialects[dialect] ?? {};
  return process.env[keyVariable] || process.env['OPENAI_API_KEY'] || undefined;
}

function optionsOf(flags: Flags): SuiteOptions {
  const { baseUrl, dialect, model, only, skip, without = [], mode, header = [] } = flags;
  const apiKey = flags.apiKey ?? keyFor(dialect);
  if (baseUrl !== undefined && !(URL.canParse(baseUrl) && /^https?:/.test(baseUrl)))
    throw new Exit(2, `--base-url: expected an http(s) URL, got '${baseUrl}'`);
  for (const need of without)
    if (!(NEEDS as readonly string[]).includes(need))
      throw new Exit(2, `--without: expected some of ${NEEDS.join(', ')}, got '${need}'`);
  if (checksOf(dialect).length === 0) throw new Exit(2, `--dialect: there are no checks for ${dialect} yet`);
  const numbers = {
    expirySeconds: numberOf('--expiry', flags.expiry),
    concurrency: numberOf('--concurrency', flags.concurrency, 1),
    retries: numberOf('--retries', flags.retries),
    timeout: numberOf('--timeout', flags.timeout, 0.1),
  };
  return {
    dialect,
    without: without as Need[],
    headers: headersOf(header),
    ...(baseUrl !== undefined && { baseURL: baseUrl }),
    ...(apiKey !== undefined && { apiKey }),
    ...(model !== undefined && { model }),
    ...(only && { only }),
    ...(skip && { skip }),
    ...(mode && { mode }),
    ...(numbers.expirySeconds !== undefined && { expirySeconds: numbers.expirySeconds }),
    ...(numbers.concurrency !== undefined && { concurrency: Math.floor(numbers.concurrency) }),
    ...(numbers.retries !== undefined && { retries: Math.floor(numbers.retries) }),
    ...(numbers.timeout !== undefined && { timeout: numbers.timeout * 1000 }),
  };
}

function numberOf(flag: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= least && Number.isFinite(number)) return number;
  throw new Exit(2, `${flag}: expected a number from ${least}, got '${text}'`);
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
      // The value may be a secret: it is not repeated.
      if (name === undefined || value === undefined) throw new Exit(2, '--header: expected name:value');
      return [name.toLowerCase(), value];
    }),
  );
}

function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asExit(error);
  }
}

function asExit(error: unknown): unknown {
  if (error instanceof CheckFailure) return new Exit(1, `${error.message}: ${String(error.received)}`);
  if (error instanceof TypeError) return new Exit(2, error.message);
  return error;
}

/** A bar on a terminal; nothing anywhere else, where it would only be noise in a log. */
function progressOn(io: Io, flags: Flags) {
  if (io.stderr.isTTY !== true || flags.json) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: 'checks {bar} {value}/{total}',
    clearOnComplete: true,
    hideCursor: true,
    stream: io.stderr as NodeJS.WritableStream,
  });
  let started = false;
  return {
    update: (done: number, total: number) => {
      if (!started) bar.start(total, done);
      started = true;
      bar.update(done);
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}
