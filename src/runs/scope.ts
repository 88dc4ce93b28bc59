/** What one request works in: whose data, as whom upstream, and the clockwork of this process. */
import type { Mutex, Semaphore } from 'async-mutex';
import type { Domain } from '../assistants/domain.ts';
import type { Run } from '../assistants/types.ts';
import type { ImageType, SavedImage } from '../files/images.ts';
import type { Registry } from '../tools/registry.ts';
import type { Upstream } from '../upstream/client.ts';
import type { ActiveRuns } from './active.ts';
import type { Bus } from './bus.ts';
import type { Delegate } from './delegate.ts';
import type { Lanes } from './lanes.ts';
import type { Retrieve } from './retrieve.ts';

/** One phase of a run, being carried out by this process. */
export interface Execution {
  /**
   * Settles when the upstream has taken the request on, or after a grace period without an answer.
   * @throws ApiError where it refused the caller's key or the model: the run has then been withdrawn (§4.6)
   */
  accepted: Promise<void>;
  /** Settles when the phase is over. */
  done: Promise<void>;
  /** Ends the run now; resolves when that is stored. Gives the run as `cancelling` for a cancel. */
  stop(how: 'cancelled' | 'expired'): Promise<Run | undefined>;
  /** Lets go of the run as it is stored, for another process to carry on. */
  abandon(): Promise<void>;
}

/** What came with a run's creation, and goes with it when the upstream refuses the caller. */
export interface Withdraw {
  /** Ids of the additional messages. */
  messages: string[];
  /** The thread was made by the same request. */
  thread: boolean;
}

/** What the first phase of a run begins with. */
export interface Beginning {
  /** Absent where nothing is to be taken back. */
  withdraw?: Withdraw | undefined;
  /**
   * Resolves when the run is stored and its beginning has been told, before which nothing of the phase may be; rejects where it
   * could not be stored. Absent where it has been.
   */
  stored?: Promise<void> | undefined;
}

/** Goes around one phase of a run; gives the run as the phase left it. */
export type ObserveRun = (run: Run, work: () => Promise<Run>) => Promise<Run>;

export interface RunCount {
  /** A run is carried on with tool outputs, and counts again. */
  enter(run: Run): Promise<void>;
  /** It has ended, or waits for its caller. */
  leave(runId: string): void;
}

/** Of one tenant; the places are shared by all. */
export interface Clockwork {
  bus: Bus;
  /** For as many runs as are carried out at the same time. */
  places: Semaphore;
  /** Where runs are put in line that any process may carry out; without it those begun here are carried out here. */
  delegate?: Delegate | undefined;
  /** Upstreams that are to be left alone for a while. */
  lanes: Lanes;
  /** Runs that this process is carrying out, by run id. */
  live: Map<string, Execution>;
  /** Runs whose lease this process holds: those in `live`, and those on their way into it or out of it. */
  held: Set<string>;
  /** A lease that is not renewed for so many milliseconds belongs to a process that has gone. */
  leaseMs: number;
  /** The runs that somebody has to look after, of all tenants. */
  active: ActiveRuns;
  /** Requests that wait for a busy thread, by thread. */
  turnstiles: Map<string, Mutex>;
  /** What goes on beyond its run, and is waited for when the process closes. */
  loose: Set<Promise<unknown>>;
  observeRun: ObserveRun;
  /**
   * Asked before anything is made for a run, and once more with the run, right before its lease is taken: from then on it
   * counts. A promise where the runs of other processes count too.
   * @throws ApiError 429 where the tenant has too many runs in progress, 503 where this process takes no more
   */
  admit(run?: Run): undefined | Promise<void>;
  /** The count of a tenant's runs, where it is kept beside the leases because several processes share it. */
  count?: RunCount | undefined;
  /** Keeps a platform from freezing the process while a run goes on. */
  waitUntil(work: Promise<unknown>): void;
  log(level: 'info' | 'warn' | 'error', message: string, details?: Record<string, unknown>): void;
}

export interface Scope {
  domain: Domain;
  upstream: Upstream;
  clockwork: Clockwork;
  tools: Registry;
  /** Finds what `rag` tools ask for; absent: the upstream's file search does. */
  retrieve?: Retrieve | undefined;
  /** Keeps an image that a tool made as the file `id`. */
  saveImage(id: string, image: Uint8Array, type: ImageType): Promise<SavedImage>;
  /** Upstream and key, to which rate limits belong. Never shown. */
  lane: string;
  /** The model's name at the upstream. */
  modelFor(model: string): string;
}
