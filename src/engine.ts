/**
 * What stands behind every door: answers requests, and is drained and closed. What it works with (`works.ts`) is loaded
 * and opened when the first request comes.
 */
import { ApiError, closing } from './assistants/errors.ts';
import { imageToken } from './files/image-path.ts';
import type { Handler } from './http/app.ts';
import { refuse } from './http/refuse.ts';
import { OptionsError, type RethreadOptions } from './options.ts';
import { atMost } from './runs/pause.ts';
import type { Clockwork } from './runs/scope.ts';
import type { Store } from './store/store.ts';
import type { Tenants } from './tenants.ts';
import type { Hooks, Works } from './works.ts';

export interface Engine {
  /** Answers a request to an Assistants route. Never rejects. */
  handle: Handler;
  /** Answers a request for an image that a tool made, from whoever knows its address; undefined for any other request. */
  image(request: Request): Promise<Response | undefined>;
  /** @throws where the store or the queue does not answer */
  ready(): Promise<{ store: Store['kind']; queue?: 'redis' }>;
  /** Opens the store, if that has not been done yet. @throws StoreError, OptionsError */
  open(): Promise<Store>;
  /** Runs that this process has in progress, of all tenants. */
  live(): number;
  /** Begins no more runs, and lets those in progress end, for `timeout` milliseconds; answers everything else as before. */
  drain(timeout: number): Promise<void>;
  /** Answers no more requests, drains, and closes the store; runs that have not ended stay as they are stored. */
  close(timeout: number): Promise<void>;
}

/** @param given validated options; files and environment variables fill in what they leave out */
export function createEngine(given: RethreadOptions, hooks: Hooks = {}): Engine {
  let works: Promise<Works> | undefined;
  let running: Works | undefined;
  const state = { draining: false, closing: false };
  const start = (log?: Clockwork['log']) => {
    if (works) return works;
    works = import('./works.ts').then(({ build }) => build(given, hooks, state, log));
    // What could not be opened is tried again by the next request.
    works.catch(() => {
      works = undefined;
    });
    return works;
  };
  const drain = async (timeout: number) => {
    state.draining = true;
    const { tenants, recovery, retention } = (await works?.catch(() => undefined)) ?? {};
    await Promise.all([recovery?.stop(), retention?.stop()]);
    if (tenants) await quiet(tenants, timeout);
  };

  return {
    async handle(request, identity) {
      try {
        if (state.closing) throw closing();
        running ??= await start(identity.log);
        return await running.handler(request, identity);
      } catch (error) {
        return refuse(request, asAnswer(error), identity);
      }
    },
    async image(request) {
      if (imageToken(request) === undefined) return undefined;
      try {
        return await (await start()).images.serve(request);
      } catch (error) {
        return refuse(request, asAnswer(error));
      }
    },
    async ready() {
      const { store, shared } = await start();
      await Promise.all([store.get('ready'), shared?.ping()]);
      return { store: store.kind, ...(shared && { queue: 'redis' as const }) };
    },
    open: async () => (await start()).store,
    live: () => running?.tenants.all().reduce((sum, { clockwork }) => sum + clockwork.live.size, 0) ?? 0,
    drain,
    async close(timeout) {
      state.closing = true;
      await drain(timeout);
      const { tenants, store, active, shared } = (await works?.catch(() => undefined)) ?? {};
      const clockworks = tenants?.all().map(({ clockwork }) => clockwork) ?? [];
      // First, so that nobody takes up again what is abandoned here.
      for (const { bus } of clockworks) bus.close();
      await Promise.all(
        clockworks.flatMap(({ live }) => [...live.values()].map((execution) => execution.abandon())),
      );
      await shared?.close();
      // What is left behind is everybody's from now on.
      await active?.close().catch(() => {});
      await store?.close();
    },
  };
}

/** How often runs are looked at that are only about to begin, or being let go of. */
const LOOK_MS = 20;

/** Waits until no run is in progress, and what goes on beyond runs is done, `timeout` milliseconds at most. */
async function quiet(tenants: Tenants, timeout: number): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const busy = tenants.all().filter(({ clockwork }) => clockwork.held.size > 0);
    const left = deadline - performance.now();
    if (left <= 0) return;
    if (busy.length === 0) {
      const loose = tenants.all().flatMap(({ clockwork }) => [...clockwork.loose]);
      if (loose.length === 0) return;
      // One may leave another behind.
      await atMost(left, Promise.all(loose));
      continue;
    }
    const phases = busy.flatMap(({ clockwork }) => [...clockwork.live.values()].map(({ done }) => done));
    if (phases.length > 0) await atMost(left, Promise.all(phases));
    else await atMost(Math.min(left, LOOK_MS));
  }
}

/** Wrong settings are told to whoever calls, for they are the one who can mend them; a retry cannot. */
function asAnswer(error: unknown): unknown {
  const isSetting = error instanceof OptionsError || (error as Error)?.name === 'StoreError';
  return isSetting ? wrongSettings(error as Error) : error;
}

/** What is wrong with the settings, as an answer that no client asks for twice. */
export function wrongSettings(error: Error): ApiError {
  return new ApiError(error.message, {
    status: 500,
    type: 'server_error',
    headers: { 'x-should-retry': 'false' },
    cause: error,
  });
}
