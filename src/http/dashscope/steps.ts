/** /threads/{thread_id}/runs/{run_id}/steps (§A.8). */
import { Hono } from 'hono';
import { errors } from '../../assistants/errors.ts';
import { listSteps, retrieveStep } from '../../assistants/runs.ts';
import { loadThread } from '../../assistants/threads.ts';
import { settledRun } from '../../runs/settle.ts';
import { answer, type Ctx, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { presentList, presentStep } from './objects.ts';
import { listQuery } from './schemas.ts';

async function load(c: Ctx) {
  const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
  const scope = await scopeOf(c);
  await loadThread(scope.domain, threadId);
  const record = await settledRun(scope, threadId, runId);
  if (!record) throw errors.noRun(runId);
  return { domain: scope.domain, run: record.run };
}

export const steps = new Hono<Env>()
  .get('/', async (c) => {
    const query = queryOf(c, listQuery);
    const { domain, run } = await load(c);
    const page = await listSteps(domain, run.thread_id, run.id, query);
    return answer(
      c,
      presentList(
        page.data.map((step) => presentStep(step, run, 'listed')),
        page.has_more,
      ),
    );
  })
  .get('/:step_id', async (c) => {
    const { domain, run } = await load(c);
    const step = await retrieveStep(domain, run.thread_id, run.id, idOf(c, 'step_id'));
    return answer(c, presentStep(step, run, 'one'));
  });
