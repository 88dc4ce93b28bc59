import { badRequest } from './errors.ts';

/** A page of a list, in the envelope of §1.4. */
export interface ListPage<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/**
 * One page: `limit` items (default 20) after or before a cursor, newest first unless `order=asc` (§1.4).
 *
 * @param items oldest first
 * @param maxLimit 100 for most lists, 10 000 for files
 * @throws ApiError 400 for a limit or an order that is none
 */
export function paginate<T extends { id: string }>(
  items: readonly T[],
  query: URLSearchParams,
  { maxLimit = 100, defaultLimit = 20 }: { maxLimit?: number; defaultLimit?: number } = {},
): ListPage<T> {
  const limit = readLimit(query.get('limit'), maxLimit, defaultLimit);
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') {
    throw badRequest(
      `Invalid value: '${order}'. Supported values are: 'asc' and 'desc'.`,
      'order',
      'invalid_value',
    );
  }
  const ordered = order === 'asc' ? [...items] : [...items].reverse();
  const after = query.get('after');
  const before = query.get('before');
  let from = 0;
  let to = ordered.length;
  if (after) from = ordered.findIndex(({ id }) => id === after) + 1;
  if (before) {
    const found = ordered.findIndex(({ id }) => id === before);
    if (found >= 0) to = found;
  }
  const window = ordered.slice(from, to);
  // `before` alone asks for the items closest to the cursor.
  const data = before && !after ? window.slice(-limit) : window.slice(0, limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: window.length > data.length,
  };
}

function readLimit(given: string | null, max: number, fallback: number): number {
  if (given === null) return fallback;
  const limit = Number(given);
  if (!Number.isInteger(limit)) {
    throw badRequest(
      `Invalid type for 'limit': expected an integer, but got a string instead.`,
      'limit',
      'invalid_type',
    );
  }
  if (limit < 1) {
    throw badRequest(
      `Invalid 'limit': integer below minimum value. Expected a value >= 1, but got ${limit} instead.`,
      'limit',
      'integer_below_min_value',
    );
  }
  if (limit > max) {
    throw badRequest(
      `Invalid 'limit': integer above maximum value. Expected a value <= ${max}, but got ${limit} instead.`,
      'limit',
      'integer_above_max_value',
    );
  }
  return limit;
}
