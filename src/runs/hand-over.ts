/** Readers that hand on what they read, without the promises that a generator puts around each of its values. */

/**
 * An iterator, made of what its reader does: takes the next value, and leaves before the end.
 * @param leave awaited; may be called more than once
 */
export function iteratorOf<T>(
  next: () => Promise<IteratorResult<T>>,
  leave: () => unknown,
): AsyncIterableIterator<T> {
  return {
    next,
    async return() {
      await leave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What a generator yields, and then what the iterator gives that it returns. Whoever leaves, leaves the one that is being read. */
export function thenRest<T>(
  begin: AsyncGenerator<T, AsyncIterator<T> | undefined>,
): AsyncIterableIterator<T> {
  let rest: AsyncIterator<T> | undefined;
  const beginning = async (): Promise<IteratorResult<T>> => {
    const read = await begin.next();
    if (!read.done) return read;
    rest = read.value;
    return rest ? rest.next() : { done: true, value: undefined };
  };
  return iteratorOf(
    () => (rest ? rest.next() : beginning()),
    () => (rest ? rest.return?.() : begin.return(undefined)),
  );
}
