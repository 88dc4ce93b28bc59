/** Bounds on what one tenant may have going at the same time. */
import { ApiError } from '../assistants/errors.ts';

export interface Limits {
  /** @param held runs that the tenant has in progress @throws ApiError 429 with `retry-after` */
  admitRun(tenant: string, held: number): void;
  /**
   * Takes one of the tenant's streams; what this gives returns it, once.
   * @throws ApiError 429 with `retry-after`
   */
  takeStream(tenant: string): () => void;
}

export function createLimits(runs: number, streams: number): Limits {
  const open = new Map<string, number>();
  const count = (tenant: string, by: number) => {
    const now = (open.get(tenant) ?? 0) + by;
    if (now > 0) open.set(tenant, now);
    else open.delete(tenant);
  };
  return {
    admitRun(_tenant, held) {
      if (held >= runs) throw tooMany(`${runs} runs in progress`);
    },
    takeStream(tenant) {
      if ((open.get(tenant) ?? 0) >= streams) throw tooMany(`${streams} streams open`);
      count(tenant, 1);
      let taken = true;
      return () => {
        if (taken) count(tenant, -1);
        taken = false;
      };
    },
  };
}

function tooMany(what: string): ApiError {
  return new ApiError(`Rate limit reached: this key already has ${what}. Please try again in 1s.`, {
    status: 429,
    type: 'requests',
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': '1' },
  });
}
