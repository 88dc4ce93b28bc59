/** Short words from process to process, by channel, over one subscribed connection. Words said while the server is away are lost. */
import type { Redis } from 'ioredis';
import { disconnect } from './connection.ts';

export interface Listening {
  /** From then on nothing that is said is missed; while the server is away, it is not waited for for long. */
  ready: Promise<void>;
  /**
   * The next word; one that was said since the last call at once. Undefined after `ms` milliseconds, or when the signal
   * aborts. An empty one when the connection was lost meanwhile: nobody knows what was said.
   */
  next(ms: number, signal?: AbortSignal): Promise<string | undefined>;
  close(): void;
}

export interface Notices {
  /** @param interesting words that are heard; by default all */
  listen(channel: string, interesting?: (word: string) => boolean): Listening;
  /** Calls the listener with every word, until the end. */
  follow(channel: string, listener: (word: string) => void): void;
  close(): Promise<void>;
}

/** How long is waited for a subscription, in ms. */
const PATIENCE_MS = 2_000;

/** @param redis used for nothing else; closed with the notices */
export function createNotices(redis: Redis): Notices {
  const channels = new Map<string, { ready: Promise<void>; ears: Set<(word: string) => void> }>();

  redis.on('message', (channel: string, word: string) => {
    for (const ear of [...(channels.get(channel)?.ears ?? [])]) ear(word);
  });
  redis.on('ready', () => {
    for (const { ears } of channels.values()) for (const ear of [...ears]) ear('');
  });

  function add(name: string, ear: (word: string) => void): Promise<void> {
    const channel = channels.get(name) ?? { ready: subscribe(name), ears: new Set() };
    channels.set(name, channel);
    channel.ears.add(ear);
    return channel.ready;
  }

  async function subscribe(name: string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([redis.subscribe(name).catch(() => {}), late]);
    clearTimeout(timer);
  }

  function remove(name: string, ear: (word: string) => void): void {
    const channel = channels.get(name);
    if (!channel?.ears.delete(ear) || channel.ears.size > 0) return;
    channels.delete(name);
    redis.unsubscribe(name).catch(() => {});
  }

  return {
    listen(name, interesting = () => true) {
      let heard: string | undefined;
      let wake: () => void = () => {};
      const ear = (word: string) => {
        if (!interesting(word)) return;
        // That a run was forgotten is not forgotten over what is said after it.
        heard = heard === 'forgotten' ? heard : word;
        wake();
      };
      const ready = add(name, ear);
      return {
        ready,
        async next(ms, signal) {
          if (heard === undefined && !signal?.aborted) {
            await new Promise<void>((resolve) => {
              const done = () => {
                clearTimeout(timer);
                signal?.removeEventListener('abort', done);
                resolve();
              };
              const timer = setTimeout(done, ms);
              signal?.addEventListener('abort', done, { once: true });
              wake = done;
            });
          }
          const word = heard;
          heard = undefined;
          return word;
        },
        close() {
          wake();
          remove(name, ear);
        },
      };
    },
    follow(name, listener) {
      void add(name, listener);
    },
    async close() {
      for (const { ears } of channels.values()) for (const ear of [...ears]) ear('');
      await disconnect(redis);
    },
  };
}
