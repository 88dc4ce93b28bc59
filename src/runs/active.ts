/**
 * The runs that have not ended, of all tenants, so that they are looked after also when nobody asks for them.
 *
 * Each process notes its runs in places of its own, which cost no lock and no round trip: the note is written in one
 * batch with the run, and taken away in one batch with its end. At the root of the store, beside the tenants' scopes:
 *
 *     processes              a log of the ids of processes that may have runs
 *     process/<id>           { page, places }    how many places the process has used at most
 *     active/<id>/<n>        { tenant, threadId, runId, baseURL }, or null: the place is free
 *
 * A process holds a lease on its own name; the places of one whose lease has lapsed are everybody's to look after.
 */
import { nanoid } from 'nanoid';
import { openLog } from '../store/log.ts';
import type { Entry, Lease, Store } from '../store/store.ts';

export interface ActiveRun {
  tenant: string;
  threadId: string;
  runId: string;
  /** Of the upstream that it was started for. */
  baseURL: string;
}

export interface ActiveRuns {
  /** A place for a run that is about to be stored, and the write that takes it: before that of the run itself. */
  enter(run: ActiveRun): Promise<{ place: string; write: Entry }>;
  /** A place that was taken here, and has been written free. */
  leave(place: string | undefined): void;
  /**
   * The runs of this process, and of those that have gone; by place.
   * @param held whether a run is being started or carried out here: its note may not be written yet
   */
  read(held: (runId: string) => boolean): Promise<Map<string, ActiveRun>>;
  /** Frees the place of a run that has ended, or has never been. */
  clear(place: string): Promise<void>;
  /** This process takes on no more runs. */
  close(): Promise<void>;
}

const LOG = 'processes';
const processKey = (id: string) => `process/${id}`;
const placeKey = (id: string, place: number) => `active/${id}/${place}`;

/** What takes the note of a run away; belongs into the batch with its end. */
export const leaveWrites = (place: string | undefined): Entry[] =>
  place === undefined ? [] : [[place, null, 'root']];

interface ProcessRecord {
  page: number;
  places: number;
}

/** This process, as others see it. */
interface Own {
  id: string;
  page: number;
  places: number;
  /** Ids of runs by place. */
  used: Map<string, string>;
  free: string[];
  lease: Lease;
  renewed: number;
  timer: ReturnType<typeof setInterval> | undefined;
}

/** Places are reckoned with in groups, so that the process's record is seldom written. */
const GROUP = 64;

/** @param store at its root */
export function createActiveRuns(store: Store, leaseMs: number): ActiveRuns {
  let own: Promise<Own> | undefined;
  let growing: Promise<void> = Promise.resolve();
  const lives = (me: Own) => store.reach === 'process' || performance.now() - me.renewed < leaseMs;

  async function register(): Promise<Own> {
    const id = nanoid(12);
    const lease = await store.lease(
      processKey(id),
      store.reach === 'process' ? Number.POSITIVE_INFINITY : leaseMs,
    );
    const renewed = performance.now();
    if (!lease) throw new Error(`Another process is called ${id}.`);
    const page = await store.lock(LOG, async () => {
      const plan = await openLog(store, LOG).append([id]);
      const record: ProcessRecord = { page: plan.pages[0] as number, places: GROUP };
      await store.setMany([[processKey(id), record], ...plan.writes]);
      return record.page;
    });
    const me: Own = { id, page, places: 0, used: new Map(), free: [], lease, renewed, timer: undefined };
    if (store.reach !== 'process') {
      me.timer = setInterval(async () => {
        const began = performance.now();
        if (await lease.renew().catch(() => false)) me.renewed = began;
      }, leaseMs / 3);
      me.timer.unref?.();
    }
    return me;
  }

  /** Registers once; and anew when the process was suspended for so long that others have looked after its runs. */
  async function present(): Promise<Own> {
    const known = own;
    const me = await known?.catch(() => undefined);
    if (me && lives(me)) return me;
    if (own === known) {
      clearInterval(me?.timer);
      own = register();
    }
    return own as Promise<Own>;
  }

  async function newPlace(me: Own): Promise<string> {
    const place = me.places++;
    if (place >= GROUP && place % GROUP === 0) {
      const record: ProcessRecord = { page: me.page, places: place + GROUP };
      growing = growing.catch(() => {}).then(() => store.set(processKey(me.id), record));
    }
    await growing;
    return placeKey(me.id, place);
  }

  async function readPlaces(id: string, places: number): Promise<Map<string, ActiveRun | null>> {
    const keys = Array.from({ length: places }, (_, place) => placeKey(id, place));
    const found = await store.getMany<ActiveRun | null>(keys);
    return new Map(keys.map((key, at) => [key, found[at] ?? null]));
  }

  async function readOwn(me: Own, held: (runId: string) => boolean): Promise<[string, ActiveRun][]> {
    const used = [...me.used].flatMap(([place, runId]) => (held(runId) ? [] : [place]));
    const found = await store.getMany<ActiveRun | null>(used);
    return used.flatMap((place, at): [string, ActiveRun][] => {
      const run = found[at];
      if (run) return [[place, run]];
      // Another process has ended it.
      leave(place);
      return [];
    });
  }

  /** The runs of another process, if it has gone; one that has left nothing behind is struck off. */
  async function readGone(id: string): Promise<[string, ActiveRun][]> {
    const lease = await store.lease(processKey(id), leaseMs);
    if (!lease) return [];
    try {
      const record = await store.get<ProcessRecord>(processKey(id));
      if (!record) return [];
      const places = await readPlaces(id, record.places);
      const left = [...places].filter((entry): entry is [string, ActiveRun] => entry[1] !== null);
      if (left.length === 0) await strikeOff(id, record, [...places.keys()]);
      return left;
    } finally {
      await lease.release();
    }
  }

  async function strikeOff(id: string, { page }: ProcessRecord, places: string[]): Promise<void> {
    await store.lock(LOG, async () => store.setMany(await openLog(store, LOG).remove(id, page)));
    await store.delete([processKey(id), ...places]);
  }

  function leave(place: string | undefined): void {
    void own?.then(
      (me) => {
        if (place !== undefined && me.used.delete(place)) me.free.push(place);
      },
      () => {},
    );
  }

  return {
    async enter(run) {
      const me = await present();
      const place = me.free.pop() ?? (await newPlace(me));
      me.used.set(place, run.runId);
      return { place, write: [place, run, 'root'] };
    },
    leave,
    async read(held) {
      const me = await own?.catch(() => undefined);
      const runs = new Map(me ? await readOwn(me, held) : []);
      for (const id of await openLog(store, LOG).all()) {
        if (id === me?.id) continue;
        for (const [place, run] of await readGone(id)) runs.set(place, run);
      }
      return runs;
    },
    async clear(place) {
      await store.set(place, null);
      leave(place);
    },
    async close() {
      const me = await own?.catch(() => undefined);
      if (!me) return;
      clearInterval(me.timer);
      const left = await readPlaces(me.id, me.places);
      if ([...left.values()].every((run) => run === null)) {
        const places = Array.from({ length: me.places }, (_, place) => placeKey(me.id, place));
        await strikeOff(me.id, { page: me.page, places: me.places }, places);
      }
      await me.lease.release();
    },
  };
}
