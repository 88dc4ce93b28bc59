/** /assistants (§1.1 no. 1–5) */
import { Hono } from 'hono';
import {
  createAssistant,
  deleteAssistant,
  listAssistants,
  retrieveAssistant,
  updateAssistant,
} from '../../assistants/assistants.ts';
import { resolveHelper } from '../../files/vector-stores.ts';
import { answer, bodyOf, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { listEnvelope, presentObject } from './present.ts';
import { listQuery } from './schemas.ts';

export const assistants = new Hono<Env>()
  .get('/', async (c) => {
    const query = queryOf(c, listQuery);
    const { domain } = await scopeOf(c);
    const page = await listAssistants(domain, query);
    return answer(c, listEnvelope({ ...page, data: page.data.map(presentObject) }));
  })
  .post('/', async (c) => {
    const { tool_resources, ...params } = await bodyOf(c, c.get('bodies').assistantCreate);
    const { domain, upstream } = await scopeOf(c);
    const resources = await resolveHelper(domain, upstream, tool_resources, 'assistant');
    return answer(c, await createAssistant(domain, { ...params, tool_resources: resources }));
  })
  .get('/:assistant_id', async (c) => {
    const id = idOf(c, 'assistant_id');
    const { domain } = await scopeOf(c);
    return answer(c, presentObject(await retrieveAssistant(domain, id)));
  })
  .post('/:assistant_id', async (c) => {
    const id = idOf(c, 'assistant_id');
    const changes = await bodyOf(c, c.get('bodies').assistantUpdate);
    const { domain } = await scopeOf(c);
    return answer(c, presentObject(await updateAssistant(domain, id, changes)));
  })
  .delete('/:assistant_id', async (c) => {
    const id = idOf(c, 'assistant_id');
    const { domain } = await scopeOf(c);
    await deleteAssistant(domain, id);
    return answer(c, { id, object: 'assistant.deleted', deleted: true });
  });
