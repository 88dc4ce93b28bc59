/** Readers that hand on what they read, without the promises that a generator puts around each of its values. */

/**
 * An iterator, made of what its reader does: takes the next value, and leaves before the end.
 * @param leave awaited; may be called more than once
 */
export function iteratorOf<T>(
  next: () => Promise<IteratorResult<T>>,
  leave: () => unknown,
): AsyncIterableIterator<T> {
  return new HandOver(next, leave);
}

class HandOver<T> implements AsyncIterableIterator<T> {
  readonly next: () => Promise<IteratorResult<T>>;
  readonly #leave: () => unknown;

  constructor(next: () => Promise<IteratorResult<T>>, leave: () => unknown) {
    this.next = next;
    this.#leave = leave;
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#leave();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** What a generator yields, and then what the iterator gives that it returns. Whoever leaves, leaves the one that is being read. */
export function thenRest<T>(
  begin: AsyncGenerator<T, AsyncIterator<T> | undefined>,
): AsyncIterableIterator<T> {
  /** Not kept when it has ended, with all that was needed to begin. */
  let opening: typeof begin | undefined = begin;
  let rest: AsyncIterator<T> | undefined;
  const beginning = async (): Promise<IteratorResult<T>> => {
    const read = (await opening?.next()) ?? { done: true, value: undefined };
    if (!read.done) return read;
    opening = undefined;
    rest = read.value;
    return rest ? rest.next() : { done: true, value: undefined };
  };
  return iteratorOf(
    () => (rest ? rest.next() : beginning()),
    () => (rest ? rest.return?.() : opening?.return(undefined)),
  );
}
