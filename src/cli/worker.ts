/** `rethread worker`: carries out the runs that gateways put in line. */
import { Command } from 'commander';
import { checkTogether } from '../gateway/options.ts';
import { OptionsError } from '../options.ts';
import { addFlags, readFlags } from './gateway-flags.ts';

export function workerCommand(): Command {
  const command = new Command('worker').description(
    'Carries out runs that gateways (rethread serve --queue) have begun, and those whose process has died. It needs the same store, queue and namespace, and keys of its own for the upstream.',
  );
  addFlags(command, [
    'store',
    'queue',
    'namespace',
    'upstream',
    'upstreamKey',
    'profile',
    'background',
    'tenants',
    'assistants',
    'models',
    'publicURL',
    'runExpiry',
    'recoverAfter',
    'concurrency',
    'drainTimeout',
    'logLevel',
    'simulate',
  ]);
  return command
    .addHelpText(
      'after',
      `
Examples:
  $ RETHREAD_UPSTREAM_KEY=sk-… rethread worker --store postgres://… --queue redis://…
  $ RETHREAD_UPSTREAM_KEY=sk-… rethread serve --api-only --auth keys --tenants tenants.json --store postgres://… --queue redis://…

Exit codes: 0 stopped by a signal, 1 could not start, 2 wrong usage.`,
    )
    .action(async (flags: Record<string, unknown>) => {
      const options = await readFlags(flags);
      if (!options.queue)
        throw new OptionsError('--queue: a worker needs the address of the queue, redis://…');
      const { tenants = {}, upstreamKey, simulate } = options;
      if (!upstreamKey && !simulate && !Object.values(tenants).some((tenant) => tenant.upstreamKey)) {
        throw new OptionsError(
          'a worker needs RETHREAD_UPSTREAM_KEY, the key with which it calls the upstream, or --tenants with keys of theirs',
        );
      }
      const own = { ...options, auth: 'keys' as const };
      if (Object.keys(tenants).length > 0) checkTogether(own);
      const { startWorker } = await import('../gateway/server.ts');
      await startWorker(own);
    });
}
