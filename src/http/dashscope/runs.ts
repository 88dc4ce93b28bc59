/** /threads/runs and /threads/{thread_id}/runs (§A.7). */
import { Hono } from 'hono';
import { errors } from '../../assistants/errors.ts';
import type { RunParams } from '../../assistants/params.ts';
import { listRuns, updateRun } from '../../assistants/runs.ts';
import { loadThread } from '../../assistants/threads.ts';
import { whenFree } from '../../runs/busy.ts';
import { cancelRun } from '../../runs/cancel.ts';
import { activeRun, settledRun } from '../../runs/settle.ts';
import { startRun, startThreadAndRun } from '../../runs/start.ts';
import { submitToolOutputs } from '../../runs/submit.ts';
import { answer, bodyOf, type Ctx, type Env, idOf, queryOf, scopeOf } from './context.ts';
import { callsMeant, matchOutputs } from './match-outputs.ts';
import { messageParams } from './messages.ts';
import { presentList, presentRun } from './objects.ts';
import {
  listQuery,
  metadataUpdate,
  type RunCreate,
  runCreate,
  submitToolOutputs as submitBody,
  threadAndRunCreate,
} from './schemas.ts';
import { streamPhase } from './stream.ts';

/** A run sees this many of the thread's last messages unless it says otherwise (§A.7). */
const LAST_MESSAGES = 10;

function runParams(sent: Omit<RunCreate, 'stream'>): RunParams {
  const { top_k, max_tokens, truncation_strategy: strategy, additional_messages, ...params } = sent;
  return {
    ...params,
    additional_messages: additional_messages?.map(messageParams),
    truncation_strategy: { type: 'last_messages', last_messages: strategy?.last_messages ?? LAST_MESSAGES },
    dashscope: {
      temperature: params.temperature ?? null,
      top_p: params.top_p ?? null,
      top_k: top_k ?? null,
      max_tokens: max_tokens ?? null,
      truncation_strategy: strategy
        ? { type: strategy.type, last_messages: strategy.last_messages ?? null }
        : null,
    },
  };
}

export const threadAndRun = async (c: Ctx) => {
  const { thread, stream, ...sent } = await bodyOf(c, threadAndRunCreate);
  if (stream) c.env.identity.admitStream?.();
  const scope = await scopeOf(c);
  const { messages = [], metadata } = thread ?? {};
  const all = [...messages, ...(sent.additional_messages ?? [])].map(messageParams);
  const params = runParams({ ...sent, additional_messages: undefined });
  const started = await startThreadAndRun(scope, async () => ({ metadata }), all, params);
  return stream ? streamPhase(c, scope, started) : answer(c, presentRun(started.run, 'created'));
};

export const runs = new Hono<Env>()
  .get('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const query = queryOf(c, listQuery);
    const scope = await scopeOf(c);
    await activeRun(scope, threadId);
    const page = await listRuns(scope.domain, threadId, query);
    return answer(
      c,
      presentList(
        page.data.map((run) => presentRun(run, 'stored')),
        page.has_more,
      ),
    );
  })
  .post('/', async (c) => {
    const threadId = idOf(c, 'thread_id');
    const { stream, ...sent } = await bodyOf(c, runCreate);
    if (stream) c.env.identity.admitStream?.();
    const scope = await scopeOf(c);
    const { busyThread } = c.env.service;
    const started = await whenFree(scope, busyThread, threadId, c.req.raw.signal, () =>
      startRun(scope, threadId, runParams(sent)),
    );
    return stream ? streamPhase(c, scope, started) : answer(c, presentRun(started.run, 'created'));
  })
  .get('/:run_id', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    const record = await settledRun(scope, threadId, runId);
    if (!record) throw errors.noRun(runId);
    return answer(c, presentRun(record.run, 'stored'));
  })
  .post('/:run_id', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const { metadata } = await bodyOf(c, metadataUpdate);
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    await settledRun(scope, threadId, runId);
    return answer(c, presentRun(await updateRun(scope.domain, threadId, runId, metadata), 'stored'));
  })
  .post('/:run_id/cancel', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    return answer(c, presentRun(await cancelRun(scope, threadId, runId), 'stored'));
  })
  .post('/:run_id/submit_tool_outputs', async (c) => {
    const [threadId, runId] = [idOf(c, 'thread_id'), idOf(c, 'run_id')];
    const { tool_outputs, stream } = await bodyOf(c, submitBody);
    if (stream) c.env.identity.admitStream?.();
    const scope = await scopeOf(c);
    await loadThread(scope.domain, threadId);
    const waiting = await settledRun(scope, threadId, runId);
    if (!waiting) throw errors.noRun(runId);
    const { required_action: action } = waiting.run;
    const outputs = matchOutputs(callsMeant(waiting, tool_outputs), tool_outputs);
    const started = await submitToolOutputs(scope, threadId, runId, outputs);
    if (stream) return streamPhase(c, scope, started);
    if (started.before) return answer(c, presentRun(started.run, 'stored'));
    // The answer still shows what was asked for (§A.7.1).
    return answer(c, presentRun({ ...started.run, required_action: action }, 'created'));
  });
