/** Vector stores that the Assistants API made on its own: for helpers and for attachments (§1.6, §1.9, §4.1). */
import { type Domain, locks } from '../assistants/domain.ts';
import { badRequest } from '../assistants/errors.ts';
import type { MessageParams, ThreadParams } from '../assistants/params.ts';
import { loadThread, setThreadResources } from '../assistants/threads.ts';
import type { Attachment, Metadata, ToolResources } from '../assistants/types.ts';
import type { Upstream } from '../upstream/client.ts';
import { isMinted, readFile } from './minted.ts';

/** The `vector_stores` helper of assistant and thread creation, after validation. */
export interface VectorStoreHelper {
  file_ids?: string[] | undefined;
  chunking_strategy?: unknown;
  metadata?: Metadata | null | undefined;
}

export interface ResourcesWithHelper {
  code_interpreter?: { file_ids?: string[] | undefined } | null | undefined;
  file_search?:
    | { vector_store_ids?: string[] | undefined; vector_stores?: VectorStoreHelper[] | undefined }
    | null
    | undefined;
}

/** Stores that belong to a thread go away a week after their last use; those of an assistant stay (§1.9). */
const THREAD_STORE_EXPIRY = { anchor: 'last_active_at', days: 7 };

function requireFileSearch({ profile }: Upstream): void {
  if (profile.tools.file_search && !profile.vectorStores) {
    throw badRequest(
      `This upstream (profile '${profile.name}') makes no vector stores: name an existing one in tool_resources.file_search.vector_store_ids.`,
      'tool_resources',
    );
  }
  if (profile.tools.file_search) return;
  throw badRequest(
    `File search is not available from this upstream (profile '${profile.name}').`,
    'tool_resources',
  );
}

/** The upstream's ids of files: of one that rethread minted it knows nothing, so a copy of its bytes goes there first. */
async function idsUpstream(
  domain: Domain,
  upstream: Upstream,
  fileIds: readonly string[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const fileId of fileIds) {
    if (!isMinted(fileId)) {
      ids.push(fileId);
      continue;
    }
    const { file, bytes } = await readFile(domain, fileId);
    const copy = new File([bytes as Uint8Array<ArrayBuffer>], file.filename);
    const { id } = await upstream.upload<{ id: string }>('/files', copy, { purpose: 'assistants' });
    ids.push(id);
  }
  return ids;
}

/** Replaces the `vector_stores` helper by the id of the store it describes (§1.7). */
export async function resolveHelper(
  domain: Domain,
  upstream: Upstream,
  resources: ResourcesWithHelper | null | undefined,
  owner: 'assistant' | 'thread',
): Promise<ToolResources | null | undefined> {
  if (!resources) return resources;
  const ids = [...(resources.file_search?.vector_store_ids ?? [])];
  for (const helper of resources.file_search?.vector_stores ?? []) {
    requireFileSearch(upstream);
    const { id } = await upstream.json<{ id: string }>('POST', '/vector_stores', {
      ...helper,
      ...(helper.file_ids && { file_ids: await idsUpstream(domain, upstream, helper.file_ids) }),
      ...(owner === 'thread' && { expires_after: THREAD_STORE_EXPIRY }),
    });
    ids.push(id);
  }
  return {
    ...(resources.code_interpreter && {
      code_interpreter: { file_ids: resources.code_interpreter.file_ids ?? [] },
    }),
    ...(resources.file_search && { file_search: { vector_store_ids: ids } }),
  };
}

const filesFor = (attachments: readonly Attachment[], type: 'file_search' | 'code_interpreter') =>
  attachments.flatMap(({ file_id, tools }) =>
    file_id && tools?.some((tool) => tool.type === type) ? [file_id] : [],
  );

/**
 * One by one: a file that cannot be searched is refused there and then, in the original's words (§2.9 no. 21). As part of a
 * new store it would be accepted, and never found.
 */
async function addFiles(upstream: Upstream, storeId: string, fileIds: readonly string[]): Promise<void> {
  for (const file_id of fileIds) await upstream.json('POST', `/vector_stores/${storeId}/files`, { file_id });
}

/** What attachments add to resources that a thread has already; makes or extends the thread's vector store (§1.9). */
async function addAttachments(
  domain: Domain,
  upstream: Upstream,
  resources: ToolResources,
  attachments: readonly Attachment[],
): Promise<ToolResources> {
  const searched = filesFor(attachments, 'file_search');
  const computed = filesFor(attachments, 'code_interpreter');
  const added: ToolResources = {};
  if (computed.length > 0) {
    added.code_interpreter = {
      file_ids: [...new Set([...(resources.code_interpreter?.file_ids ?? []), ...computed])],
    };
  }
  if (searched.length > 0) {
    requireFileSearch(upstream);
    const file_ids = await idsUpstream(domain, upstream, searched);
    const [existing] = resources.file_search?.vector_store_ids ?? [];
    if (existing) {
      await addFiles(upstream, existing, file_ids);
    } else {
      const { id } = await upstream.json<{ id: string }>('POST', '/vector_stores', {
        expires_after: THREAD_STORE_EXPIRY,
      });
      try {
        await addFiles(upstream, id, file_ids);
      } catch (error) {
        await upstream.json('DELETE', `/vector_stores/${id}`).catch(() => {});
        throw error;
      }
      added.file_search = { vector_store_ids: [id] };
    }
  }
  return added;
}

/** A new thread's parameters, with the stores that its helper and its messages' attachments ask for (§1.9). */
export async function prepareThread(
  domain: Domain,
  upstream: Upstream,
  {
    tool_resources,
    ...params
  }: { metadata?: Metadata | null | undefined; tool_resources?: ResourcesWithHelper | null | undefined },
  messages: readonly MessageParams[],
): Promise<ThreadParams> {
  const given = (await resolveHelper(domain, upstream, tool_resources, 'thread')) ?? {};
  const attachments = messages.flatMap((message) => message.attachments ?? []);
  return {
    ...params,
    tool_resources: { ...given, ...(await addAttachments(domain, upstream, given, attachments)) },
  };
}

/** The same for a thread that is stored. */
export async function attachToThread(
  domain: Domain,
  upstream: Upstream,
  threadId: string,
  attachments: readonly Attachment[],
): Promise<void> {
  if (attachments.length === 0) return;
  // One at a time: two requests at once would each make a store, and the thread would forget one.
  await domain.store.lock(locks.attachments(threadId), async () => {
    const { thread } = await loadThread(domain, threadId);
    const added = await addAttachments(domain, upstream, thread.tool_resources, attachments);
    if (Object.keys(added).length > 0) await setThreadResources(domain, threadId, added);
  });
}

/** A run waits this long for its thread's store to be indexed, and then starts all the same (§4.1). */
const INDEXING_MS = 60_000;

/** @param signal ends the wait early */
export async function waitForIndexing(
  upstream: Upstream,
  vectorStoreId: string,
  signal: AbortSignal,
): Promise<void> {
  if (!upstream.profile.vectorStores) return;
  const deadline = Date.now() + INDEXING_MS;
  for (let pause = 50; Date.now() < deadline && !signal.aborted; pause = Math.min(pause * 2, 2000)) {
    const { file_counts } = await upstream.json<{ file_counts?: { in_progress: number } }>(
      'GET',
      `/vector_stores/${vectorStoreId}`,
      undefined,
      signal,
    );
    if (!file_counts?.in_progress) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
