/** The flags of commands that run a gateway or a part of it. Each is also an environment variable. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { optionsFromFiles, serveSection } from '../config-file.ts';
import { AUTH_MODES, LOG_LEVELS, parseServeOption, type ServeOptions } from '../gateway/options.ts';
import { OptionsError, optionsFromEnvironment } from '../options.ts';
import { PROFILE_NAMES } from '../upstream/profiles.ts';

interface Flag {
  flag: string;
  description: string;
  choices?: readonly string[];
  kind?: 'number' | 'json' | 'profile';
}

const FLAGS: Record<string, Flag> = {
  host: { flag: '--host <host>', description: 'address to listen on (default: 127.0.0.1)' },
  port: {
    flag: '--port <port>',
    description: 'port to listen on; 0 picks a free one (default: 4010)',
    kind: 'number',
  },
  store: {
    flag: '--store <url>',
    description: 'file:<directory>, sqlite://, redis://, postgres:// or memory: (default: file:.rethread)',
  },
  queue: {
    flag: '--queue <url>',
    description: 'redis://, where several processes that share the store meet (default: none)',
  },
  namespace: {
    flag: '--namespace <name>',
    description: 'keeps several gateways apart in one Redis or database (default: rethread)',
  },
  upstream: {
    flag: '--upstream <url>',
    description: 'base URL of the Responses API (default: that of the profile, or https://api.openai.com/v1)',
  },
  upstreamKey: {
    flag: '--upstream-key <key>',
    description:
      'the gateway’s own key: with --auth keys or none, and to carry on runs whose process died; better set in the environment',
  },
  profile: {
    flag: '--profile <name>',
    description: `what the upstream can do: ${PROFILE_NAMES.join(', ')}, or a JSON file of rethread doctor (default: told by its address)`,
    kind: 'profile',
  },
  auth: {
    flag: '--auth <mode>',
    description:
      'who may come in: callers with their own upstream key, with a key of the gateway, or everybody (default: passthrough)',
    choices: AUTH_MODES,
  },
  tenants: {
    flag: '--tenants <file>',
    description: 'JSON: {"name": {"keys": ["…"]}}; keys may be sha256:<hex>',
    kind: 'json',
  },
  assistants: {
    flag: '--assistants <file>',
    description: 'JSON: assistants by id, so that ids made elsewhere keep working',
    kind: 'json',
  },
  models: { flag: '--models <file>', description: 'JSON: old model names to new ones', kind: 'json' },
  publicURL: {
    flag: '--public-url <url>',
    description:
      'where the gateway is reached from outside; images that tools make get URLs there (default: none)',
  },
  busyThread: {
    flag: '--busy-thread <mode>',
    description: 'a request on a thread with an active run (default: reject)',
    choices: ['reject', 'enqueue', 'interrupt'],
  },
  retention: {
    flag: '--retention <age>',
    description: 'remove threads that were not used for so long, e.g. 30d (default: nothing expires)',
  },
  runExpiry: {
    flag: '--run-expiry <seconds>',
    description: 'until a run that has not ended expires (default: 600)',
    kind: 'number',
  },
  recoverAfter: {
    flag: '--recover-after <seconds>',
    description: 'until runs of a process that died are taken up by another (default: 15)',
    kind: 'number',
  },
  concurrency: {
    flag: '--concurrency <runs>',
    description: 'runs carried out at the same time, 10000 at most (default: 100)',
    kind: 'number',
  },
  maxBodyBytes: {
    flag: '--max-body-bytes <bytes>',
    description: 'largest request body (default: 33554432)',
    kind: 'number',
  },
  runsPerTenant: {
    flag: '--runs-per-tenant <count>',
    description:
      'runs one tenant may have queued or in progress, in all processes that share the queue (default: 1000)',
    kind: 'number',
  },
  streamsPerTenant: {
    flag: '--streams-per-tenant <count>',
    description: 'streams of the Assistants API one tenant may have open in one process (default: 1000)',
    kind: 'number',
  },
  metricsKey: {
    flag: '--metrics-key <key>',
    description: 'bearer key that /metrics asks for (default: none)',
  },
  drainTimeout: {
    flag: '--drain-timeout <seconds>',
    description: 'for runs and streams to end after SIGTERM (default: 30)',
    kind: 'number',
  },
  logLevel: {
    flag: '--log-level <level>',
    description: 'what is logged, on stderr (default: info)',
    choices: LOG_LEVELS,
  },
};

const SWITCHES: Record<string, Omit<Flag, 'kind'>> = {
  simulate: { flag: '--simulate', description: 'a simulator is the upstream: no key, no network, no cost' },
  background: {
    flag: '--background',
    description:
      'have responses made in the background: runs whose process dies go on with the call they had begun (it is stored upstream until then)',
  },
  apiOnly: {
    flag: '--api-only',
    description: 'with --queue: leave runs to other processes, such as rethread worker',
  },
  trustKeys: {
    flag: '--trust-keys',
    description: 'with passthrough: store data for a key without asking the upstream about it',
  },
  assistantsOnly: { flag: '--assistants-only', description: 'pass nothing on to the upstream' },
  force: { flag: '--force', description: 'allow --auth none on an address that other machines can reach' },
};

/** `busyThread` is RETHREAD_BUSY_THREAD, `publicURL` RETHREAD_PUBLIC_URL. Files have their own names: RETHREAD_MODELS holds JSON itself. */
const variable = (name: string, kind?: string) =>
  `RETHREAD_${name.replace(/[A-Z]+/g, '_$&').toUpperCase()}${kind === 'json' ? '_FILE' : ''}`;

