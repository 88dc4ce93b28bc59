/** What `rethread serve` can be told, beyond the options that hold everywhere. */
import { z } from 'zod';
import { OptionsError, parseOptions, type RethreadOptions } from '../options.ts';

/** The keys of a tenant, in plain or as `sha256:<hex>`. */
export interface TenantOptions {
  keys: string[];
  /** Its own key upstream, with `auth: keys`; tenants without one share the gateway's. */
  upstreamKey?: string | undefined;
}

export interface GatewayOptions extends RethreadOptions {
  /** Base URL of the Responses API; parameters in it, e.g. `?api-version=…`, go with every call. @default https://api.openai.com/v1 */
  upstream?: string | undefined;
  /** The gateway's own key upstream: for everything with `auth: keys` and `none`; with `passthrough` only for runs whose process has gone. */
  upstreamKey?: string | undefined;
  /**
   * `passthrough`: the caller's bearer key goes upstream, and its data are its own. `keys`: the caller has one of the
   * gateway's keys. `none`: everybody is one tenant; for this machine only.
   */
  auth?: 'passthrough' | 'keys' | 'none' | undefined;
  /** Tenants by name with the keys that belong to them: gateway keys with `auth: keys`, upstream keys with `passthrough`. */
  tenants?: Record<string, TenantOptions> | undefined;
  /** Gateway keys that are a tenant each. */
  keys?: string[] | undefined;
  /** With `passthrough`: does not ask the upstream whether it knows a key before data are stored for it. @default false */
  trustKeys?: boolean | undefined;
  /** Serves the Assistants API only. @default false */
  assistantsOnly?: boolean | undefined;
  /** Leaves runs that stand in the queue to other processes, e.g. of `rethread worker`. @default false */
  apiOnly?: boolean | undefined;
  /** Runs that one tenant may have queued or in progress: with `queue` in all processes that share it, else in this one. @default 1000 */
  runsPerTenant?: number | undefined;
  /** Streams and passed-through requests that one tenant may have open in this process. @default 1000 */
  streamsPerTenant?: number | undefined;
  /** Bearer key for /metrics. Without one, /metrics is there only while nobody but this machine can reach the gateway. */
  metricsKey?: string | undefined;
  /** The gateway was told to let everybody in who can reach it. */
  force?: boolean | undefined;
}

