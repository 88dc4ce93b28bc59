/** What `rethread serve` can be told, beyond the options that hold everywhere. */
import { z } from 'zod';
import { OptionsError, parseOptions, type RethreadOptions } from '../options.ts';

export interface GatewayOptions extends RethreadOptions {
  /** Base URL of the Responses API. @default https://api.openai.com/v1 */
  upstream?: string | undefined;
  /** The gateway's own key upstream; used for every caller with `auth: keys` and `none`. */
  upstreamKey?: string | undefined;
  /**
   * `passthrough`: the caller's bearer key goes upstream, and its data are its own. `keys`: the caller has one of the
   * gateway's keys. `none`: everybody is one tenant; for this machine only.
   */
  auth?: 'passthrough' | 'keys' | 'none' | undefined;
  /** Tenants by name with the keys that belong to them: gateway keys with `auth: keys`, upstream keys with `passthrough`. */
  tenants?: Record<string, { keys: string[] }> | undefined;
  /** Runs that one tenant may have in progress. @default 1000 */
  runsPerTenant?: number | undefined;
  /** Streams that one tenant may have open. @default 1000 */
  streamsPerTenant?: number | undefined;
}

const TENANT_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const count = z.coerce.number().int().positive();

const own = {
  upstream: z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' }).optional(),
  upstreamKey: z.string().min(1).optional(),
  auth: z.enum(['passthrough', 'keys', 'none']).optional(),
  tenants: z
    .record(
      z
        .string()
        .regex(TENANT_NAME, { error: 'a tenant’s name is made of letters, digits, ".", "_" and "-"' }),
      z.strictObject({ keys: z.array(z.string().min(1)).min(1) }),
    )
    .optional(),
  runsPerTenant: count.optional(),
  streamsPerTenant: count.optional(),
};

const schema = z.object(own);

/** @throws OptionsError that names the field and `source` */
export function parseGatewayOptions(options: Record<string, unknown>, source: string): GatewayOptions {
  const names = new Set(Object.keys(own));
  const split = (mine: boolean) =>
    Object.fromEntries(
      Object.entries(options).filter(([name, value]) => value !== undefined && names.has(name) === mine),
    );
  const general = parseOptions(split(false), source);
  const { success, data, error } = schema.safeParse(split(true));
  if (!success) {
    throw new OptionsError(
      `${source}: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    );
  }
  return { ...general, ...data };
}
