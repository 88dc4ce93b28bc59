/** /threads/{thread_id}/messages (§A.6), and the files of one (§A.2). */
import { Hono } from 'hono';
import { listMessages, retrieveMessage, updateMessage } from '../../assistants/messages.ts';
import type { MessageParams } from '../../assistants/params.ts';
import { loadThread } from '../../assistants/threads.ts';
import type { Message } from '../../assistants/types.ts';
import { addMessage } from '../../runs/add-message.ts';
import { whenFree } from '../../runs/busy.ts';
import { answer, bodyOf, type Ctx, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { messageIdIn, messageIdOut } from './ids.ts';
import { fileIdsOf, presentList, presentMessage } from './objects.ts';
import { noFile, pageOf } from './pages.ts';
import { listQuery, type MessageCreate, messageCreate, metadataUpdate } from './schemas.ts';

/** Files are attached to no tool: they are kept and shown, and nothing reads them (§D). */
export function messageParams({ role, content, file_ids = [], metadata }: MessageCreate): MessageParams {
  return { role, content, metadata, attachments: file_ids.map((file_id) => ({ file_id, tools: [] })) };
}

async function load(c: Ctx): Promise<Message> {
  const [threadId, id] = [idOf(c, 'thread_id'), idOf(c, 'message_id')];
  const { domain } = await scopeOf(c);
  await loadThread(domain, threadId);
  return retrieveMessage(domain, threadId, id);
}

const presentFile = (message: Message, id: string) => ({
  id,
  object: 'thread.message.file',
  created_at: message.created_at * 1000,
  message_id: messageIdOut(message.id),
});

export const messages = new Hono<Env>()
  .get('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const { after, before, ...query } = queryOf(c, listQuery);
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    const page = await listMessages(domain, threadId, {
      ...query,
      ...(after && { after: messageIdIn(after) }),
      ...(before && { before: messageIdIn(before) }),
    });
    return answer(
      c,
      presentList(
        page.data.map((message) => presentMessage(message, 'listed')),
        page.has_more,
      ),
    );
  })
  .post('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const params = messageParams(await bodyOf(c, messageCreate));
    const scope = await scopeOf(c);
    const { busyThread } = c.env.service;
    const message = await whenFree(scope, busyThread, threadId, c.req.raw.signal, () =>
      addMessage(scope, threadId, params),
    );
    return answer(c, presentMessage(message, 'one'));
  })
  .get('/:message_id', async (c) => answer(c, presentMessage(await load(c), 'one')))
  .post('/:message_id', async (c) => {
    const [threadId, id] = [idOf(c, 'thread_id'), idOf(c, 'message_id')];
    const { metadata } = await bodyOf(c, metadataUpdate);
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    return answer(c, presentMessage(await updateMessage(domain, threadId, id, metadata), 'one'));
  })
  .get('/:message_id/files', async (c) => {
    const query = queryOf(c, listQuery);
    const message = await load(c);
    const page = pageOf(
      fileIdsOf(message).map((id) => presentFile(message, id)),
      query,
      noFile,
    );
    return answer(c, presentList(page.data, page.has_more));
  })
  .get('/:message_id/files/:file_id', async (c) => {
    const message = await load(c);
    const fileId = c.req.param('file_id');
    if (!fileIdsOf(message).includes(fileId)) throw noFile(fileId);
    return answer(c, presentFile(message, fileId));
  });
