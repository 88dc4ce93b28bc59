/** /threads/{thread_id}/runs/{run_id}/steps (§1.1 no. 22) */
import { Hono } from 'hono';
import { listSteps, retrieveStep } from '../../assistants/runs.ts';
import { loadThread } from '../../assistants/threads.ts';
import { settledRun } from '../../runs/settle.ts';
import { answer, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { listEnvelope, presentStep } from './present.ts';
import { includeQuery, listQuery } from './schemas.ts';

export const steps = new Hono<Env>()
  .get('/', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const query = queryOf(c, listQuery);
    const include = queryOf(c, includeQuery);
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    await settledRun(scope, threadId, runId);
    const page = await listSteps(scope.domain, threadId, runId, query);
    return answer(c, listEnvelope({ ...page, data: page.data.map((step) => presentStep(step, include)) }));
  })
  .get('/:step_id', async (c) => {
    const [threadId, runId, stepId] = [idOf(c, 'thread_id'), idOf(c, 'run_id'), idOf(c, 'step_id')];
    const include = queryOf(c, includeQuery);
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    await settledRun(scope, threadId, runId);
    return answer(c, presentStep(await retrieveStep(scope.domain, threadId, runId, stepId), include));
  });
