/** /assistants (§A.4), and the files bound to one (§A.2). */
import { Hono } from 'hono';
import {
  createAssistant,
  deleteAssistant,
  listAssistants,
  retrieveAssistant,
  updateAssistant,
} from '../../assistants/assistants.ts';
import { type Domain, seconds } from '../../assistants/domain.ts';
import type { AssistantChanges } from '../../assistants/params.ts';
import type { Assistant, DashScopeAssistant } from '../../assistants/types.ts';
import { answer, bodyOf, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { presentAssistant, presentList } from './objects.ts';
import { noFile, pageOf } from './pages.ts';
import {
  type AssistantUpdate,
  assistantCreate,
  assistantFileCreate,
  assistantUpdate,
  listQuery,
} from './schemas.ts';

const UNSET: DashScopeAssistant = {
  temperature: null,
  top_p: null,
  top_k: null,
  max_tokens: null,
  files: [],
};

/** What an update says, for the assistant as it is. What was not sent stays, and so do files where the list is empty (§A.4). */
function changesFor(
  domain: Domain,
  sent: Partial<AssistantUpdate>,
  own: DashScopeAssistant = UNSET,
): AssistantChanges {
  const { file_ids: fileIds = [], top_k, max_tokens, ...others } = sent;
  const { temperature, top_p } = sent;
  return {
    ...others,
    dashscope: {
      temperature: temperature ?? own.temperature,
      top_p: top_p ?? own.top_p,
      top_k: top_k ?? own.top_k,
      max_tokens: max_tokens ?? own.max_tokens,
      files: fileIds.length > 0 ? fileIds.map((id) => fileOf(domain, id, own)) : own.files,
    },
  };
}

const fileOf = (domain: Domain, id: string, { files }: DashScopeAssistant) =>
  files.find((file) => file.id === id) ?? { id, added_at: seconds(domain) };

const withFiles = (
  { dashscope: own = UNSET }: Assistant,
  files: DashScopeAssistant['files'],
): AssistantChanges => ({ dashscope: { ...own, files } });

const presentFile = (assistantId: string, { id, added_at }: DashScopeAssistant['files'][number]) => ({
  id,
  object: 'assistant.file',
  created_at: added_at * 1000,
  assistant_id: assistantId,
});

export const assistants = new Hono<Env>()
  .get('/', async (c) => {
    const query = queryOf(c, listQuery);
    const { domain } = await scopeOf(c);
    const page = await listAssistants(domain, query);
    return answer(c, presentList(page.data.map(presentAssistant), page.has_more));
  })
  .post('/', async (c) => {
    const { model, ...sent } = await bodyOf(c, assistantCreate);
    const { domain } = await scopeOf(c);
    const assistant = await createAssistant(domain, { ...changesFor(domain, sent), model });
    return answer(c, presentAssistant(assistant));
  })
  .get('/:assistant_id', async (c) => {
    const { domain } = await scopeOf(c);
    return answer(c, presentAssistant(await retrieveAssistant(domain, idOf(c, 'assistant_id'))));
  })
  .post('/:assistant_id', async (c) => {
    const sent = await bodyOf(c, assistantUpdate);
    const { domain } = await scopeOf(c);
    const assistant = await updateAssistant(domain, idOf(c, 'assistant_id'), ({ dashscope }) =>
      changesFor(domain, sent, dashscope),
    );
    return answer(c, presentAssistant(assistant));
  })
  .delete('/:assistant_id', async (c) => {
    const id = idOf(c, 'assistant_id');
    const { domain } = await scopeOf(c);
    await deleteAssistant(domain, id);
    return answer(c, { id, object: 'assistant.deleted', deleted: true });
  })
  .get('/:assistant_id/files', async (c) => {
    const id = idOf(c, 'assistant_id');
    const query = queryOf(c, listQuery);
    const { domain } = await scopeOf(c);
    const { dashscope } = await retrieveAssistant(domain, id);
    const page = pageOf(dashscope?.files ?? [], query, noFile);
    return answer(
      c,
      presentList(
        page.data.map((file) => presentFile(id, file)),
        page.has_more,
      ),
    );
  })
  .post('/:assistant_id/files', async (c) => {
    const id = idOf(c, 'assistant_id');
    const { file_id: fileId } = await bodyOf(c, assistantFileCreate);
    const { domain } = await scopeOf(c);
    const { dashscope } = await updateAssistant(domain, id, (current) => {
      const { files } = current.dashscope ?? UNSET;
      const known = files.some((file) => file.id === fileId);
      return withFiles(current, known ? files : [...files, { id: fileId, added_at: seconds(domain) }]);
    });
    return answer(c, presentFile(id, fileOf(domain, fileId, dashscope ?? UNSET)));
  })
  .get('/:assistant_id/files/:file_id', async (c) => {
    const [id, fileId] = [idOf(c, 'assistant_id'), c.req.param('file_id')];
    const { domain } = await scopeOf(c);
    const { dashscope } = await retrieveAssistant(domain, id);
    const file = dashscope?.files.find((one) => one.id === fileId);
    if (!file) throw noFile(fileId);
    return answer(c, presentFile(id, file));
  })
  .delete('/:assistant_id/files/:file_id', async (c) => {
    const [id, fileId] = [idOf(c, 'assistant_id'), c.req.param('file_id')];
    const { domain } = await scopeOf(c);
    await updateAssistant(domain, id, (current) => {
      const { files } = current.dashscope ?? UNSET;
      if (!files.some((file) => file.id === fileId)) throw noFile(fileId);
      return withFiles(
        current,
        files.filter((file) => file.id !== fileId),
      );
    });
    return answer(c, { id: fileId, object: 'assistant.file.deleted', deleted: true });
  });
