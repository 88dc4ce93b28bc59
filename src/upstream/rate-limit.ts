/** Rate limits that say when to come back: told to whoever made the call, instead of being waited for inside of it. */
import type { Fetch } from './fetch.ts';

/** Milliseconds; set on the answers that the SDK is not to retry by itself. */
const LATER = 'rethread-retry-later';

/** A fetch under which a response that the upstream puts off (429 with `retry-after`) fails at once. */
export function withRateLimitsTold(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status !== 429 || !/\/responses(\?|$)/.test(url)) return response;
    const ms = retryAfter(response.headers);
    if (ms === undefined || response.headers.get('x-should-retry') === 'false') return response;
    const text = await response.text();
    const headers = new Headers([...response.headers]);
    for (const name of ['content-encoding', 'content-length']) headers.delete(name);
    // An exhausted quota is no question of time: the SDK may try, and the run fails.
    if (!/insufficient_quota/.test(text)) {
      headers.set(LATER, String(ms));
      headers.set('x-should-retry', 'false');
    }
    return new Response(text, { status: 429, headers });
  };
}

/** After how many milliseconds the upstream wants to be asked again; undefined where it did not say. */
export function retryLater({ headers }: { readonly headers: Headers | undefined }): number | undefined {
  const ms = headers?.get(LATER);
  return ms === null || ms === undefined ? undefined : Number(ms);
}

/** `retry-after` is a number of seconds or a date. */
function retryAfter(headers: Headers): number | undefined {
  const precise = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (precise >= 0) return precise;
  const given = headers.get('retry-after');
  if (given === null) return undefined;
  const seconds = Number(given);
  const ms = Number.isNaN(seconds) ? Date.parse(given) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
