/** Keys of callers. Only their hashes are kept and compared (DESIGN decision 11). */
import { ApiError } from '../assistants/errors.ts';
import { hash } from '../store/hash.ts';

/** The hash of a key from the configuration, where it may stand in plain or as `sha256:<hex>`. */
export function digestOf(key: string): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(key) ?? [];
  return hex?.toLowerCase() ?? hash(key);
}

/** The key a request carries: `Authorization: Bearer …`, or Azure's `api-key`. */
export function keyOf(headers: Headers): string | undefined {
  const authorization = headers.get('authorization');
  if (authorization === null) return headers.get('api-key') || undefined;
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}

/** Looks at every key, whether or not one has matched: the time taken tells nothing about any of them. */
export function findKey<T extends { digest: string }>(known: readonly T[], digest: string): T | undefined {
  let found: T | undefined;
  for (const candidate of known) if (equal(candidate.digest, digest)) found = candidate;
  return found;
}

/** Compares two digests of one length in constant time. */
function equal(a: string, b: string): boolean {
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

export function missingKey(): ApiError {
  return new ApiError(
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
      '(i.e. Authorization: Bearer YOUR_KEY).',
    { status: 401 },
  );
}

/** #27; of the key no more is shown than what the original showed. */
export function wrongKey(key: string): ApiError {
  const shown = key.length > 12 ? `${key.slice(0, 3)}***${key.slice(-4)}` : '***';
  return new ApiError(
    `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    { status: 401, code: 'invalid_api_key' },
  );
}
