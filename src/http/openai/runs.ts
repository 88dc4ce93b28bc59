/** /threads/runs and /threads/{thread_id}/runs (§1.1 no. 15–21) */
import { Hono } from 'hono';
import { errors } from '../../assistants/errors.ts';
import { listRuns, loadRun, updateRun } from '../../assistants/runs.ts';
import { loadThread } from '../../assistants/threads.ts';
import { prepareThread } from '../../files/vector-stores.ts';
import { whenFree } from '../../runs/busy.ts';
import { cancelRun } from '../../runs/cancel.ts';
import { activeRun, settledRun } from '../../runs/settle.ts';
import { startRun, startThreadAndRun } from '../../runs/start.ts';
import { submitToolOutputs } from '../../runs/submit.ts';
import { whileWaiting } from '../../runs/wait.ts';
import { answer, bodyOf, type Ctx, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { listEnvelope, presentObject } from './present.ts';
import { includeQuery, listQuery, runUpdate, submitToolOutputs as submitBody } from './schemas.ts';
import { answerStarted, resumeStream } from './stream.ts';

/** Pollers sleep this long between two looks at a run that goes on; without it they take 5 s (§1.2, §5.1). */
const POLL_AFTER_MS = '250';

/** How long a poll helper's GET may be held: well within what its client waits for an answer. */
function holdMs(c: Ctx): number {
  if (!c.req.header('x-stainless-poll-helper')) return 0;
  const patience = Number.parseInt(c.req.header('x-stainless-timeout') ?? '', 10);
  const most = c.env.service.pollHoldMs;
  return Number.isNaN(patience) ? most : Math.min(most, patience * 500);
}

export const threadAndRun = async (c: Ctx) => {
  const { thread, stream, ...params } = await bodyOf(c, c.get('bodies').threadAndRunCreate);
  if (stream) c.env.identity.admitStream?.();
  const scope = await scopeOf(c);
  const { messages = [], ...threadParams } = thread ?? {};
  const prepare = () => prepareThread(scope.domain, scope.upstream, threadParams, messages);
  return answerStarted(c, scope, await startThreadAndRun(scope, prepare, messages, params), {
    stream: stream === true,
  });
};

export const runs = new Hono<Env>()
  .get('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const query = queryOf(c, listQuery);
    const scope = await scopeOf(c);
    await activeRun(scope, threadId);
    const page = await listRuns(scope.domain, threadId, query);
    return answer(c, listEnvelope({ ...page, data: page.data.map(presentObject) }));
  })
  .post('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const includeSearchContent = queryOf(c, includeQuery);
    const { stream, ...params } = await bodyOf(c, c.get('bodies').runCreate);
    if (stream) c.env.identity.admitStream?.();
    const scope = await scopeOf(c);
    const { busyThread } = c.env.service;
    const started = await whenFree(scope, busyThread, threadId, c.req.raw.signal, () =>
      startRun(scope, threadId, params),
    );
    return answerStarted(c, scope, started, { stream: stream === true, includeSearchContent });
  })
  .get('/:run_id', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    // Of a stream that nobody reads nobody would see the end.
    if (c.req.query('stream') === 'true' && c.req.method !== 'HEAD')
      return resumeStream(c, scope, await loadRun(scope.domain, threadId, runId));
    const record = await whileWaiting(scope, threadId, runId, holdMs(c), c.req.raw.signal);
    if (!record) throw errors.noRun(runId);
    return answer(c, presentObject(record.run), { 'openai-poll-after-ms': POLL_AFTER_MS });
  })
  .post('/:run_id', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const { metadata } = await bodyOf(c, runUpdate);
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    await settledRun(scope, threadId, runId);
    return answer(c, presentObject(await updateRun(scope.domain, threadId, runId, metadata)));
  })
  .post('/:run_id/cancel', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    const run = await cancelRun(scope, threadId, runId);
    return answer(c, presentObject(run), { 'openai-poll-after-ms': POLL_AFTER_MS });
  })
  .post('/:run_id/submit_tool_outputs', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const { tool_outputs, stream } = await bodyOf(c, submitBody);
    if (stream) c.env.identity.admitStream?.();
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    const started = await submitToolOutputs(scope, threadId, runId, tool_outputs);
    return answerStarted(c, scope, started, { stream: stream === true });
  });
