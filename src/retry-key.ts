/**
 * The `Idempotency-Key` that an SDK makes up for one request and its retries. All majors have it built in, and switched
 * off; where `idempotencyHeader` is set they send one with whatever is not a GET (§1.2).
 */

const HEADER = 'idempotency-key';
const MADE_UP = /^stainless-node-retry-/;

/** Switches it on, unless the program has switched it on already. */
export function sendRetryKeys(client: { idempotencyHeader?: string }): void {
  client.idempotencyHeader ??= HEADER;
}

export const hasRetryKey = ({ headers }: { headers: Headers }) => MADE_UP.test(headers.get(HEADER) ?? '');

/** The same request as it would be without. The headers keep their form: a fetch of the user's own may look into them. */
export function withoutRetryKey(init: RequestInit | undefined): RequestInit | undefined {
  const given = init?.headers;
  if (!given || Array.isArray(given)) return init;
  if (given instanceof Headers) {
    if (!hasRetryKey({ headers: given })) return init;
    const headers = new Headers(given);
    headers.delete(HEADER);
    return { ...init, headers };
  }
  const { [HEADER]: key, ...headers } = given as Record<string, string>;
  return MADE_UP.test(key ?? '') ? { ...init, headers } : init;
}
