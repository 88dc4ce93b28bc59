/** `rethread tenants`: who has data in a store, and whose they are. */
import { Command } from 'commander';
import { countThreads } from '../transfer/index.ts';
import { Exit, type Io } from './io.ts';
import { type DataFlags, storeOption, tenantName, withData } from './open-data.ts';

const HELP = `
A tenant is called by the name it has in the gateway's --tenants file; a caller who has none by 'key:<hash>', or, where
everybody is one, 'local'.

Examples:
  $ rethread tenants list --store redis://localhost:6379
  $ rethread tenants move key:1f3a… acme     # acme sees from now on what that key has stored
  $ rethread tenants move acme acme          # and its own again

Processes that are running see a move within 15 seconds.

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

export function tenantsCommand(io: Io): Command {
  const command = new Command('tenants')
    .description('Lists the tenants of a gateway, and moves data from one to another.')
    .addHelpText('after', HELP);
  command
    .command('list')
    .description('who has come in, since when, with how many threads')
    .addOption(storeOption())
    .option('--json', 'as JSON')
    .action((flags: DataFlags & { json?: boolean }) => list(flags, io));
  command
    .command('move')
    .description('the second tenant sees the data of the first from now on')
    .argument('<from>')
    .argument('<to>')
    .addOption(storeOption())
    .action((from: string, to: string, flags: DataFlags) => move(from, to, flags, io));
  return command;
}

async function list({ json, ...flags }: DataFlags & { json?: boolean }, io: Io): Promise<void> {
  await withData(flags, io, true, async ({ directory, domainOf }) => {
    const tenants = [];
    for (const { name, since, data = name } of await directory.list()) {
      const threads = await countThreads(await domainOf(name));
      tenants.push({ name, since: new Date(since).toISOString(), threads, data });
    }
    if (json) return io.stdout.write(`${JSON.stringify(tenants, null, 2)}\n`);
    for (const { name, since, threads, data } of tenants) {
      const elsewhere = data === name ? '' : `  sees the data of ${data}`;
      io.stdout.write(`${name}  since ${since}  ${threads} threads${elsewhere}\n`);
    }
    if (tenants.length === 0) io.stderr.write('no tenant has come in yet\n');
  });
}

async function move(from: string, to: string, flags: DataFlags, io: Io): Promise<void> {
  const [source, target] = [tenantName(from), tenantName(to)];
  await withData(flags, io, true, async ({ directory }) => {
    const known = await directory.data();
    if (!known.includes(source))
      throw new Exit(2, `there is no tenant '${source}' in this store; there are ${known.join(', ')}`);
    const { data = target } = await directory.move(source, target);
    io.stderr.write(`${target} sees the data of ${data}\n`);
  });
}
