/**
 * Builds everything that an engine works with: store, clockwork, upstream and handler, from the options.
 *
 * Each tenant has a view of the store, runs and events of its own; nothing of one can be named from another.
 */
import { Semaphore } from 'async-mutex';
import { syncDeclared } from './assistants/assistants.ts';
import type { Domain } from './assistants/domain.ts';
import { closing } from './assistants/errors.ts';
import type { Ledger } from './assistants/ledger.ts';
import type { Run } from './assistants/types.ts';
import { optionsFromFiles } from './config-file.ts';
import { durationMs } from './duration.ts';
import { createImages, type Images } from './files/images.ts';
import { createHandler, type Handler } from './http/app.ts';
import type { Identity, Service } from './http/service.ts';
import {
  checkQueue,
  mergeOptions,
  OptionsError,
  optionsFromEnvironment,
  type RethreadOptions,
} from './options.ts';
import type { Shared } from './queue/shared.ts';
import { type Common, RequestScope } from './request-scope.ts';
import { type ActiveRun, type ActiveRuns, createActiveRuns } from './runs/active.ts';
import { createBus } from './runs/bus.ts';
import { workOn } from './runs/delegate.ts';
import { finishDeletions } from './runs/deletion.ts';
import { createLanes } from './runs/lanes.ts';
import { type Recovery, startRecovery } from './runs/recover.ts';
import { type Retention, startRetention } from './runs/retention.ts';
import { createRetrieve } from './runs/retrieve.ts';
import type { Clockwork, ObserveRun, RunCount } from './runs/scope.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { createTenants, ownerOf, type Tenants } from './tenants.ts';
import { builtInTools } from './tools/built-in.ts';
import { OPENAIS_OWN } from './tools/define.ts';
import { pluginTools } from './tools/plugins.ts';
import { createRegistry, type Registry } from './tools/registry.ts';
import { createUpstream } from './upstream/client.ts';
import type { Profile } from './upstream/profile.ts';
import { resolveProfile } from './upstream/profiles.ts';

/** What goes on around the runs of a gateway. */
export interface Hooks {
  /** The names under which tenants have data; of one process that is alone, there is one: `local`. */
  everyTenant?(store: Store): Promise<string[]>;
  observeRun?: ObserveRun;
  /**
   * Asked before a run is begun or carried on.
   * @param held runs of the same owner that are in progress: with `queue` in all processes that share it
   * @throws ApiError 429
   */
  admitRun?(tenant: string, held: number): void;
  /** As whom a run is carried on whose process has gone, while its owner is not there; undefined: not before he is. */
  standIn?(run: Pick<ActiveRun, 'tenant' | 'baseURL'>): Identity | undefined;
  /** Whether a tenant's runs may be carried out by any process that shares the queue, with a key that is not the caller's. */
  delegates?(tenant: string): boolean;
  /** This process carries out runs that stand in the queue. */
  works?: boolean;
}

/** How long a lock outlives its holder at most. */
const LOCK_MS = 10_000;

/** No process carries out more runs, and async-mutex counts its places one by one. */
const MOST_AT_ONCE = 10_000;

export interface Works {
  store: Store;
  active: ActiveRuns;
  shared: Shared | undefined;
  recovery: Recovery;
  retention: Retention | undefined;
  handler: Handler;
  tenants: Tenants;
  images: Images;
}

