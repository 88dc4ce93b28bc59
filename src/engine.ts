/**
 * The one place that builds everything: store, clockwork, upstream and handler, from the options.
 *
 * Each tenant has a view of the store, runs and events of its own; nothing of one can be named from another.
 */
import type PQueue from 'p-queue';
import { syncDeclared } from './assistants/assistants.ts';
import type { Domain } from './assistants/domain.ts';
import { ApiError } from './assistants/errors.ts';
import { optionsFromFiles } from './config-file.ts';
import { createHandler, type Handler } from './http/app.ts';
import { errorResponse, newRequestId } from './http/openai/envelope.ts';
import type { Identity, Service } from './http/service.ts';
import { mergeOptions, OptionsError, optionsFromEnvironment, type RethreadOptions } from './options.ts';
import { createBus } from './runs/bus.ts';
import type { Clockwork, ObserveRun } from './runs/scope.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { createUpstream } from './upstream/client.ts';
import { type Profile, profileFor, profiles } from './upstream/profile.ts';

export interface Engine {
  /** Answers a request to an Assistants route. Never rejects. */
  handle: Handler;
  /** Opens the store, if that has not been done yet. @throws StoreError, OptionsError */
  open(): Promise<Store>;
  /** Runs in progress, of one tenant or over all. */
  live(tenant?: string): number;
  close(timeout: number): Promise<void>;
}

export interface Hooks {
  observeRun?: ObserveRun;
}

/** @param given validated options; files and environment variables fill in what they leave out */
export function createEngine(given: RethreadOptions, hooks: Hooks = {}): Engine {
  let works: Promise<Works> | undefined;
  let closing = false;
  const start = () => {
    works ??= build(given, hooks);
    // What could not be opened is tried again by the next request.
    works.catch(() => {
      works = undefined;
    });
    return works;
  };
  let running: Works | undefined;

  return {
    async handle(request, identity) {
      try {
        if (closing) throw new ApiError('rethread is closing.', { status: 503, type: 'server_error' });
        running = await start();
        return await running.handler(request, identity);
      } catch (error) {
        return errorResponse(asAnswer(error), newRequestId());
      }
    },
    open: async () => (await start()).store,
    live: (tenant) => running?.live(tenant) ?? 0,
    async close(timeout) {
      closing = true;
      await (await works?.catch(() => undefined))?.stop(timeout);
    },
  };
}

interface Works {
  store: Store;
  handler: Handler;
  live(tenant?: string): number;
  stop(timeout: number): Promise<void>;
}

interface Tenant {
  domain: Domain;
  clockwork: Clockwork;
}

async function build(given: RethreadOptions, { observeRun = (_run, work) => work() }: Hooks): Promise<Works> {
  const env = globalThis.process?.env ?? {};
  const options = mergeOptions(await optionsFromFiles(), optionsFromEnvironment(env), given);
  const log = options.log ?? logToConsole;
  const [store, { default: Queue }] = await Promise.all([
    openStore(options.store ?? 'file:.rethread', { warn: (message) => log('warn', message) }),
    import('p-queue'),
  ]);
  const queue = new Queue({ concurrency: options.concurrency ?? 100 });
  const tenants = new Map<string, Promise<Tenant>>();
  const tenantOf = (name: string) => {
    const tenant = tenants.get(name) ?? openTenant(name, store, queue, options, log);
    tenants.set(name, tenant);
    tenant.catch(() => tenants.delete(name));
    return tenant;
  };
  const opened = new Map<string, Clockwork>();
  return {
    store,
    handler: createHandler(createService(async (name) => tenantOf(name), options, log)),
    live: (tenant) =>
      tenant === undefined
        ? [...opened.values()].reduce((sum, { live }) => sum + live.size, 0)
        : (opened.get(tenant)?.live.size ?? 0),
    stop: (timeout) => drain([...opened.values()], store, timeout),
  };

  async function openTenant(
    name: string,
    shared: Store,
    jobs: PQueue,
    { runExpiry = 600, assistants = {}, waitUntil = () => {} }: RethreadOptions,
    tell: Clockwork['log'],
  ): Promise<Tenant> {
    const domain: Domain = { store: shared.scoped(name), now: Date.now, runExpiry, declared: assistants };
    await syncDeclared(domain);
    const clockwork: Clockwork = {
      bus: createBus(),
      queue: jobs,
      live: new Map(),
      held: new Set(),
      turnstiles: new Map(),
      observeRun,
      waitUntil,
      log: tell,
    };
    opened.set(name, clockwork);
    return { domain, clockwork };
  }
}

function createService(
  tenantOf: (name: string) => Promise<Tenant>,
  options: RethreadOptions,
  log: Clockwork['log'],
): Service {
  const models = options.models ?? {};
  return {
    async scopeFor({ tenant, caller }: Identity) {
      const upstream = createUpstream(caller, {
        profile: profileOf(options.profile, caller.baseURL),
        maxRetries: options.maxRetries,
        timeout: options.timeout,
      });
      return { ...(await tenantOf(tenant)), upstream, modelFor: (model) => models[model] ?? model };
    },
    busyThread: options.busyThread ?? 'reject',
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    keepAliveMs: options.keepAlive ?? 15_000,
    pollHoldMs: 20_000,
    streamEventIds: options.streamEventIds ?? false,
    onError: (error, details) => log('error', 'A request failed.', { ...details, error }),
  };
}

function profileOf(profile: RethreadOptions['profile'], baseURL: string): Profile {
  if (typeof profile === 'object') return profile;
  return profile ? profiles[profile] : profileFor(baseURL);
}

/** Lets what is running end, for `timeout` milliseconds; what is left stays stored as it is. */
async function drain(clockworks: Clockwork[], store: Store, timeout: number): Promise<void> {
  const live = () => clockworks.flatMap((clockwork) => [...clockwork.live.values()]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timeout);
  });
  await Promise.race([Promise.all(live().map(({ done }) => done)), late]);
  clearTimeout(timer);
  // First, so that nobody takes up again what is abandoned here.
  for (const { bus } of clockworks) bus.close();
  await Promise.all(live().map((execution) => execution.abandon()));
  await store.close();
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
