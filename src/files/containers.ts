/** The code interpreter's containers: one for each thread, made again with its files when it has expired (§4.3, §4.4). */
import { Buffer } from 'node:buffer';
import type { Domain } from '../assistants/domain.ts';
import { changeThread, loadThread } from '../assistants/threads.ts';
import type { Effect } from '../translate/types.ts';
import { type Upstream, UpstreamError } from '../upstream/client.ts';
import { isMinted, readFile, saveFile } from './minted.ts';

/** The upstream keeps a container for 20 minutes after its last use, and no longer; a minute is left for the clocks. */
const LIFETIME_MS = 19 * 60_000;

/** The thread's container, with all of `fileIds` in it. */
export async function containerFor(
  domain: Domain,
  upstream: Upstream,
  threadId: string,
  fileIds: readonly string[],
): Promise<string> {
  const { container } = await loadThread(domain, threadId);
  const alive = container && domain.now() - container.usedAt < LIFETIME_MS;
  const inside = alive ? container.fileIds : [];
  const id = alive ? container.id : await createContainer(upstream, threadId);
  try {
    for (const fileId of fileIds) {
      if (!inside.includes(fileId)) await putFile(domain, upstream, id, fileId);
    }
  } catch (error) {
    if (!alive || !isContainerGone(error)) throw error;
    await dropContainer(domain, threadId);
    return containerFor(domain, upstream, threadId, fileIds);
  }
  const all = [...new Set([...inside, ...fileIds])];
  await changeThread(domain, threadId, (record) => ({
    ...record,
    container: { id, fileIds: all, usedAt: domain.now() },
  }));
  return id;
}

/** Whether the upstream says that a container has expired, or knows none of that id (any more). */
export function isContainerGone(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  const { status, message } = error;
  return (
    (status === 400 || status === 404) && /container/i.test(message) && /expired|not found/i.test(message)
  );
}

/** Forgets the thread's container, e.g. because the upstream says that it has expired. */
export async function dropContainer(domain: Domain, threadId: string): Promise<void> {
  await changeThread(domain, threadId, ({ container: _, ...record }) => record);
}

async function createContainer(upstream: Upstream, threadId: string): Promise<string> {
  const { id } = await upstream.json<{ id: string }>('POST', '/containers', {
    name: threadId,
    expires_after: { anchor: 'last_active_at', minutes: 20 },
  });
  return id;
}

/** Files that rethread minted are not known to the upstream: their bytes go along. */
async function putFile(
  domain: Domain,
  upstream: Upstream,
  containerId: string,
  fileId: string,
): Promise<void> {
  const path = `/containers/${containerId}/files`;
  if (!isMinted(fileId)) {
    await upstream.json('POST', path, { file_id: fileId });
    return;
  }
  const { file, bytes } = await readFile(domain, fileId);
  await upstream.upload(path, new File([bytes as Uint8Array<ArrayBuffer>], file.filename));
}

/** Copies what a run made before anybody is told of it; its container may be gone minutes later (§4.4). */
export async function carryOutEffect(
  domain: Domain,
  upstream: Upstream,
  effect: Effect,
  signal: AbortSignal,
): Promise<void> {
  const bytes =
    effect.type === 'copy_container_file'
      ? await upstream.bytes(`/containers/${effect.container_id}/files/${effect.file_id}/content`, signal)
      : await imageBytes(upstream, effect.url, signal);
  await saveFile(domain, effect.as, effect.filename, bytes);
}

/** A data URL, or a path at the upstream; no other host is ever called. */
async function imageBytes(upstream: Upstream, url: string, signal: AbortSignal): Promise<Uint8Array> {
  const inline = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (inline) return Buffer.from(decodeURIComponent(inline[2] ?? ''), inline[1] ? 'base64' : 'utf8');
  if (!url.startsWith(`${upstream.baseURL}/`))
    throw new Error('An image is at a host that is not the upstream.');
  return upstream.bytes(url.slice(upstream.baseURL.length), signal);
}