/** @throws StoreError, OptionsError */
export async function build(
  given: RethreadOptions,
  hooks: Hooks,
  state: { draining: boolean },
  opener?: Clockwork['log'],
): Promise<Works> {
  const { observeRun = (_run, work) => work() } = hooks;
  const { admitRun, standIn = () => undefined, everyTenant = async () => ['local'] } = hooks;
  const env = globalThis.process?.env ?? {};
  const options = mergeOptions(await optionsFromFiles(), optionsFromEnvironment(env), given);
  checkQueue(options);
  const { runExpiry = 600, assistants = {}, waitUntil = () => {}, log = logToConsole } = options;
  const registry = registryOf(options);
  checkDeclared(assistants, registry);
  const leaseMs = (options.recoverAfter ?? 15) * 1000;
  const [store, { memoryLedger }] = await Promise.all([
    openStore(options.store ?? 'file:.rethread', {
      warn: (message) => (opener ?? log)('warn', message),
      // A process that died inside a critical section keeps others waiting no longer than one that died in a run.
      lockTtlMs: Math.min(leaseMs, LOCK_MS),
      ...(options.queue && { locks: options.queue }),
      ...(options.namespace && { namespace: options.namespace }),
    }),
    import('./http/retries.ts'),
  ]);
  const { namespace = 'rethread', concurrency = 100 } = options;
  const places = new Semaphore(Math.min(concurrency, MOST_AT_ONCE));
  const complain = (error: unknown) => log('warn', 'The queue failed.', { error });
  const shared = options.queue
    ? await import('./queue/shared.ts')
        .then(({ openShared }) => openShared(options.queue as string, namespace, leaseMs, complain))
        .catch(async (error: unknown) => {
          await store.close();
          throw error;
        })
    : undefined;
  const lanes = shared?.lanes ?? createLanes();
  const active = createActiveRuns(store, leaseMs);
  const domainOf = (name: string): Domain => ({
    tenant: name,
    store: store.scoped(name),
    now: Date.now,
    runExpiry,
    declared: assistants as Domain['declared'],
  });
  const tenants = createTenants(async (name) => {
    const domain = domainOf(name);
    await syncDeclared(domain);
    // Nobody waits for it.
    finishDeletions(domain).catch((error: unknown) => {
      if (!state.draining) log('warn', 'What is left of deleted threads could not be removed.', { error });
    });
    const clockwork: Clockwork = {
      bus: shared?.buses.of(name) ?? createBus(),
      places,
      lanes,
      delegate: hooks.delegates?.(name) ? shared?.delegate : undefined,
      live: new Map(),
      held: new Set(),
      leaseMs,
      active,
      turnstiles: new Map(),
      loose: new Set(),
      observeRun,
      admit(run) {
        if (state.draining) throw closing();
        if (shared && admitRun) return admitShared(shared.running, admitRun, name, run);
        admitRun?.(name, tenants.heldBy(ownerOf(name)));
        return undefined;
      },
      count: shared && admitRun && countOf(shared.running, ownerOf(name)),
      waitUntil,
      log,
    };
    return { domain, clockwork };
  });
  shared?.buses.onStopped((tenant, runId) => {
    const own = tenants.all().find(({ domain }) => domain.tenant === tenant);
    void own?.clockwork.live.get(runId)?.abandon();
  });
  const images = createImages(store, options.publicURL);
  const service = createService(tenants, registry, images, options, log, memoryLedger());
  const recovery = startRecovery(
    active,
    async (run) => {
      const identity = standIn(run);
      return identity ? service.scopeFor(identity) : tenants.of(run.tenant);
    },
    (runId) => tenants.all().some(({ clockwork }) => clockwork.held.has(runId)),
    (error) => log('warn', 'Runs that were left behind could not be looked after.', { error }),
    leaseMs / 3,
  );
  const retention = options.retention
    ? startRetention(
        store,
        durationMs(options.retention) as number,
        async () => (await everyTenant(store)).map(domainOf),
        log,
      )
    : undefined;
  if (hooks.works) {
    await shared?.work(async (job, tell) => {
      const identity = standIn(job);
      // Another process may have the key.
      if (!identity) return leaseMs;
      return workOn(await service.scopeFor(identity), job, tell);
    }, concurrency);
  }
  const answer = createHandler(service);
  const handler: Handler = (request, identity) => {
    recovery.ownerCame(identity.tenant, () => service.scopeFor(identity));
    return answer(request, identity);
  };
  return { store, active, shared, recovery, retention, tenants, images, handler };
}