/** Gives a command the flags of these options; by default all. */
export function addFlags(
  command: Command,
  names: readonly string[] = Object.keys({ ...FLAGS, ...SWITCHES }),
): void {
  for (const name of names) {
    const { flag, description, choices, kind } = (FLAGS[name] ?? SWITCHES[name]) as Flag;
    const option = new Option(flag, description);
    // Not what commander makes of the flag: --public-url is publicURL.
    option.attributeName = () => name;
    if (name in FLAGS) option.env(variable(name, kind));
    command.addOption(choices ? option.choices(choices) : option);
  }
}

/** What the configuration file, the environment and the flags say, each checked; later ones win. @throws OptionsError */
export async function readFlags(flags: Record<string, unknown>): Promise<ServeOptions> {
  const options: ServeOptions = { ...(await optionsOfFile()), ...optionsFromEnvironment(process.env) };
  for (const [name, { flag }] of Object.entries(SWITCHES)) {
    const text = process.env[variable(name)];
    if (text) Object.assign(options, parseServeOption(name, switchOf(text), `${variable(name)} (${flag})`));
  }
  for (const [name, value] of Object.entries(flags)) {
    const { flag, kind } = (FLAGS[name] ?? SWITCHES[name]) as Flag;
    const [source] = flag.split(' ') as [string];
    Object.assign(options, parseServeOption(name, await readValue(value, kind, source), source));
  }
  return options;
}

/** The section `serve` of rethread.config; what stands outside of it holds for every door, and is read by the engine. */
async function optionsOfFile(): Promise<ServeOptions> {
  const [shared, section] = await Promise.all([optionsFromFiles(), serveSection(process.cwd())]);
  const { store, queue } = shared;
  const options: ServeOptions = {
    ...(store !== undefined && { store }),
    ...(queue !== undefined && { queue }),
  };
  for (const [name, value] of Object.entries(section?.options ?? {}))
    Object.assign(options, parseServeOption(name, value, `${section?.source}: serve.${name}`));
  return options;
}

/** Anything else is told to be neither. */
const switchOf = (text: string) => ({ true: true, '1': true, false: false, '0': false })[text] ?? text;

async function readValue(value: unknown, kind: Flag['kind'], source: string): Promise<unknown> {
  if (kind === 'json') return jsonFile(String(value), source);
  if (kind === 'profile') return /\.json$/i.test(String(value)) ? jsonFile(String(value), source) : value;
  if (kind !== 'number') return value;
  const number = Number(value);
  if (String(value).trim() === '' || Number.isNaN(number)) {
    throw new OptionsError(`${source}: expected a number, got '${value}'`);
  }
  return number;
}

async function jsonFile(path: string, source: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new OptionsError(`${source}: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OptionsError(`${source}: ${path} is not JSON: ${(error as Error).message}`);
  }
}
