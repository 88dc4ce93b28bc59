/** Messages of a thread (§1.1 no. 10–14, §1.7). */
import type { Entry } from '../store/store.ts';
import { type Domain, keys, locks, nextId, seconds } from './domain.ts';
import { errors } from './errors.ts';
import { type Listed, listRecords, logOf, type Page, takeOut } from './lists.ts';
import type { ContentPart, ListQuery, MessageParams } from './params.ts';
import type { Message, MessageContent, Metadata } from './types.ts';

export interface MessageRecord extends Listed {
  message: Message;
}

function resolvePart(part: ContentPart): MessageContent {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: { value: part.text, annotations: [] } };
    case 'image_url':
      return {
        type: 'image_url',
        image_url: { url: part.image_url.url, detail: part.image_url.detail ?? 'auto' },
      };
    case 'image_file':
      return {
        type: 'image_file',
        image_file: { file_id: part.image_file.file_id, detail: part.image_file.detail ?? 'auto' },
      };
  }
}

/** A message as a client made it: complete at once, without assistant or run, whatever its role (§1.7). */
function build(domain: Domain, threadId: string, params: MessageParams): Message {
  const now = seconds(domain);
  const parts =
    typeof params.content === 'string' ? [{ type: 'text' as const, text: params.content }] : params.content;
  return {
    id: nextId(domain, 'msg_'),
    object: 'thread.message',
    created_at: now,
    assistant_id: null,
    thread_id: threadId,
    run_id: null,
    role: params.role,
    content: parts.map(resolvePart),
    attachments: params.attachments ?? [],
    metadata: params.metadata ?? {},
    status: 'completed',
    completed_at: now,
    incomplete_at: null,
    incomplete_details: null,
  };
}

/** New messages and what to write for them; the caller is inside the thread's critical section and does the writing. */
export async function placeMessages(
  domain: Domain,
  threadId: string,
  params: readonly MessageParams[],
): Promise<{ messages: Message[]; writes: Entry[] }> {
  const messages = params.map((one) => build(domain, threadId, one));
  return { messages, writes: await placeBuilt(domain, threadId, messages) };
}

/** Writes for messages that are new to the thread's log, in the order given. */
export async function placeBuilt(
  domain: Domain,
  threadId: string,
  messages: readonly Message[],
): Promise<Entry[]> {
  if (messages.length === 0) return [];
  const plan = await logOf(domain.store, keys.messages(threadId)).append(
    messages.map((message) => message.id),
  );
  return [
    ...messages.map((message, at): Entry => {
      const record: MessageRecord = { message, page: plan.pages[at] as number };
      return [keys.message(threadId, message.id), record];
    }),
    ...plan.writes,
  ];
}

async function load(domain: Domain, threadId: string, id: string): Promise<MessageRecord> {
  const record = await domain.store.get<MessageRecord>(keys.message(threadId, id));
  if (!record) throw errors.noMessage(id);
  return record;
}

export async function retrieveMessage(domain: Domain, threadId: string, id: string): Promise<Message> {
  return (await load(domain, threadId, id)).message;
}

/** Only metadata of a message can change (§2.8). */
export async function updateMessage(
  domain: Domain,
  threadId: string,
  id: string,
  metadata: Metadata | null | undefined,
): Promise<Message> {
  return domain.store.lock(locks.thread(threadId), async () => {
    const record = await load(domain, threadId, id);
    if (metadata === undefined) return record.message;
    const message = { ...record.message, metadata: metadata ?? {} };
    await domain.store.set(keys.message(threadId, id), { ...record, message });
    return message;
  });
}

export async function deleteMessage(domain: Domain, threadId: string, id: string): Promise<void> {
  await domain.store.lock(locks.thread(threadId), async () => {
    const { page } = await load(domain, threadId, id);
    await domain.store.setMany(await takeOut(domain.store, keys.messages(threadId), id, page));
    await domain.store.delete([keys.message(threadId, id)]);
  });
}

/** Undoes the making of messages, of which nothing remains; the caller is inside the thread's critical section. */
export async function removeMessages(
  domain: Domain,
  threadId: string,
  records: readonly MessageRecord[],
): Promise<void> {
  const log = logOf(domain.store, keys.messages(threadId));
  for (const { message, page } of records) {
    await domain.store.setMany(await log.remove(message.id, page));
    await domain.store.delete([keys.message(threadId, message.id)]);
  }
}

export async function listMessages(
  domain: Domain,
  threadId: string,
  query: ListQuery,
): Promise<Page<Message>> {
  const list = {
    name: keys.messages(threadId),
    keyOf: (id: string) => keys.message(threadId, id),
    missing: errors.noMessage,
  };
  const page = await listRecords<MessageRecord>(domain.store, list, query);
  return { ...page, data: page.data.map((record) => record.message) };
}

/** All messages of a thread, oldest first; two grouped reads, however many there are. */
export async function readThread(domain: Domain, threadId: string): Promise<Message[]> {
  const ids = await logOf(domain.store, keys.messages(threadId)).all();
  const records = await domain.store.getMany<MessageRecord>(ids.map((id) => keys.message(threadId, id)));
  return records.flatMap((record) => (record ? [record.message] : []));
}

/** The `count` newest messages of a thread, oldest first: what they cost does not depend on the thread's length. */
export async function readNewest(domain: Domain, threadId: string, count: number): Promise<Message[]> {
  const { ids } = await logOf(domain.store, keys.messages(threadId)).list({ order: 'desc', limit: count });
  const records = await domain.store.getMany<MessageRecord>(
    ids.reverse().map((id) => keys.message(threadId, id)),
  );
  return records.flatMap((record) => (record ? [record.message] : []));
}

/** How many messages are looked at first, and at most at a time. */
const FEW = 20;
const MANY = 1000;

/** Whether any message is a user's. Looks from the newest back, for there it stands in all but the oddest threads. */
export async function hasUserMessage(domain: Domain, threadId: string): Promise<boolean> {
  let after: string | undefined;
  for (let limit = FEW; ; limit = Math.min(limit * 4, MANY)) {
    const page = await listMessages(domain, threadId, { order: 'desc', limit, after });
    if (page.data.some(({ role }) => role === 'user')) return true;
    after = page.data.at(-1)?.id;
    if (!page.has_more || !after) return false;
  }
}
