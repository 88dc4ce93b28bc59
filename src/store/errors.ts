/** What a store says when it fails. */

/**
 * - `bad_target`: the store's address makes no sense
 * - `missing_package`: an optional package has to be installed first
 * - `unreachable`: the directory or server can't be opened
 * - `failed`: an operation failed; nothing is known about its effect
 * - `newer_format`: the data was written by a newer rethread
 * - `damaged`: stored data isn't what rethread writes
 * - `lock_lost`: a critical section outlived its lock
 * - `closed`: the store was closed
 */
export type StoreErrorCode =
  | 'bad_target'
  | 'missing_package'
  | 'unreachable'
  | 'failed'
  | 'newer_format'
  | 'damaged'
  | 'lock_lost'
  | 'closed';

/** Every failure of a store. `target` is the store's address without credentials. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly target: string;

  constructor(code: StoreErrorCode, target: string, message: string, options?: { cause?: unknown }) {
    const about = code === 'missing_package' ? '' : `rethread store ${redact(target)}: `;
    super(about + message, options);
    this.name = 'StoreError';
    this.code = code;
    this.target = redact(target);
  }
}

/** Of a store that is there in principle, and did not answer in time or as it should: what is asked again may succeed. */
const OUTAGE: readonly StoreErrorCode[] = ['unreachable', 'failed', 'lock_lost'];

export const isOutage = (error: unknown): error is StoreError =>
  error instanceof StoreError && OUTAGE.includes(error.code);

/** An address that may be shown: the password and the query (which may hold one) are gone. */
export function redact(target: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return target;
  const bare = target.replace(/[?#].*$/s, '');
  return bare.replace(/^([^:]+:\/\/[^/]*?):.*@/s, '$1:***@');
}

/**
 * A StoreError from what a client library threw. Libraries put connection options, and some the very AUTH
 * command, on their errors; so only the message (without the password), the name and the code are kept.
 */
export function wrap(code: StoreErrorCode, target: string, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const original = error instanceof Error ? error : new Error(String(error));
  const text = scrub(reason(original), target);
  const cause = Object.assign(new Error(text), { name: original.name });
  cause.stack = scrub(original.stack ?? text, target);
  const errno = (original as { code?: unknown }).code;
  if (typeof errno === 'string') Object.assign(cause, { code: errno });
  return new StoreError(code, target, `${doing}: ${text}`, { cause });
}

/** Node's "happy eyeballs" connection failures are AggregateErrors with an empty message. */
function reason(error: Error): string {
  if (error.message) return error.message;
  const inner =
    error instanceof AggregateError ? error.errors.find((one) => one instanceof Error) : undefined;
  return inner?.message || String((error as { code?: unknown }).code ?? error.name);
}

function scrub(text: string, target: string): string {
  let clean = text.replaceAll(target, redact(target));
  for (const secret of secrets(target)) clean = clean.replaceAll(secret, '***');
  return clean;
}

function secrets(target: string): string[] {
  if (!URL.canParse(target)) return [];
  const url = new URL(target);
  const found = [url.password, url.searchParams.get('password') ?? ''];
  return [...found, ...found.map(decode)].filter((secret) => secret.length > 3);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
