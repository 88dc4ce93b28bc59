/** /threads/{thread_id}/messages (§1.1 no. 10–14) */
import { Hono } from 'hono';
import { deleteMessage, listMessages, retrieveMessage, updateMessage } from '../../assistants/messages.ts';
import { listRunMessages } from '../../assistants/runs.ts';
import { loadThread } from '../../assistants/threads.ts';
import { addMessage } from '../../runs/add-message.ts';
import { whenFree } from '../../runs/busy.ts';
import { answer, bodyOf, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { listEnvelope } from './present.ts';
import { messageCreate, messageListQuery, messageUpdate } from './schemas.ts';

export const messages = new Hono<Env>()
  .get('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const { run_id: runId, ...query } = queryOf(c, messageListQuery);
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    const page =
      runId === undefined
        ? await listMessages(domain, threadId, query)
        : await listRunMessages(domain, threadId, runId, query);
    return answer(c, listEnvelope(page));
  })
  .post('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const params = await bodyOf(c, messageCreate);
    const scope = await scopeOf(c);
    const { busyThread } = c.env.service;
    return answer(
      c,
      await whenFree(scope, busyThread, threadId, c.req.raw.signal, () =>
        addMessage(scope, threadId, params),
      ),
    );
  })
  .get('/:message_id', async (c) => {
    const [threadId, id] = [idOf(c, 'thread_id'), idOf(c, 'message_id')];
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    return answer(c, await retrieveMessage(domain, threadId, id));
  })
  .post('/:message_id', async (c) => {
    const [threadId, id] = [idOf(c, 'thread_id'), idOf(c, 'message_id')];
    const { metadata } = await bodyOf(c, messageUpdate);
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    return answer(c, await updateMessage(domain, threadId, id, metadata));
  })
  .delete('/:message_id', async (c) => {
    const [threadId, id] = [idOf(c, 'thread_id'), idOf(c, 'message_id')];
    const { domain } = await scopeOf(c);
    await loadThread(domain, threadId);
    await deleteMessage(domain, threadId, id);
    return answer(c, { id, object: 'thread.message.deleted', deleted: true });
  });
