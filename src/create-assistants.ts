/** The handler that stands alone, to be mounted in any server; and the way a client's own fetch goes into it. */
import { createEngine, wrongSettings } from './engine.ts';
import { localRoute } from './http/openai/route.ts';
import { refuse } from './http/refuse.ts';
import type { Identity, Listeners } from './http/service.ts';
import {
  OptionsError,
  parseOptions,
  parseUpstream,
  type RethreadOptions,
  type UpstreamAddress,
} from './options.ts';
import { hasRetryKey } from './retry-key.ts';
import { type Caller, callerHeaders } from './upstream/client.ts';
import { resolveProfile } from './upstream/profiles.ts';

/** In process everything belongs to one tenant. */
const TENANT = 'local';

export interface Assistants {
  /** Answers a request to any Assistants route, wherever it is mounted. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /**
   * Takes no new requests, lets runs end, closes the store. Runs that have not ended after `timeout` milliseconds
   * (default 10 000) are left as they are stored: the next process carries them on.
   */
  close(options?: { timeout?: number }): Promise<void>;
}

/** {@link Assistants} with the way in for a client's own fetch. */
export interface MountedAssistants extends Assistants {
  /** For clients of the `openai` package. */
  handle(request: Request, caller: Caller, more?: Listeners & Pick<Identity, 'text'>): Promise<Response>;
}

/**
 * The whole Assistants API as one web-standard handler, to mount in a server or to put in front of a client.
 *
 * @example
 * const assistants = createAssistants({ store: 'file:.rethread' });
 * export const POST = (request: Request) => assistants.fetch(request);
 *
 * @throws OptionsError for options that cannot be used
 */
export function createAssistants(options: RethreadOptions & { upstream?: UpstreamAddress } = {}): Assistants {
  return mountAssistants(options);
}

export function mountAssistants({
  upstream,
  ...options
}: RethreadOptions & { upstream?: UpstreamAddress }): MountedAssistants {
  const address = parseUpstream(upstream, 'options.upstream');
  const parsed = parseOptions(options, 'options');
  const home = resolveProfile(parsed.profile, '').baseURL;
  /** Of this process, the newest of each upstream: they outlive their requests. */
  const clients = new Map<string, Caller>();
  const engine = createEngine(parsed, {
    standIn({ baseURL }) {
      const caller = clients.get(baseURL) ?? ownCaller(address, home);
      return caller?.baseURL === baseURL ? { tenant: TENANT, caller } : undefined;
    },
  });
  return {
    handle(request, caller, more) {
      clients.set(caller.baseURL, caller);
      return engine.handle(request, {
        tenant: TENANT,
        caller,
        dialect: 'openai',
        ownRetries: hasRetryKey(request),
        ...more,
      });
    },
    async fetch(request) {
      try {
        const image = await engine.image(request);
        if (image) return image;
        const caller = callerOf(request, address, home);
        return await engine.handle(request, { tenant: TENANT, caller });
      } catch (error) {
        return refuse(request, wrongSettings(error as Error));
      }
    },
    close: ({ timeout = 10_000 } = {}) => engine.close(timeout),
  };
}

/** What says who a caller is. The rest of a mounted handler's request, cookies above all, is between it and its server. */
function credentials(headers: Headers): Record<string, string> {
  const own = [...headers].filter(([name]) =>
    /^(authorization|api-key|openai-(organization|project)|x-dashscope-workspace)$/.test(name),
  );
  return callerHeaders(own);
}

/** As whom a handler that stands alone goes upstream when no request is there to lend it a key. */
function ownCaller(address: UpstreamAddress | undefined, home: string): Caller | undefined {
  const caller = callerOf(new Request('http://rethread.invalid'), address, home);
  const hasKey = Object.keys(caller.headers).some((name) => /^(authorization|api-key)$/i.test(name));
  return hasKey || address?.fetch ? caller : undefined;
}

/**
 * As whom a handler that stands alone calls upstream.
 * @param home where the profile is at home
 * @throws OptionsError where it would call itself
 */
function callerOf(request: Request, address: UpstreamAddress = {}, home: string): Caller {
  const env = globalThis.process?.env ?? {};
  const baseURL = address.baseURL ?? (env['OPENAI_BASE_URL'] || home);
  refuseItself(baseURL, new URL(request.url), address.baseURL ? 'upstream.baseURL' : 'OPENAI_BASE_URL');
  const apiKey = address.apiKey ?? (request.headers.has('authorization') ? undefined : env['OPENAI_API_KEY']);
  return {
    baseURL: baseURL.replace(/\/+$/, ''),
    headers: {
      ...credentials(request.headers),
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      ...address.headers,
    },
    query: {},
    fetch: (address.fetch ?? globalThis.fetch) as Caller['fetch'],
    fetchOptions: {},
  };
}

/**
 * Programs that are moved onto a handler have its address in OPENAI_BASE_URL, and a handler in the same environment
 * would take it for the upstream's.
 */
function refuseItself(baseURL: string, asked: URL, source: string): void {
  if (!URL.canParse(baseURL)) throw new OptionsError(`${source}: expected a URL, got '${baseURL}'`);
  const { origin, pathname } = new URL(baseURL);
  const mount = localRoute(asked.pathname)?.mount;
  if (origin !== asked.origin || pathname.replace(/\/+$/, '') !== mount) return;
  throw new OptionsError(
    `${source} is the address of this handler itself. Set createAssistants({ upstream: { baseURL } }) to the Responses ` +
      'API that it stands in front of, e.g. https://api.openai.com/v1.',
  );
}
