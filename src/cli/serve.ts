/** `rethread serve`: the gateway on a port. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { GatewayOptions } from '../gateway/options.ts';
import { OptionsError } from '../options.ts';

interface ServeFlags {
  host: string;
  port: string;
  store?: string;
  upstream?: string;
  upstreamKey?: string;
  profile?: string;
  auth?: string;
  assistants?: string;
  models?: string;
  tenants?: string;
  busyThread?: string;
  runExpiry?: string;
  concurrency?: string;
  maxBodyBytes?: string;
  runsPerTenant?: string;
  streamsPerTenant?: string;
  logLevel: string;
  simulate?: boolean;
  force?: boolean;
}

const env = (name: string) => `RETHREAD_${name}`;

export const serveCommand = new Command('serve')
  .summary('serve the Assistants API over HTTP, for clients in any language')
  .description(
    'Serves the Assistants API over HTTP. Clients keep their code and change their base URL; what is not the Assistants API is passed on to the upstream.',
  )
  .addOption(new Option('--host <host>', 'address to listen on').env(env('HOST')).default('127.0.0.1'))
  .addOption(
    new Option('--port <port>', 'port to listen on; 0 picks a free one').env(env('PORT')).default('4010'),
  )
  .addOption(
    new Option(
      '--store <url>',
      'file:<directory>, sqlite://, redis://, postgres:// or memory: (default: "file:.rethread")',
    ).env(env('STORE')),
  )
  .addOption(
    new Option(
      '--upstream <url>',
      'base URL of the Responses API (default: "https://api.openai.com/v1")',
    ).env(env('UPSTREAM')),
  )
  .addOption(
    new Option(
      '--upstream-key <key>',
      'the gateway’s own key, with --auth keys or none; better set in the environment',
    ).env(env('UPSTREAM_KEY')),
  )
  .addOption(
    new Option('--profile <name>', 'what the upstream can do (default: told by its address)')
      .choices(['openai', 'azure', 'generic'])
      .env(env('PROFILE')),
  )
  .addOption(
    new Option(
      '--auth <mode>',
      'who may come in: callers with their own upstream key, with a key of the gateway, or everybody',
    )
      .choices(['passthrough', 'keys', 'none'])
      .default('passthrough')
      .env(env('AUTH')),
  )
  .addOption(new Option('--tenants <file>', 'JSON: {"name": {"keys": ["…"]}}').env(env('TENANTS')))
  .addOption(
    new Option('--assistants <file>', 'JSON: assistants by id, so that ids made elsewhere keep working').env(
      env('ASSISTANTS_FILE'),
    ),
  )
  .addOption(new Option('--models <file>', 'JSON: old model names to new ones').env(env('MODELS_FILE')))
  .addOption(
    new Option('--busy-thread <mode>', 'a request on a thread with an active run')
      .choices(['reject', 'enqueue', 'interrupt'])
      .env(env('BUSY_THREAD')),
  )
  .addOption(
    new Option('--run-expiry <seconds>', 'until a run that has not ended expires (default: 600)').env(
      env('RUN_EXPIRY'),
    ),
  )
  .addOption(
    new Option('--concurrency <runs>', 'runs carried out at the same time (default: 100)').env(
      env('CONCURRENCY'),
    ),
  )
  .addOption(
    new Option('--max-body-bytes <bytes>', 'largest request body (default: 33554432)').env(
      env('MAX_BODY_BYTES'),
    ),
  )
  .addOption(
    new Option('--runs-per-tenant <count>', 'runs one tenant may have in progress (default: 1000)').env(
      env('RUNS_PER_TENANT'),
    ),
  )
  .addOption(
    new Option('--streams-per-tenant <count>', 'streams one tenant may have open (default: 1000)').env(
      env('STREAMS_PER_TENANT'),
    ),
  )
  .addOption(
    new Option('--log-level <level>', 'what is logged')
      .choices(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .env(env('LOG_LEVEL')),
  )
  .option('--simulate', 'a simulator is the upstream: no key, no network, no cost')
  .option('--force', 'allow --auth none on an address that other machines can reach')
  .addHelpText(
    'after',
    `
Every option can also stand in rethread.config.{ts,js,json} or in the environment as RETHREAD_<OPTION>.

Examples:
  $ rethread serve --simulate
  $ rethread serve --store redis://localhost:6379
  $ RETHREAD_UPSTREAM_KEY=sk-… rethread serve --auth keys --tenants tenants.json

Exit codes: 0 stopped by a signal, 1 could not start or serve, 2 wrong usage.`,
  )
  .action(async (flags: ServeFlags) => {
    const { startServer } = await import('../gateway/server.ts');
    const options = await gatewayOptions(flags);
    await startServer(options, {
      host: flags.host,
      port: portOf(flags.port),
      logLevel: flags.logLevel,
      simulate: flags.simulate === true,
    });
  });

async function gatewayOptions(flags: ServeFlags): Promise<GatewayOptions> {
  const { parseGatewayOptions } = await import('../gateway/options.ts');
  const { host, port: _p, logLevel: _l, simulate, force, assistants, models, tenants, auth, ...rest } = flags;
  const mode = simulate && auth === 'passthrough' ? 'none' : auth;
  if (mode === 'none' && !force && !isLoopback(host)) {
    throw new OptionsError(
      `--auth none lets everybody in who can reach ${host}; add --force if that is meant, or use --auth keys`,
    );
  }
  if (mode === 'keys' && !tenants)
    throw new OptionsError('--auth keys needs --tenants FILE, the keys it lets in');
  const { optionsFromFiles } = await import('../config-file.ts');
  return parseGatewayOptions(
    {
      ...(await optionsFromFiles()),
      ...rest,
      auth: mode,
      ...(assistants && { assistants: await jsonFile(assistants, '--assistants') }),
      ...(models && { models: await jsonFile(models, '--models') }),
      ...(tenants && { tenants: await jsonFile(tenants, '--tenants') }),
    },
    'serve',
  );
}

const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|::1|\[::1\])$/.test(host);

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new OptionsError(`--port: expected a number from 0 to 65535, got '${text}'`);
}

async function jsonFile(path: string, flag: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new OptionsError(`${flag}: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OptionsError(`${flag}: ${path} is not JSON: ${(error as Error).message}`);
  }
}
