/**
 * Asks the upstream whether it knows a key, before data are stored for whoever sent it. Otherwise anybody could fill
 * the store: most routes of the Assistants API need no call upstream.
 */
import { LRUCache } from 'lru-cache';
import { ApiError } from '../assistants/errors.ts';
import type { Visitor } from './identity.ts';
import { keyOf, wrongKey } from './keys.ts';

/** @throws ApiError 401 in the upstream's own words */
export type CheckKey = (request: Request, visitor: Visitor) => Promise<void>;

const GOOD_MS = 10 * 60_000;
const REFUSED_MS = 60_000;
/** An upstream that takes longer is not waited for. */
const PATIENCE_MS = 10_000;

export function createKeyCheck(): CheckKey {
  const verdicts = new LRUCache<string, Promise<ApiError | 'good' | 'unknown'>>({
    max: 10_000,
    ttl: GOOD_MS,
  });
  return async (request, visitor) => {
    if (visitor.unknownKey === undefined) return;
    const name = visitor.unknownKey + visitor.scope;
    let asked = verdicts.get(name);
    if (!asked) {
      asked = ask(visitor);
      verdicts.set(name, asked);
      void asked.then((verdict) => {
        if (verdict === 'unknown') verdicts.delete(name);
        else if (verdict !== 'good') verdicts.set(name, asked as Promise<ApiError>, { ttl: REFUSED_MS });
      });
    }
    const verdict = await asked;
    if (verdict instanceof ApiError) throw refusalFor(request, verdict);
  };
}

/** Only a plain 401 counts: a key may well not be allowed to list models, and some upstreams have no such list. */
async function ask({ caller }: Visitor): Promise<ApiError | 'good' | 'unknown'> {
  const query = new URLSearchParams(caller.query).toString();
  try {
    const answer = await caller.fetch(`${caller.baseURL}/models${query && `?${query}`}`, {
      headers: caller.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 401) return refusal(await answer.text());
    await answer.body?.cancel();
    return answer.status >= 500 || answer.status === 429 ? 'unknown' : 'good';
  } catch {
    return 'unknown';
  }
}

function refusal(body: string): ApiError {
  let said: { message?: unknown; type?: unknown; code?: unknown } | undefined;
  try {
    const whole = JSON.parse(body);
    // DashScope's errors are flat (dashscope §C.9).
    said = whole?.error ?? whole;
  } catch {
    // Not in the upstream's usual form: the contract's words are put in its place.
  }
  const { message, type, code } = said ?? {};
  return new ApiError(typeof message === 'string' ? message : '', {
    status: 401,
    ...(typeof type === 'string' && { type }),
    code: typeof code === 'string' ? code : null,
  });
}

const refusalFor = (request: Request, verdict: ApiError) =>
  verdict.message === '' ? wrongKey(keyOf(request.headers) ?? '') : verdict;
