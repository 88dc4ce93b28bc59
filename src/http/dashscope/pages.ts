/** A page of a list that stands in one object whole: the files of an assistant, the files of a message. */
import { ApiError } from '../../assistants/errors.ts';
import { listIds, type Page } from '../../assistants/lists.ts';
import type { ListQuery } from './schemas.ts';

export const noFile = (id: string) => new ApiError(`No file found with id '${id}'.`, { status: 404 });

/**
 * @param items oldest first
 * @param missing the error for a cursor that names nothing
 */
export function pageOf<T extends { id: string }>(
  items: readonly T[],
  query: ListQuery,
  missing: (id: string) => Error,
): Page<T> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const page = listIds([...byId.keys()], query, missing);
  return { ...page, data: page.data.map((id) => byId.get(id) as T) };
}
