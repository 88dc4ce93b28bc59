/** /threads (§1.1 no. 6–9), and the list of threads that the original never had. */
import { Hono } from 'hono';
import { createThread, listThreads, retrieveThread, updateThread } from '../../assistants/threads.ts';
import { prepareThread } from '../../files/vector-stores.ts';
import { removeThread } from '../../runs/remove-thread.ts';
import { answer, bodyOf, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { listEnvelope } from './present.ts';
import { threadAndRun } from './runs.ts';
import { listQuery, threadCreate, threadUpdate } from './schemas.ts';

export const threads = new Hono<Env>()
  .get('/', async (c) => {
    const query = queryOf(c, listQuery);
    const { domain } = await scopeOf(c);
    return answer(c, listEnvelope(await listThreads(domain, query)));
  })
  .post('/', async (c) => {
    const { messages = [], ...params } = await bodyOf(c, threadCreate);
    const { domain, upstream } = await scopeOf(c);
    return answer(
      c,
      await createThread(domain, await prepareThread(domain, upstream, params, messages), messages),
    );
  })
  .get('/:thread_id', async (c) => {
    const id = idOf(c, 'thread_id');
    const { domain } = await scopeOf(c);
    return answer(c, await retrieveThread(domain, id));
  })
  .post('/:thread_id', async (c) => {
    // No route of its own: of Hono's routers the quick one takes none that another could take for its parameter.
    if (c.req.path === '/threads/runs') return threadAndRun(c);
    const id = idOf(c, 'thread_id');
    const params = await bodyOf(c, threadUpdate);
    const { domain } = await scopeOf(c);
    return answer(c, await updateThread(domain, id, params));
  })
  .delete('/:thread_id', async (c) => {
    const id = idOf(c, 'thread_id');
    await removeThread(await scopeOf(c), id);
    return answer(c, { id, object: 'thread.deleted', deleted: true });
  });
