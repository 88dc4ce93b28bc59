/** Who a caller is: whose data they see, and with which key they go upstream (DESIGN decision 11). */
import { type Caller, callerHeaders, type Fetch } from '../upstream/client.ts';
import { profileFor } from '../upstream/profile.ts';
import { forwarded, scopeHeaders } from './headers.ts';
import { digestOf, findKey, hash, keyOf, missingKey, wrongKey } from './keys.ts';
import type { GatewayOptions } from './options.ts';

export interface Visitor {
  /** Whose data: `tenant:<name>`, `key:<hash>`, or `local`. */
  owner: string;
  /** What organisation, project and workspace headers add to the owner: '' or `/<hash>`. */
  scope: string;
  /** How to go upstream for this caller. */
  caller: Caller;
  /** Hash of a key that nobody here has vouched for: the upstream knows whether it is good. */
  unknownKey: string | undefined;
}

export type Identify = (request: Request) => Visitor;

export const DEFAULT_UPSTREAM = 'https://api.openai.com/v1';

/** The name under which a key's data are kept while no tenant claims it. */
export const keyOwner = (digest: string) => `key:${digest}`;
export const tenantOwner = (name: string) => `tenant:${name}`;

/** @throws ApiError 401 #27 for a caller without a key, or with one that `auth: keys` does not know */
export function createIdentify(options: GatewayOptions, fetch: Fetch): Identify {
  const { auth = 'passthrough', tenants = {}, keys = [] } = options;
  const upstream = new URL(options.upstream ?? DEFAULT_UPSTREAM);
  const baseURL = upstream.origin + upstream.pathname.replace(/\/+$/, '');
  const { profile = profileFor(baseURL) } = options;
  const azure = (typeof profile === 'object' ? profile.name : profile) === 'azure';
  const known = [
    ...Object.entries(tenants).flatMap(([name, tenant]) =>
      tenant.keys.map((key) => ({ owner: tenantOwner(name), digest: digestOf(key), ...tenant })),
    ),
    ...keys.map(digestOf).map((digest) => ({ owner: keyOwner(digest), digest, upstreamKey: undefined })),
  ];

  function callerOf(request: Request, upstreamKey: string | undefined): Caller {
    const headers = callerHeaders(forwarded(request.headers, upstreamKey === undefined));
    const key = upstreamKey ?? keyOf(request.headers);
    if (key !== undefined && azure) headers['api-key'] = key;
    else if (key !== undefined) headers['authorization'] = `Bearer ${key}`;
    const version = new URL(request.url).searchParams.get('api-version');
    return {
      baseURL,
      headers,
      query: { ...(version && { 'api-version': version }), ...Object.fromEntries(upstream.searchParams) },
      fetch,
      // The gateway calls its upstream and no other host.
      fetchOptions: { redirect: 'manual' },
    };
  }

  return (request) => {
    const scopes = scopeHeaders(request.headers);
    const scope = scopes.some((value) => value !== '') ? `/${hash(JSON.stringify(scopes)).slice(0, 32)}` : '';
    if (auth === 'none')
      return { owner: 'local', scope, caller: callerOf(request, options.upstreamKey), unknownKey: undefined };
    const key = keyOf(request.headers);
    if (key === undefined) throw missingKey();
    const digest = hash(key);
    const found = findKey(known, digest);
    if (auth === 'passthrough') {
      const owner = found?.owner ?? keyOwner(digest);
      return { owner, scope, caller: callerOf(request, undefined), unknownKey: digest };
    }
    if (!found) throw wrongKey(key);
    const caller = callerOf(request, found.upstreamKey ?? options.upstreamKey);
    return { owner: found.owner, scope, caller, unknownKey: undefined };
  };
}