export interface ServeOptions extends GatewayOptions {
  /** @default 127.0.0.1 */
  host?: string | undefined;
  /** 0 picks a free one. @default 4010 */
  port?: number | undefined;
  /** @default info */
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent' | undefined;
  /** The simulator is the upstream. @default false */
  simulate?: boolean | undefined;
  /** Seconds that runs and streams get to end when the process is told to stop. @default 30 */
  drainTimeout?: number | undefined;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const AUTH_MODES = ['passthrough', 'keys', 'none'] as const;

const TENANT_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const KEY = /^[\x21-\x7e]+$/;
const HASHED_KEY = /^sha256:[0-9a-f]{64}$/i;

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text that is not empty');
const flag = z.boolean({ error: 'expected true or false' });
const wholeFrom = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z
    .number({ error: `expected a whole number` })
    .int('expected a whole number')
    .min(least, `expected a number from ${least}`)
    .max(most, `expected a number from ${least} to ${most}`);

const key = text
  .regex(KEY, 'a key has no spaces and no characters beyond ASCII')
  .refine(
    (value) => !value.startsWith('sha256:') || HASHED_KEY.test(value),
    'expected 64 hex digits after sha256:',
  );
const keys = z.array(key, { error: 'expected a list of keys' }).min(1, 'expected at least one key');

const tenants = z
  .record(
    z.string(),
    z.union([
      key.transform((one): TenantOptions => ({ keys: [one] })),
      keys.transform((all): TenantOptions => ({ keys: all })),
      z.strictObject({ keys, upstreamKey: key.optional() }),
    ]),
    { error: 'expected {"name": {"keys": ["…"]}}' },
  )
  .superRefine((given, context) => {
    for (const name of Object.keys(given)) {
      if (TENANT_NAME.test(name)) continue;
      context.addIssue({
        code: 'custom',
        message: `a tenant's name is made of letters, digits, ".", "_" and "-", got '${name}'`,
      });
    }
  });

const upstream = z.string({ error: 'expected an http(s) URL' }).superRefine((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const problem =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? `expected an http(s) URL, got '${value}'`
      : url.username || url.password
        ? 'a URL with a name or password in it would show them; use --upstream-key'
        : url.hash
          ? 'the part from # on has no meaning here'
          : undefined;
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const own = {
  upstream,
  upstreamKey: key,
  auth: z.enum(AUTH_MODES, { error: `expected ${AUTH_MODES.join(', ')}` }),
  tenants,
  keys,
  trustKeys: flag,
  assistantsOnly: flag,
  apiOnly: flag,
  runsPerTenant: wholeFrom(1),
  streamsPerTenant: wholeFrom(1),
  metricsKey: key,
  force: flag,
  host: text.regex(/^[^\s/]+$/, 'expected a host name or an address'),
  port: wholeFrom(0, 65_535),
  logLevel: z.enum(LOG_LEVELS, { error: `expected ${LOG_LEVELS.join(', ')}` }),
  simulate: flag,
  drainTimeout: z.number({ error: 'expected a number of seconds' }).min(0, 'expected a number of seconds'),
} satisfies Partial<Record<keyof ServeOptions, z.ZodType>>;

const isOwn = (field: string): field is keyof typeof own => Object.hasOwn(own, field);

/**
 * One option, checked.
 * @param source where it came from, e.g. `--port`; stands at the beginning of the message
 * @throws OptionsError
 */
export function parseServeOption(field: string, value: unknown, source: string): Partial<ServeOptions> {
  if (!isOwn(field)) {
    try {
      return parseOptions({ [field]: value }, source);
    } catch (error) {
      throw new OptionsError((error as Error).message.replace(`${source}: ${field}: `, `${source}: `));
    }
  }
  const { success, data, error } = own[field].safeParse(value);
  if (success) return { [field]: data };
  const [issue] = error.issues;
  throw new OptionsError(`${[source, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
}

/** What does not go together, whatever the options came from. @throws OptionsError */
export function checkTogether(options: ServeOptions): void {
  const { auth = 'passthrough', host = '127.0.0.1', tenants = {}, keys: loose = [], simulate } = options;
  if (simulate && options.upstream) throw new OptionsError('--simulate and --upstream exclude each other');
  if (auth === 'none' && !options.force && !isLoopback(host)) {
    throw new OptionsError(
      `--auth none lets everybody in who can reach ${host}; add --force if that is meant, or use --auth keys`,
    );
  }
  checkOwners(tenants, loose);
  const all = Object.entries(tenants);
  if (auth !== 'keys') {
    const [name] = all.find(([, tenant]) => tenant.upstreamKey) ?? [];
    if (name) throw new OptionsError(`tenants.${name}.upstreamKey is used with --auth keys only`);
    if (loose.length > 0) throw new OptionsError('RETHREAD_KEYS are used with --auth keys only');
    return;
  }
  if (all.length + loose.length === 0) {
    throw new OptionsError('--auth keys needs the keys it lets in: --tenants FILE, or RETHREAD_KEYS');
  }
  if (options.upstreamKey || simulate) return;
  if (loose.length > 0 || all.some(([, tenant]) => !tenant.upstreamKey)) {
    throw new OptionsError(
      '--auth keys needs RETHREAD_UPSTREAM_KEY, the key with which the gateway itself calls the upstream',
    );
  }
}

function checkOwners(tenants: Record<string, TenantOptions>, loose: string[]): void {
  const owners = new Map<string, string>();
  const all = [
    ...Object.entries(tenants).map(([name, { keys: its }]) => [name, its] as const),
    ['', loose] as const,
  ];
  for (const [name, its] of all) {
    for (const one of its) {
      const other = owners.get(one);
      if (other === undefined) owners.set(one, name);
      else
        throw new OptionsError(
          `tenants: '${other || name}' has a key that ${other === name ? 'is listed twice' : 'another tenant has too'}`,
        );
    }
  }
}

/** Whether only this machine reaches an address. */
export const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
