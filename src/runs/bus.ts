/**
 * The events of runs, numbered from 1 for each run over all its streams, for whoever listens now or comes back later.
 *
 * Text that has been sent is kept once, not once per delta: a run's log grows with its messages, not with their number
 * of pieces.
 */
import {
  areTextDeltas,
  countOf,
  type RunEvent,
  type TextDeltas,
  textDeltaEvents,
} from '../assistants/text-deltas.ts';
import type { AssistantEvent } from '../assistants/types.ts';
import { iteratorOf } from './hand-over.ts';

/** Its number; of text deltas that of the first, and the others follow. */
export type NumberedEvent = RunEvent & { id: number };

/** The number of the last event that it stands for. */
export const lastNumber = (event: NumberedEvent): number => event.id + countOf(event) - 1;

/** Each as the event that a client is told of. */
export function numberedOneByOne(events: readonly NumberedEvent[]): (AssistantEvent & { id: number })[] {
  return events.flatMap((event) =>
    areTextDeltas(event) ? textDeltaEvents(event).map((one, at) => ({ ...one, id: event.id + at })) : [event],
  );
}

/** Text deltas of one message part, told apart again by where each ended. */
interface TextEntry extends Omit<TextDeltas, 'texts'> {
  first: number;
  text: string;
  ends: number[];
}
type Entry = TextEntry | { first: number; event: AssistantEvent };

interface Channel {
  entries: Entry[];
  last: number;
  /** Handed what has just come, or nothing where only the channel's state has changed. */
  listeners: Set<(fresh?: NumberedEvent[]) => void>;
  /** Nothing more will come for now: the stream has ended, or the run is no longer this process's. */
  silent: boolean;
  /** Set when nothing more will come at all; the channel is then forgotten after a while. */
  expiry?: ReturnType<typeof setTimeout>;
}

/** Events after which a stream ends (§3.1). */
const ENDINGS: ReadonlySet<string> = new Set([
  'thread.run.requires_action',
  'thread.run.completed',
  'thread.run.incomplete',
  'thread.run.failed',
  'thread.run.cancelled',
  'thread.run.expired',
]);
/** With which the stream of a run begins. */
const BEGINNINGS: ReadonlySet<string> = new Set(['thread.created', 'thread.run.created']);

export const endsStream = (event: RunEvent) => !areTextDeltas(event) && ENDINGS.has(event.event);
export const beginsRun = (event: RunEvent) => !areTextDeltas(event) && BEGINNINGS.has(event.event);

