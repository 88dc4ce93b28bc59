/** Waiting that a signal ends, also where what is waited for does not listen to it: a caller's own fetch need not. */
import { iteratorOf } from './hand-over.ts';

/** Rejects with the signal's reason as soon as it aborts; what becomes of the promise then is nobody's concern. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const leave = () => signal.removeEventListener('abort', abort);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}

/** Hands on what comes; throws the signal's reason when it aborts. The source is told to stop, and not waited for. */
export function untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let fail: (reason: unknown) => void = () => {};
  // One listener for all that comes: to be put on and taken off for each would cost more than to hand it on.
  const abort = () => {
    leave();
    fail(signal.reason);
  };
  const leave = () => {
    signal.removeEventListener('abort', abort);
    iterator.return?.().catch(() => {});
  };
  signal.addEventListener('abort', abort);
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      fail = reject;
      if (signal.aborted) return abort();
      iterator.next().then(
        (read) => {
          if (read.done) leave();
          resolve(read);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
    });
  return iteratorOf(next, leave);
}

/** A signal that aborts with another, until it is released: nothing is left behind on the one that lives longer. */
export function linkedTo(signal: AbortSignal) {
  const own = new AbortController();
  const follow = () => own.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    abort: (reason: unknown) => own.abort(reason),
    release: () => signal.removeEventListener('abort', follow),
  };
}

/**
 * Work with a time of its own; it ends when the time is up or the signal aborts, whether or not the work listens.
 * @param what stands at the beginning of the error, e.g. `The tool`
 */
export async function within<T>(
  signal: AbortSignal,
  ms: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const link = linkedTo(signal);
  const late = () => link.abort(new Error(`${what} did not answer within ${ms / 1000} seconds.`));
  const timer = setTimeout(late, ms);
  try {
    return await unlessAborted(work(link.signal), link.signal);
  } finally {
    clearTimeout(timer);
    link.release();
  }
}
