/** Ctrl-C ends a command at the next place where nothing is half done; a second one ends it at once. */
import { Exit, INTERRUPTED } from './io.ts';

/** @param advice said when it was interrupted, e.g. how to go on @throws Exit 130 */
export async function interruptible<T>(
  advice: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const result = await work(stop.signal);
    if (stop.signal.aborted) throw new Exit(INTERRUPTED, `interrupted; ${advice}`);
    return result;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}