/** Counts first and asks then: of two that come at the same time each sees the other. */
async function admitShared(
  running: Shared['running'],
  admitRun: NonNullable<Hooks['admitRun']>,
  tenant: string,
  run: Run | undefined,
): Promise<void> {
  const owner = ownerOf(tenant);
  const others = await (run ? running.enter(owner, run) : running.count(owner));
  try {
    admitRun(tenant, others);
  } catch (error) {
    if (run) running.leave(owner, run.id);
    throw error;
  }
}

const countOf = (running: Shared['running'], owner: string): RunCount => ({
  // Its outputs are stored already: they do not fail over the count.
  enter: (run) => running.enter(owner, run).then(ignored, ignored),
  leave: (runId) => running.leave(owner, runId),
});

const ignored = () => {};

function createService(
  tenants: Tenants,
  tools: Registry,
  images: Images,
  options: RethreadOptions,
  log: Clockwork['log'],
  retries: Ledger,
): Service {
  const { models = {}, maxRetries, timeout, background } = options;
  const search = options.toolSettings?.rag?.retrieve;
  const profileFor = ({ caller }: Identity) => resolveProfile(options.profile, caller.baseURL);
  const foreground = new Set<string>();
  const tellForeground = ({ name, background: has }: Profile) => {
    if (!background || has || foreground.has(name)) return;
    foreground.add(name);
    log('warn', `The option background is on, but the profile '${name}' has no background responses.`);
  };
  const common: Common = {
    tools,
    retrieve: search && createRetrieve(search),
    images,
    models,
    profileFor,
    upstreamFor(identity) {
      const profile = profileFor(identity);
      tellForeground(profile);
      const own = { profile, maxRetries, timeout, background };
      return createUpstream(identity.caller, own);
    },
  };
  return {
    profileFor,
    async scopeFor(identity, own) {
      const { tenant, log: ownLog, waitUntil } = identity;
      const { domain, clockwork } = await tenants.of(tenant);
      return new RequestScope(
        own ? { ...domain, ...own } : domain,
        ownLog || waitUntil
          ? { ...clockwork, ...(ownLog && { log: ownLog }), ...(waitUntil && { waitUntil }) }
          : clockwork,
        identity,
        common,
      );
    },
    knowsTool: tools.has,
    busyThread: options.busyThread ?? 'reject',
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    keepAliveMs: options.keepAlive ?? 15_000,
    pollHoldMs: 20_000,
    streamEventIds: options.streamEventIds ?? false,
    cancelOnDisconnect: options.onDisconnect === 'cancel',
    retries,
    onError: (error, details, identity) =>
      (identity.log ?? log)('error', 'A request failed.', { ...details, error }),
  };
}

/** @throws OptionsError */
function registryOf({ toolSettings, plugins = {}, tools = [] }: RethreadOptions): Registry {
  try {
    return createRegistry([...builtInTools(toolSettings), ...pluginTools(plugins), ...tools]);
  } catch (error) {
    if (error instanceof TypeError) throw new OptionsError(error.message);
    throw error;
  }
}

/** @throws OptionsError for a declared assistant with a tool that nobody knows */
function checkDeclared(assistants: NonNullable<RethreadOptions['assistants']>, { has }: Registry): void {
  for (const [id, { tools }] of Object.entries(assistants)) {
    const unknown = tools?.find(({ type }) => !OPENAIS_OWN.includes(type) && !has(type));
    if (unknown)
      throw new OptionsError(
        `assistants.${id}.tools: there is no tool '${unknown.type}'; define it with defineTool and list it under tools`,
      );
  }
}

const logToConsole: Clockwork['log'] = (level, message, details = {}) => {
  if (level === 'info') return;
  const { error, ...rest } = details;
  const told = error instanceof Error ? { ...rest, error: `${error.name}: ${error.message}` } : details;
  console[level](`[rethread] ${message}`, told);
};
