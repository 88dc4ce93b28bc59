/** The root of the command line: finds the subcommand, loads no other, and tells what went wrong in one line. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';

/** A subcommand is loaded when it is called, or when its help is asked for. */
interface Subcommand {
  summary: string;
  load(): Promise<Command>;
}

const subcommands: Record<string, Subcommand> = {
  serve: {
    summary: 'serve the Assistants API over HTTP, for clients in any language',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
};

/** @returns 0, 1 where the command failed, or 2 where it was called wrongly */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('rethread')
    .description('Code written for the Assistants API lives on, over the Responses API.')
    .version(version())
    .exitOverride();
  const wanted = args.find((arg) => !arg.startsWith('-'));
  for (const [name, { summary, load }] of Object.entries(subcommands)) {
    const command = name === wanted ? await load() : new Command(name);
    program.addCommand(command.summary(summary).exitOverride());
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
    process.stderr.write(`error: ${(error as Error).message}\n`);
    return (error as Error).name === 'OptionsError' ? 2 : 1;
  }
}

/** Of the package, whether it runs from `src` or from `dist`. */
function version(): string {
  return createRequire(import.meta.url)('rethread/package.json').version;
}
