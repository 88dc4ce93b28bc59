/** The root of the command line: finds the subcommand, loads no other, and tells what went wrong in one line. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { Exit, type Io } from './io.ts';

/** A subcommand is loaded when it is called, or when its help is asked for. */
interface Subcommand {
  summary: string;
  load(io: Io): Promise<Command>;
}

const subcommands: Record<string, Subcommand> = {
  serve: {
    summary: 'serve the Assistants API over HTTP, for clients in any language',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  worker: {
    summary: 'carry out the runs of gateways that share a store and a queue',
    load: async () => (await import('./worker.ts')).workerCommand(),
  },
  compat: {
    summary: 'put an endpoint to the compatibility suite',
    load: async (io) => (await import('./compat.ts')).compatCommand(io),
  },
  doctor: {
    summary: 'find out which parts of the Responses API a provider has',
    load: async (io) => (await import('./doctor.ts')).doctorCommand(io),
  },
  export: {
    summary: 'write assistants and threads as lines of JSON',
    load: async (io) => (await import('./export.ts')).exportCommand(io),
  },
  import: {
    summary: 'bring assistants and threads into a store',
    load: async (io) => (await import('./import.ts')).importCommand(io),
  },
  prune: {
    summary: 'remove threads that nobody has used for long',
    load: async (io) => (await import('./prune.ts')).pruneCommand(io),
  },
  tenants: {
    summary: 'list the tenants of a gateway, and move their data',
    load: async (io) => (await import('./tenants.ts')).tenantsCommand(io),
  },
  migrate: {
    summary: 'move code written for the Assistants API onto rethread',
    load: async (io) => (await import('./migrate.ts')).migrateCommand(io),
  },
};

const terminal = (): Io => ({ cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr });

/** @returns 0, 1 where the command failed, 2 where it was called wrongly, or what the command's own help says */
export async function main(args: readonly string[], io: Io = terminal()): Promise<number> {
  const output = {
    writeOut: (text: string) => void io.stdout.write(text),
    writeErr: (text: string) => void io.stderr.write(text),
  };
  const program = new Command('rethread')
    .description('Code written for the Assistants API lives on, over the Responses API.')
    .version(version())
    .configureOutput(output)
    .exitOverride();
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const [name, { summary, load }] of Object.entries(subcommands)) {
    const command = name === wanted ? await load(io) : new Command(name);
    // A command may have commands of its own, which do not inherit what is set after they were made.
    for (const one of [command, ...command.commands]) one.configureOutput(output).exitOverride();
    program.addCommand(command.summary(summary));
  }
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message, name } = error as Error;
    if (message !== '') io.stderr.write(`error: ${message}\n`);
    if (error instanceof Exit) return error.code;
    return name === 'OptionsError' ? 2 : 1;
  }
}

/** Of the package, whether it runs from `src` or from `dist`. */
function version(): string {
  return createRequire(import.meta.url)('rethread/package.json').version;
}
