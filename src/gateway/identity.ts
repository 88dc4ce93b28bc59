/** Who a caller is: whose data they see, and with which key they go upstream (DESIGN decision 11). */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ApiError } from '../assistants/errors.ts';
import type { Identity } from '../http/service.ts';
import { callerHeaders, type Fetch } from '../upstream/client.ts';
import type { GatewayOptions } from './options.ts';

/** Of keys only hashes are kept and compared. */
const hash = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));

/** Part of the scope beside the key: the same key sees other data for another organisation, project or workspace. */
const SCOPE_HEADERS = ['openai-organization', 'openai-project', 'x-dashscope-workspace'];

export type Identify = (request: Request) => Identity;

/** @throws ApiError 401 #27 for a caller without a key, or with one that `auth: keys` does not know */
export function createIdentify(options: GatewayOptions, fetch: Fetch): Identify {
  const { auth = 'passthrough', upstreamKey } = options;
  const baseURL = (options.upstream ?? 'https://api.openai.com/v1').replace(/\/+$/, '');
  const named = Object.entries(options.tenants ?? {}).flatMap(([name, { keys }]) =>
    keys.map((key) => ({ name, digest: hash(key) })),
  );

  return (request) => {
    const key = bearerKey(request.headers);
    const headers = callerHeaders(request.headers);
    if (auth !== 'passthrough' && upstreamKey !== undefined)
      headers['authorization'] = `Bearer ${upstreamKey}`;
    const caller = { baseURL, headers, query: {}, fetch, fetchOptions: { redirect: 'manual' } };
    if (auth === 'none') return { tenant: withScope('local', request.headers), caller };
    if (key === undefined) throw missingKey();
    const owner = ownerOf(hash(key), named);
    if (owner === undefined && auth === 'keys') throw wrongKey(key);
    return {
      tenant: withScope(owner === undefined ? keyTenant(key) : `tenant:${owner}`, request.headers),
      caller,
    };
  };
}

/** The name under which a key's data are kept while no tenant claims it. */
export const keyTenant = (key: string) => `key:${hash(key)}`;

/** `Authorization: Bearer …`, or Azure's `api-key`. */
function bearerKey(headers: Headers): string | undefined {
  const [, token] = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '') ?? [];
  return token ?? headers.get('api-key') ?? undefined;
}

/** Looks at every key, whether or not one has matched: the time taken tells nothing about any of them. */
function ownerOf(digest: string, named: readonly { name: string; digest: string }[]): string | undefined {
  let owner: string | undefined;
  for (const candidate of named) if (equal(candidate.digest, digest)) owner = candidate.name;
  return owner;
}

/** Compares two digests of one length in constant time. */
function equal(a: string, b: string): boolean {
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function withScope(tenant: string, headers: Headers): string {
  const scope = SCOPE_HEADERS.map((name) => headers.get(name) ?? '');
  return scope.every((value) => value === '') ? tenant : `${tenant}/${hash(scope.join('\n')).slice(0, 32)}`;
}

function missingKey(): ApiError {
  return new ApiError(
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
      '(i.e. Authorization: Bearer YOUR_KEY).',
    { status: 401 },
  );
}

/** #27; of the key no more is shown than what the original showed. */
function wrongKey(key: string): ApiError {
  const shown = key.length > 12 ? `${key.slice(0, 3)}***${key.slice(-4)}` : '***';
  return new ApiError(
    `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    { status: 401, code: 'invalid_api_key' },
  );
}
