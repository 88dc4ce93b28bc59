/**
 * The events of runs where several processes share them: a Redis stream for each run. Whoever carries the run out adds
 * to it, and whoever has a listener reads it, from wherever the listener left off.
 *
 * An entry holds the events of one batch. Its id is `<number of its last event>-<epoch>`; the epoch tells a run's
 * stream from the one that was there before the run was begun anew.
 */
import { nanoid } from 'nanoid';
import { oneByOne } from '../assistants/text-deltas.ts';
import type { AssistantEvent } from '../assistants/types.ts';
import { type Bus, beginsRun, endsStream, type NumberedEvent } from '../runs/bus.ts';
import { wrap } from '../store/errors.ts';
import { connectRedis, disconnect } from './connection.ts';
import { createNotices } from './notices.ts';

export interface RedisBuses {
  /** The bus of one tenant. */
  of(tenant: string): Bus;
  /** Told of runs that were ended by somebody who does not carry them out. */
  onStopped(listener: (tenant: string, runId: string) => void): void;
  /** @throws where the server does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How long events stay readable, in ms: of a run that goes on, and of one that has ended or waits for its caller. */
const KEEP_LIVE_MS = 3_600_000;
const KEEP_MS = 600_000;

/** About as many batches of a run are kept. */
const MOST_BATCHES = 10_000;

/** A reader to whom nothing comes looks around this often, in ms. */
const IDLE_MS = 5_000;
/** Pause before another attempt while the server is away, and for how long events are kept for it, in ms. */
const RETRY_MS = 250;
const GIVE_UP_MS = 60_000;

/**
 * Numbers the events and adds them; a batch whose answer was lost is recognised when it comes again.
 * KEYS: stream. ARGV: name of the batch, number of events, events, keep (ms), most batches, new epoch, channel, notice.
 */
const ADD = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local number, epoch = 0, ARGV[6]
if last then
  if last[2][2] == ARGV[1] then return 0 end
  local n, e = string.match(last[1], '(%d+)-(%d+)')
  number, epoch = tonumber(n), e
end
number = number + tonumber(ARGV[2])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], string.format('%d', number) .. '-' .. epoch, 'b', ARGV[1], 'e', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return number`;

interface Batch {
  key: string;
  name: string;
  events: AssistantEvent[];
  since: number;
}

interface StoredBatch {
  epoch: string;
  events: NumberedEvent[];
}

export async function openRedisBuses(url: string, namespace: string): Promise<RedisBuses> {
  const redis = await connectRedis(url, 'quick');
  redis.defineCommand('addEvents', { numberOfKeys: 1, lua: ADD });
  const notices = createNotices(await connectRedis(url, 'patient'));
  const keyOf = (tenant: string, runId: string) =>
    `${namespace}:events:${encodeURIComponent(tenant)}:${runId}`;
  const stops = `${namespace}:stopped`;
  let pending: Batch[] = [];
  let sending: Promise<void> | undefined;
  let closed = false;

  function add(key: string, events: AssistantEvent[]): void {
    const last = pending.at(-1);
    // What came since the last sending goes as one, if it is all of one run.
    if (last?.key === key) last.events.push(...events);
    else pending.push({ key, name: nanoid(10), events, since: performance.now() });
    sending ??= send().finally(() => {
      sending = undefined;
    });
  }

  async function send(): Promise<void> {
    await Promise.resolve();
    while (pending.length > 0) {
      // Of each run the first only: where one fails the next must not be quicker.
      const firsts = new Map<string, Batch>();
      for (const batch of pending) if (!firsts.has(batch.key)) firsts.set(batch.key, batch);
      const batches = [...firsts.values()];
      pending = pending.filter((batch) => firsts.get(batch.key) !== batch);
      const commands = batches.map(({ key, name, events }) => [
        'addEvents',
        key,
        name,
        ...argumentsOf(key, events),
      ]);
      const results = await redis
        .pipeline(commands)
        .exec()
        .catch(() => null);
      const failed = batches.filter((_, at) => !results || results[at]?.[0]);
      if (failed.length === 0) continue;
      pending = [...failed.filter(({ since }) => performance.now() - since < GIVE_UP_MS), ...pending];
      if (closed) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  function argumentsOf(key: string, events: AssistantEvent[]): (string | number)[] {
    const ends = endsStream(events.at(-1) as AssistantEvent);
    const keep = ends ? KEEP_MS : KEEP_LIVE_MS;
    const epoch = Date.now();
    return [events.length, JSON.stringify(events), keep, MOST_BATCHES, epoch, key, ends ? 'end' : 'more'];
  }

  /** @throws StoreError `failed` */
  const attempt = <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      throw wrap('failed', url, 'cannot read the events of a run', error);
    });

  async function range(key: string, from: string, count?: number): Promise<StoredBatch[]> {
    const found = await attempt(
      count ? redis.xrange(key, from, '+', 'COUNT', count) : redis.xrange(key, from, '+'),
    );
    return found.map(([id, fields]) => parse(id, fields));
  }

  async function lastOf(key: string): Promise<number> {
    const [last] = await attempt(redis.xrevrange(key, '+', '-', 'COUNT', 1));
    return last ? Number.parseInt(last[0], 10) : 0;
  }

  async function* read(key: string, after: number, signal?: AbortSignal): AsyncGenerator<NumberedEvent[]> {
    const listening = notices.listen(key);
    let cursor = after;
    let epoch: string | undefined;
    try {
      await listening.ready;
      while (!signal?.aborted && !closed) {
        const batches = await range(key, `${cursor + 1}-0`).catch(() => undefined);
        for (const batch of batches ?? []) {
          epoch ??= batch.epoch;
          const fresh = batch.events.filter(({ id }) => id > cursor);
          // Begun anew, or trimmed: what comes now does not follow what was read.
          if (batch.epoch !== epoch || fresh[0]?.id !== cursor + 1) return;
          cursor = fresh.at(-1)?.id as number;
          const end = fresh.findIndex(endsStream);
          yield end < 0 ? fresh : fresh.slice(0, end + 1);
          if (end >= 0) return;
        }
        if (batches && batches.length > 0) continue;
        const notice = await listening.next(batches ? IDLE_MS : RETRY_MS, signal);
        if (notice === 'forgotten') return;
        if (notice === undefined) yield [];
      }
    } finally {
      listening.close();
    }
  }

  function busOf(tenant: string): Bus {
    const key = (runId: string) => keyOf(tenant, runId);
    return {
      shared: true,
      publish(runId, events) {
        if (events.length > 0) add(key(runId), oneByOne(events));
      },
      async position(runId) {
        if (redis.status === 'ready') await sending;
        return lastOf(key(runId));
      },
      async holds(runId, after) {
        const [[first], last] = await Promise.all([range(key(runId), '-', 1), lastOf(key(runId))]);
        const [event] = first?.events ?? [];
        return event !== undefined && event.id === 1 && beginsRun(event) && after <= last;
      },
      read: (runId, after, signal) => read(key(runId), after, signal),
      past: async (runId) => (await range(key(runId), '-')).flatMap(({ events }) => events),
      watch(runId) {
        const listening = notices.listen(key(runId), (notice) => notice !== 'more');
        return {
          async next(ms, signal) {
            await listening.next(ms, signal);
          },
          close: listening.close,
        };
      },
      // Whoever takes the run up says that its events begin anew; until then its readers wait.
      leave() {},
      forget(runId) {
        pending = pending.filter((batch) => batch.key !== key(runId));
        redis
          .multi()
          .del(key(runId))
          .publish(key(runId), 'forgotten')
          .exec()
          .catch(() => {});
      },
      stopped(runId) {
        redis.publish(stops, JSON.stringify([tenant, runId])).catch(() => {});
      },
      get closed() {
        return closed;
      },
      close() {},
    };
  }

  return {
    of: busOf,
    onStopped(listener) {
      notices.follow(stops, (word) => {
        if (word !== '') listener(...(JSON.parse(word) as [string, string]));
      });
    },
    async ping() {
      await redis.ping();
    },
    async close() {
      await sending;
      closed = true;
      await notices.close();
      await disconnect(redis);
    },
  };
}

function parse(id: string, fields: string[]): StoredBatch {
  const [number = '0', epoch = '0'] = id.split('-');
  const events = JSON.parse(fields[3] as string) as AssistantEvent[];
  const first = Number(number) - events.length + 1;
  return { epoch, events: events.map((event, at) => ({ ...event, id: first + at })) };
}
