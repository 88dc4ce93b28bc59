/** Ids of vector stores in a body: how they begin is the provider's affair, not the dialect's (§2.9 #12; dashscope §C.5). */
import { wrongPrefix } from './problems.ts';

interface WithStores {
  tool_resources?: { file_search?: { vector_store_ids?: readonly string[] | null } | null } | null;
}

/**
 * @param body of any request that passed its schema
 * @throws ApiError 400 no. 12
 */
export function checkStoreIds(body: unknown, prefix: string): void {
  if (prefix === '' || typeof body !== 'object' || body === null) return;
  check(body, 'tool_resources', prefix);
  const { thread } = body as { thread?: object | null };
  if (thread) check(thread, 'thread.tool_resources', prefix);
}

function check({ tool_resources }: WithStores, path: string, prefix: string): void {
  for (const [at, id] of (tool_resources?.file_search?.vector_store_ids ?? []).entries()) {
    if (!id.startsWith(prefix)) throw wrongPrefix(id, prefix)(`${path}.file_search.vector_store_ids[${at}]`);
  }
}
