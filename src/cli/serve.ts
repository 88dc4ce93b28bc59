/** `rethread serve`: the gateway on a port. */
import { Command } from 'commander';
import { checkTogether, parseServeOption, type ServeOptions } from '../gateway/options.ts';
import { addFlags, readFlags } from './gateway-flags.ts';

const HELP = `
RETHREAD_KEYS holds gateway keys that are a tenant each, separated by commas.
A flag wins over its environment variable, and that over rethread.config.{ts,js,json}, where options of serve stand under
serve by the names they have in code: { store: '…', serve: { port: 8080, auth: 'keys' } }.

Examples:
  $ rethread serve --simulate
  $ rethread serve --store redis://localhost:6379
  $ RETHREAD_UPSTREAM_KEY=sk-… rethread serve --auth keys --tenants tenants.json

Exit codes: 0 stopped by a signal, 1 could not start or serve, 2 wrong usage.`;

export function serveCommand(): Command {
  return withFlags().action(async (flags: Record<string, unknown>) => {
    const options = await optionsOf(flags);
    const { startServer } = await import('../gateway/server.ts');
    await startServer(options);
  });
}

function withFlags(): Command {
  const command = new Command('serve').description(
    'Serves the Assistants API over HTTP. Clients keep their code and change their base URL; what is not the Assistants API is passed on to the upstream.',
  );
  addFlags(command);
  return command.addHelpText('after', HELP);
}

/** What the command would serve with. @param args the command's own @throws OptionsError */
export async function serveOptions(args: readonly string[]): Promise<ServeOptions> {
  return optionsOf(withFlags().parse(args, { from: 'user' }).opts());
}

async function optionsOf(flags: Record<string, unknown>): Promise<ServeOptions> {
  const options = await readFlags(flags);
  const keys = process.env['RETHREAD_KEYS'];
  if (keys)
    Object.assign(options, parseServeOption('keys', keys.split(/[\s,]+/).filter(Boolean), 'RETHREAD_KEYS'));
  if (options.simulate) options.auth ??= 'none';
  checkTogether(options);
  return options;
}
