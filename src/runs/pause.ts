/** Waiting between attempts. */

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** As the SDKs wait between their retries: half a second, then twice as long each time, 8 seconds at most. */
export const pauseBefore = (retry: number) => Math.min(500 * 2 ** retry, 8_000) * (1 - Math.random() / 4);