/** Looks out for where a run's stream ends, from the moment it is made. */
export interface Watch {
  /** Resolves when a stream of the run ends or has ended since the last call, or after `ms`, or when the signal aborts. */
  next(ms: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Of one tenant. What is asked of a bus of several processes is a promise, and may fail where its server is away. */
export interface Bus {
  /** Whether it carries the events of other processes too. */
  readonly shared: boolean;
  publish(runId: string, events: readonly RunEvent[]): void;
  /** The number of the newest event; 0 before the first. */
  position(runId: string): number | Promise<number>;
  /** Whether all events of the run after number `after` are at hand, or will be: its beginning is, and is not forgotten. */
  holds(runId: string, after: number): boolean | Promise<boolean>;
  /**
   * Events after number `after`, batch by batch as they arrive, up to the one that ends the stream. Ends at once where
   * that one has been seen, and without one when the run has left this process, or its events no longer follow each
   * other. A shared one gives an empty batch where nothing has come for a while.
   */
  read(runId: string, after: number, signal?: AbortSignal): AsyncIterableIterator<NumberedEvent[]>;
  /** All events so far that are at hand. */
  past(runId: string): NumberedEvent[] | Promise<NumberedEvent[]>;
  watch(runId: string): Watch;
  /** The run was ended by somebody who does not carry it out: whoever does hears of it. */
  stopped(runId: string): void;
  /** This process carries the run no further: readers are told so, unless its stream has ended. */
  leave(runId: string): void;
  /** The run has never been: nothing of it is kept. */
  forget(runId: string): void;
  readonly closed: boolean;
  close(): void;
}

/** @param keepMs how long the events of a run that has ended, or waits for its caller, stay readable */
export function createBus(keepMs = 600_000): Bus {
  const channels = new Map<string, Channel>();
  let closed = false;

  function open(runId: string): Channel {
    const channel = channels.get(runId) ?? { entries: [], last: 0, listeners: new Set(), silent: false };
    channels.set(runId, channel);
    return channel;
  }

  /** Channels that were opened only to listen go when nobody listens any more. */
  function tidy(runId: string, channel: Channel): void {
    if (channel.last === 0 && channel.listeners.size === 0) channels.delete(runId);
  }

  function expire(runId: string, channel: Channel): void {
    clearTimeout(channel.expiry);
    channel.expiry = setTimeout(() => channels.delete(runId), keepMs);
    channel.expiry.unref?.();
  }

  function silence(channel: Channel): void {
    channel.silent = true;
    wakeAll(channel);
  }

  /** Waits for what comes, again and again until it is closed; after the signal has aborted not at all. */
  function listenTo(channel: Channel, signal?: AbortSignal) {
    let hear: (fresh?: NumberedEvent[]) => void = () => {};
    const wake = (fresh?: NumberedEvent[]) => {
      channel.listeners.delete(wake);
      hear(fresh);
    };
    const leave = () => wake();
    signal?.addEventListener('abort', leave);
    return {
      /** What has just come; undefined where only the channel's state has changed, or after `ms`. */
      next: (ms?: number) =>
        new Promise<NumberedEvent[] | undefined>((resolve) => {
          if (signal?.aborted) return resolve(undefined);
          const timer = ms === undefined ? undefined : setTimeout(leave, ms);
          hear = (fresh) => {
            clearTimeout(timer);
            resolve(fresh);
          };
          channel.listeners.add(wake);
        }),
      /** Whoever still waits is woken. */
      close() {
        signal?.removeEventListener('abort', leave);
        wake();
      },
    };
  }

  return {
    shared: false,
    publish(runId, events) {
      if (events.length === 0) return;
      const channel = open(runId);
      const fresh = events.map((event) => ({ ...event, id: record(channel, event) }));
      channel.silent = endsStream(events.at(-1) as RunEvent);
      clearTimeout(channel.expiry);
      if (channel.silent) expire(runId, channel);
      wakeAll(channel, fresh);
    },
    position: (runId) => channels.get(runId)?.last ?? 0,
    holds(runId, after) {
      const { entries = [], last = 0 } = channels.get(runId) ?? {};
      const [first] = entries;
      return after <= last && first !== undefined && 'event' in first && beginsRun(first.event);
    },
    read(runId, after, signal) {
      const channel = open(runId);
      const listener = listenTo(channel, signal);
      let cursor = after;
      let over = false;
      /** What has just come, so that it need not be put together again from what is kept. */
      let fresh: NumberedEvent[] | undefined;
      const leave = () => {
        over = true;
        listener.close();
        tidy(runId, channel);
      };
      const next = async (): Promise<IteratorResult<NumberedEvent[]>> => {
        while (!over && !signal?.aborted) {
          if (cursor < channel.last) {
            const batch = fresh?.[0]?.id === cursor + 1 ? fresh : eventsAfter(channel, cursor);
            fresh = undefined;
            const newest = batch.at(-1);
            cursor = newest ? lastNumber(newest) : channel.last;
            const end = batch.findIndex(endsStream);
            if (end < 0) return { value: batch };
            leave();
            return { value: batch.slice(0, end + 1) };
          }
          if (channel.silent || closed) break;
          fresh = await listener.next();
        }
        leave();
        return { done: true, value: undefined };
      };
      return iteratorOf(next, leave);
    },
    past(runId) {
      const channel = channels.get(runId);
      return channel ? eventsAfter(channel, 0) : [];
    },
    watch(runId) {
      const channel = open(runId);
      let seen = channel.last;
      const ended = () => channel.silent && channel.last > seen;
      return {
        async next(ms, signal) {
          const deadline = performance.now() + ms;
          const listener = listenTo(channel, signal);
          while (!ended() && !signal?.aborted && !closed) {
            const left = deadline - performance.now();
            if (left <= 0) break;
            await listener.next(left);
          }
          listener.close();
          if (ended()) seen = channel.last;
        },
        close: () => tidy(runId, channel),
      };
    },
    // Who ends a run here stops its execution too.
    stopped() {},
    leave(runId) {
      const channel = channels.get(runId);
      if (!channel || channel.silent) return;
      silence(channel);
      expire(runId, channel);
    },
    forget(runId) {
      const channel = channels.get(runId);
      channels.delete(runId);
      if (channel) silence(channel);
    },
    get closed() {
      return closed;
    },
    close() {
      closed = true;
      for (const channel of channels.values()) {
        clearTimeout(channel.expiry);
        wakeAll(channel);
      }
      channels.clear();
    },
  };
}

function wakeAll({ listeners }: Channel, fresh?: NumberedEvent[]): void {
  for (const wake of [...listeners]) wake(fresh);
}

/** Gives the number of the event, or of the first for which it stands. */
function record(channel: Channel, event: RunEvent): number {
  const first = channel.last + 1;
  channel.last += countOf(event);
  if (!areTextDeltas(event)) {
    channel.entries.push({ first, event });
    return first;
  }
  const { message, index, texts } = event;
  let open = channel.entries.at(-1);
  if (!open || !('text' in open) || open.message !== message || open.index !== index) {
    open = { first, message, index, text: '', ends: [] };
    channel.entries.push(open);
  }
  let end = open.text.length;
  for (const text of texts) {
    end += text.length;
    open.ends.push(end);
  }
  open.text += texts.join('');
  return first;
}

function eventsAfter(channel: Channel, after: number): NumberedEvent[] {
  const events: NumberedEvent[] = [];
  let at = channel.entries.length;
  while (at > 0 && (channel.entries[at - 1] as Entry).first > after) at -= 1;
  for (const entry of channel.entries.slice(Math.max(0, at - 1))) {
    if ('event' in entry) {
      if (entry.first > after) events.push({ ...entry.event, id: entry.first });
      continue;
    }
    const { first, message, index, text, ends } = entry;
    const from = Math.max(0, after + 1 - first);
    const texts = ends.slice(from).map((end, nth) => text.slice(ends[from + nth - 1] ?? 0, end));
    if (texts.length > 0) events.push({ message, index, texts, id: first + from });
  }
  return events;
}
