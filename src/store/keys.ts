/**
 * The names under which engines know our keys. Engines are particular: PostgreSQL and MySQL tables of Keyv
 * have VARCHAR(255) keys, lmdb takes no NUL and 1978 bytes, UTF-8 has no lone surrogates, MySQL ignores a
 * space at the end. A key that wouldn't fit everywhere is replaced by its hash.
 */
import { hash } from './hash.ts';

/** Leaves room, within 255, for a namespace that a user's own Keyv puts before it. */
const LONGEST = 200;

/** Marks a hash, a scope and the store's own keys. Keys of callers that begin so are hashed. */
const RESERVED = /^[#@!]/;

/** What rethread's own keys are made of. */
const PLAIN = /^[a-z][\w:/-]*$/i;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Where the format of the whole store is noted. Not reachable through a caller's key. */
export const FORMAT_KEY = '!format';

/** What a scope puts before its keys. Escaping keeps `scoped('a').scoped('b')` and `scoped('a/@b')` apart. */
export function scopePrefix(name: string): string {
  return `@${LONE_SURROGATE.test(name) ? hashed(name) : encodeURIComponent(name)}/`;
}

/** @param scope prefixes made by {@link scopePrefix}, outermost first, or nothing */
export function engineKey(scope: string, key: string): string {
  const whole = scope + (isAwkward(key) ? hashed(key) : key);
  return whole.length > LONGEST ? hashed(scope, key) : whole;
}

function isAwkward(key: string): boolean {
  if (PLAIN.test(key)) return false;
  return (
    key === '' || RESERVED.test(key) || key.includes('\0') || key.trim() !== key || LONE_SURROGATE.test(key)
  );
}

function hashed(...parts: string[]): string {
  // JSON escapes lone surrogates, which UTF-8 would all turn into the same character
  return `#${hash(JSON.stringify(parts))}`;
}
