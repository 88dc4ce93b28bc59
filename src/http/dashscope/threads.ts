/** /threads (§A.5). There is no list of them. */
import { Hono } from 'hono';
import { createThread, retrieveThread, updateThread } from '../../assistants/threads.ts';
import { removeThread } from '../../runs/remove-thread.ts';
import { answer, bodyOf, type Env, idOf, scopeOf } from './context.ts';
import { messageParams } from './messages.ts';
import { presentThread } from './objects.ts';
import { threadAndRun } from './runs.ts';
import { metadataUpdate, threadCreate } from './schemas.ts';

export const threads = new Hono<Env>()
  .post('/', async (c) => {
    const { messages = [], metadata } = await bodyOf(c, threadCreate);
    const { domain } = await scopeOf(c);
    return answer(c, presentThread(await createThread(domain, { metadata }, messages.map(messageParams))));
  })
  .get('/:thread_id', async (c) => {
    const { domain } = await scopeOf(c);
    return answer(c, presentThread(await retrieveThread(domain, idOf(c, 'thread_id'))));
  })
  .post('/:thread_id', async (c) => {
    // No route of its own: of Hono's routers the quick one takes none that another could take for its parameter.
    if (c.req.path === '/threads/runs') return threadAndRun(c);
    const { metadata } = await bodyOf(c, metadataUpdate);
    const { domain } = await scopeOf(c);
    return answer(c, presentThread(await updateThread(domain, idOf(c, 'thread_id'), { metadata })));
  })
  .delete('/:thread_id', async (c) => {
    const id = idOf(c, 'thread_id');
    await removeThread(await scopeOf(c), id);
    return answer(c, { id, object: 'thread.deleted', deleted: true });
  });
