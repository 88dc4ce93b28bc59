/** Who a caller is: whose data they see, and with which key they go upstream (DESIGN decision 11). */

import { hash } from '../store/hash.ts';
import { ownerOf } from '../tenants.ts';
import { type Caller, callerHeaders, type Fetch } from '../upstream/client.ts';
import { resolveProfile } from '../upstream/profiles.ts';
import { forwarded, scopeHeaders } from './headers.ts';
import { digestOf, findKey, keyOf, missingKey, wrongKey } from './keys.ts';
import type { GatewayOptions } from './options.ts';

export interface Visitor {
  /** Whose data: `tenant:<name>`, `key:<hash>`, or `local`. */
  owner: string;
  /** What organisation, project and workspace headers add to the owner: '' or `/<hash>`. */
  scope: string;
  /** How to go upstream for this caller; made when it is asked for, since most requests go no further than the store. */
  readonly caller: Caller;
  /** Hash of a key that nobody here has vouched for: the upstream knows whether it is good. */
  unknownKey: string | undefined;
}

class OneVisitor implements Visitor {
  readonly owner: string;
  readonly scope: string;
  readonly unknownKey: string | undefined;
  readonly #makeCaller: () => Caller;
  #caller: Caller | undefined;

  constructor(owner: string, scope: string, unknownKey: string | undefined, makeCaller: () => Caller) {
    this.owner = owner;
    this.scope = scope;
    this.unknownKey = unknownKey;
    this.#makeCaller = makeCaller;
  }

  get caller(): Caller {
    this.#caller ??= this.#makeCaller();
    return this.#caller;
  }
}

export interface Identities {
  /** Where all callers go. */
  baseURL: string;
  /** @throws ApiError 401 #27 for a caller without a key, or with one that `auth: keys` does not know */
  identify(request: Request): Visitor;
  /**
   * How to go upstream for a tenant's data while the tenant is not there: with its own upstream key if the
   * configuration has one, or with the gateway's. Undefined where there is neither.
   * @param data the name that its data are kept under
   */
  standIn(data: string): Caller | undefined;
}

/** Where the profile is at home; without one, OpenAI. */
export const defaultUpstream = ({ profile }: Pick<GatewayOptions, 'profile'>): string =>
  resolveProfile(profile, '').baseURL;

/** The name under which a key's data are kept while no tenant claims it. */
export const keyOwner = (digest: string) => `key:${digest}`;
export const tenantOwner = (name: string) => `tenant:${name}`;

export function createIdentities(options: GatewayOptions, fetch: Fetch): Identities {
  const { auth = 'passthrough', tenants = {}, keys = [] } = options;
  const upstream = new URL(options.upstream ?? defaultUpstream(options));
  const baseURL = upstream.origin + upstream.pathname.replace(/\/+$/, '');
  const { keyHeader } = resolveProfile(options.profile, baseURL);
  const known = [
    ...Object.entries(tenants).flatMap(([name, tenant]) =>
      tenant.keys.map((key) => ({ owner: tenantOwner(name), digest: digestOf(key), ...tenant })),
    ),
    ...keys.map(digestOf).map((digest) => ({ owner: keyOwner(digest), digest, upstreamKey: undefined })),
  ];

  function callerOf(request: Request, upstreamKey: string | undefined): Caller {
    const headers = callerHeaders(forwarded(request.headers, upstreamKey === undefined));
    const version = new URL(request.url).searchParams.get('api-version');
    return callerWith(
      upstreamKey ?? keyOf(request.headers),
      headers,
      version ? { 'api-version': version } : {},
    );
  }

  function callerWith(
    key: string | undefined,
    headers: Record<string, string>,
    query: Record<string, string>,
  ): Caller {
    if (key !== undefined) headers[keyHeader] = keyHeader === 'api-key' ? key : `Bearer ${key}`;
    return {
      baseURL,
      headers,
      query: { ...query, ...Object.fromEntries(upstream.searchParams) },
      fetch,
      // The gateway calls its upstream and no other host.
      fetchOptions: { redirect: 'manual' },
    };
  }

  function visitor(
    owner: string,
    scope: string,
    unknownKey: string | undefined,
    request: Request,
    upstreamKey: string | undefined,
  ): Visitor {
    return new OneVisitor(owner, scope, unknownKey, () => callerOf(request, upstreamKey));
  }

  function identify(request: Request): Visitor {
    const scopes = scopeHeaders(request.headers);
    const scope = scopes.some((value) => value !== '') ? `/${hash(JSON.stringify(scopes)).slice(0, 32)}` : '';
    if (auth === 'none') return visitor('local', scope, undefined, request, options.upstreamKey);
    const key = keyOf(request.headers);
    if (key === undefined) throw missingKey();
    const digest = hash(key);
    const found = findKey(known, digest);
    if (auth === 'passthrough') {
      const owner = found?.owner ?? keyOwner(digest);
      return visitor(owner, scope, digest, request, undefined);
    }
    if (!found) throw wrongKey(key);
    return visitor(found.owner, scope, undefined, request, found.upstreamKey ?? options.upstreamKey);
  }

  return {
    baseURL,
    identify,
    standIn(data) {
      const owner = ownerOf(data);
      // Data may still be kept under the name of a key that a tenant lists now.
      const tenant = known.find((one) => one.owner === owner || keyOwner(one.digest) === owner);
      const key = tenant?.upstreamKey ?? options.upstreamKey;
      return key === undefined ? undefined : callerWith(key, {}, {});
    },
  };
}
