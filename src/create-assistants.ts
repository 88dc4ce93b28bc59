/** The one place that builds everything: store, clockwork, upstream and handler, from the options (DESIGN §3). */
import type PQueue from 'p-queue';
import { syncDeclared } from './assistants/assistants.ts';
import type { Domain } from './assistants/domain.ts';
import { ApiError } from './assistants/errors.ts';
import { optionsFromFiles } from './config-file.ts';
import { createHandler, type Handler } from './http/app.ts';
import { errorResponse, newRequestId } from './http/openai/envelope.ts';
import type { Service } from './http/service.ts';
import {
  mergeOptions,
  OptionsError,
  optionsFromEnvironment,
  parseOptions,
  type RethreadOptions,
  type UpstreamAddress,
} from './options.ts';
import { createBus } from './runs/bus.ts';
import { createTurnstiles } from './runs/busy.ts';
import type { Clockwork, Execution, Scope } from './runs/scope.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { type Caller, callerHeaders, createUpstream } from './upstream/client.ts';
import { type Profile, profileFor, profiles } from './upstream/profile.ts';

/** In process everything belongs to one tenant. */
const TENANT = 'local';

export interface Assistants {
  /** Answers a request to any Assistants route, wherever it is mounted. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /**
   * Takes no new requests, lets runs end, closes the store. Runs that have not ended after `timeout` milliseconds
   * (default 10 000) are left as they are stored: whoever reads them next carries them on.
   */
  close(options?: { timeout?: number }): Promise<void>;
}

/** {@link Assistants} with the way in for a client's own fetch. */
export interface Engine extends Assistants {
  handle: Handler;
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
  return createEngine(options);
}

export function createEngine({
  upstream: address,
  ...options
}: RethreadOptions & { upstream?: UpstreamAddress }): Engine {
  const given = parseOptions(options, 'options');
  let started: Promise<Works> | undefined;
  let closing = false;
  const works = () => {
    started ??= start(given);
    // A store that could not be opened is tried again by the next request.
    started.catch(() => {
      started = undefined;
    });
    return started;
  };

  const handle: Handler = async (request, caller) => {
    try {
      if (closing) throw unavailable('rethread is closing.');
      const { handler } = await works();
      return await handler(request, caller ?? callerOf(request, address));
    } catch (error) {
      return errorResponse(asAnswer(error), newRequestId());
    }
  };
  return {
    handle,
    fetch: (request) => handle(request),
    async close({ timeout = 10_000 } = {}) {
      closing = true;
      const running = await started?.catch(() => undefined);
      await running?.stop(timeout);
    },
  };
}

interface Works {
  handler: Handler;
  stop(timeout: number): Promise<void>;
}

async function start(given: RethreadOptions): Promise<Works> {
  const env = globalThis.process?.env ?? {};
  const options = mergeOptions(await optionsFromFiles(), optionsFromEnvironment(env), given);
  const log = options.log ?? logToConsole;
  const [store, { default: Queue }] = await Promise.all([
    openStore(options.store ?? 'file:.rethread', { warn: (message) => log('warn', message) }),
    import('p-queue'),
  ]);
  const clockwork = createClockwork(new Queue({ concurrency: options.concurrency ?? 100 }), options, log);
  const domain = await openDomain(store, options);
  const service = createService(domain, clockwork, options);
  return { handler: createHandler(service), stop: (timeout) => drain(clockwork, store, timeout) };
}

async function openDomain(store: Store, options: RethreadOptions): Promise<Domain> {
  const domain: Domain = {
    store: store.scoped(TENANT),
    now: Date.now,
    runExpiry: options.runExpiry ?? 600,
    declared: options.assistants ?? {},
  };
  await syncDeclared(domain);
  return domain;
}

function createClockwork(queue: PQueue, options: RethreadOptions, log: Clockwork['log']): Clockwork {
  return {
    bus: createBus(),
    queue,
    live: new Map<string, Execution>(),
    waitUntil: options.waitUntil ?? (() => {}),
    log,
  };
}

function createService(domain: Domain, clockwork: Clockwork, options: RethreadOptions): Service {
  const models = options.models ?? {};
  return {
    async scopeFor(_request, caller) {
      if (!caller) throw unavailable('No upstream is known for this request.');
      const upstream = createUpstream(caller, {
        profile: profileOf(options.profile, caller),
        maxRetries: options.maxRetries,
        timeout: options.timeout,
      });
      return { domain, upstream, clockwork, modelFor: (model) => models[model] ?? model } satisfies Scope;
    },
    busyThread: options.busyThread ?? 'reject',
    whenFree: createTurnstiles(),
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    keepAliveMs: options.keepAlive ?? 15_000,
    pollHoldMs: 20_000,
    streamEventIds: options.streamEventIds ?? false,
    onError: (error, details) => clockwork.log('error', 'A request failed.', { ...details, error }),
  };
}

function profileOf(profile: RethreadOptions['profile'], caller: Caller): Profile {
  if (typeof profile === 'object') return profile;
  return profile ? profiles[profile] : profileFor(caller.baseURL);
}

/** Lets what is running end, for `timeout` milliseconds; what is left stays stored as it is. */
async function drain({ live, bus }: Clockwork, store: Store, timeout: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timeout);
  });
  await Promise.race([Promise.all([...live.values()].map(({ done }) => done)), late]);
  clearTimeout(timer);
  await Promise.all([...live.values()].map((execution) => execution.abandon()));
  bus.close();
  await store.close();
}

/** As whom a handler that stands alone calls upstream. */
function callerOf(request: Request, address: UpstreamAddress = {}): Caller {
  const env = globalThis.process?.env ?? {};
  const baseURL = address.baseURL ?? env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  const apiKey = address.apiKey ?? (request.headers.has('authorization') ? undefined : env['OPENAI_API_KEY']);
  return {
    baseURL: baseURL.replace(/\/+$/, ''),
    headers: {
      ...callerHeaders(request.headers),
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      ...address.headers,
    },
    query: {},
    fetch: (address.fetch ?? globalThis.fetch) as Caller['fetch'],
    fetchOptions: {},
  };
}

function unavailable(message: string): ApiError {
  return new ApiError(message, { status: 503, type: 'server_error' });
}

/** Wrong settings are told to whoever calls, for they are the one who can mend them; a retry cannot. */
function asAnswer(error: unknown): unknown {
  if (!(error instanceof OptionsError) && (error as Error)?.name !== 'StoreError') return error;
  return new ApiError((error as Error).message, {
    status: 500,
    type: 'server_error',
    headers: { 'x-should-retry': 'false' },
    cause: error,
  });
}

const logToConsole: Clockwork['log'] = (level, message, details = {}) => {
  if (level === 'info') return;
  const { error, ...rest } = details;
  const told = error instanceof Error ? { ...rest, error: `${error.name}: ${error.message}` } : details;
  console[level](`[rethread] ${message}`, told);
};
