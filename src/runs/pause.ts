/** Waiting. */

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The event loop's next turn. */
export const nextTurn = () =>
  new Promise<void>((resolve) =>
    typeof setImmediate === 'function' ? void setImmediate(resolve) : void setTimeout(resolve, 0),
  );

/** As the SDKs wait between their retries: half a second, then twice as long each time, 8 seconds at most. */
export const pauseBefore = (retry: number) => Math.min(500 * 2 ** retry, 8_000) * (1 - Math.random() / 4);

/** Resolves with `work`, or after `ms` milliseconds; without work then. */
export async function atMost(ms: number, work: Promise<unknown> = new Promise(() => {})): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
