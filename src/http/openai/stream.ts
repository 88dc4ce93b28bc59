/** A run that has begun, as JSON or as a stream; and streams taken up again after a disconnect (§3.1). */

import { z } from 'zod';
import type { RunRecord } from '../../assistants/runs.ts';
import { areTextDeltas, textDeltaJson } from '../../assistants/text-deltas.ts';
import type { Run } from '../../assistants/types.ts';
import { type NumberedEvent, numberedOneByOne } from '../../runs/bus.ts';
import { cancelUnread } from '../../runs/cancel.ts';
import { followPhase, resumeRun } from '../../runs/follow.ts';
import { nextTurn } from '../../runs/pause.ts';
import type { Scope } from '../../runs/scope.ts';
import { settledRun } from '../../runs/settle.ts';
import type { Started } from '../../runs/start.ts';
import { type SseEvent, sseResponse } from '../sse.ts';
import { answer, type Ctx, queryOf } from './context.ts';
import { isV4Js, responseHeaders } from './headers.ts';
import { type EventView, presentEvent, presentObject } from './present.ts';
import { includeQuery } from './queries.ts';

interface StreamOptions {
  stream: boolean;
  includeSearchContent?: boolean;
}

/** `position` goes out as a header, so that a client can count on and say later which event it saw last. */
const POSITION_HEADER = 'rethread-stream-position';

export async function answerStarted(
  c: Ctx,
  scope: Scope,
  started: Started,
  options: StreamOptions,
): Promise<Response> {
  const { run, before: _, ...start } = started;
  if (!options.stream) return answer(c, presentObject(run), { 'openai-poll-after-ms': '250' });
  c.set('started', { threadId: run.thread_id, runId: run.id, ...start });
  const events = await followPhase(scope, started, c.req.raw.signal);
  const { position } = start;
  const ids = c.env.service.streamEventIds;
  return stream(c, scope, run.thread_id, run.id, events, { position, ids, ...options });
}

/** A run's events from the one after `position` on, as the request says that it wants them. */
export function streamFrom(
  c: Ctx,
  scope: Scope,
  { thread_id: threadId, id: runId }: Run,
  events: AsyncIterable<NumberedEvent[]>,
  position: number,
): Response {
  const includeSearchContent = queryOf(c, includeQuery);
  const ids = c.env.service.streamEventIds;
  return stream(c, scope, threadId, runId, events, { position, ids, includeSearchContent });
}

const resumeQuery = z.preprocess(
  (query) => (query instanceof URLSearchParams ? Object.fromEntries(query) : query),
  z.object({ starting_after: z.coerce.number().int().min(0).optional() }),
);

/** `GET …/runs/{run_id}?stream=true&starting_after=N`, or `Last-Event-ID: N`: everything after the N-th event of the run. */
export async function resumeStream(c: Ctx, scope: Scope, record: RunRecord): Promise<Response> {
  const { starting_after: after } = queryOf(c, resumeQuery);
  const lastSeen = Number.parseInt(c.req.header('last-event-id') ?? '', 10);
  const position = after ?? (Number.isSafeInteger(lastSeen) && lastSeen >= 0 ? lastSeen : 0);
  const { run } = record;
  c.env.identity.admitStream?.();
  await settledRun(scope, run.thread_id, run.id);
  const { events, numbered } = await resumeRun(scope, run.thread_id, run.id, position, c.req.raw.signal);
  const includeSearchContent = queryOf(c, includeQuery);
  return stream(c, scope, run.thread_id, run.id, events, { position, ids: numbered, includeSearchContent });
}

function stream(
  c: Ctx,
  scope: Scope,
  threadId: string,
  runId: string,
  events: AsyncIterable<NumberedEvent[]>,
  {
    position,
    ids,
    includeSearchContent = false,
  }: { position: number; ids: boolean; includeSearchContent?: boolean },
): Response {
  // What lives as long as the stream holds on to nothing of the request but its signal.
  const { signal, headers } = c.req.raw;
  const { identity, service } = c.env;
  const { keepAliveMs, cancelOnDisconnect } = service;
  const view = { includeSearchContent, v4Js: isV4Js(headers) };
  const ended = identity.streamBegins?.();
  return sseResponse(needsPacing(headers) ? oneATurn(events) : events, {
    show: (batch) => batch.map((event) => shown(event, view)),
    headers: { ...responseHeaders(c.env), [POSITION_HEADER]: String(position) },
    keepAliveMs,
    ids,
    signal,
    onClose(end) {
      ended?.();
      if (end === 'cancelled' && cancelOnDisconnect) leaveRun(scope, threadId, runId);
    },
  });
}

/** Whatever is changed in it, an event keeps its number. */
function shown(event: NumberedEvent, view: EventView): SseEvent {
  const { id } = event;
  return areTextDeltas(event)
    ? { event: 'thread.message.delta', texts: textDeltaJson(event), id }
    : { ...presentEvent(event, view), id };
}

/** The client is gone, and nobody waits for the outcome. */
function leaveRun(scope: Scope, threadId: string, runId: string): void {
  const { clockwork } = scope;
  const cancelled = cancelUnread(scope, threadId, runId).catch((error: unknown) => {
    clockwork.log('error', 'A run whose client had gone could not be cancelled.', { runId, error });
  });
  clockwork.waitUntil(cancelled);
}

/**
 * The stream helper of openai 4 and 5 hands on the very objects into which it adds up later deltas (6 copies them), so
 * that `for await` and `toReadableStream()` show text twice when events come faster than they are read. The original
 * sent them a token at a time; for these clients so do we.
 */
function needsPacing(headers: Headers): boolean {
  return (
    headers.get('x-stainless-lang') === 'js' &&
    headers.get('x-stainless-helper-method') === 'stream' &&
    /^[45]\./.test(headers.get('x-stainless-package-version') ?? '')
  );
}

/** Event by event, each with a turn of the event loop in which it can be read. */
async function* oneATurn(batches: AsyncIterable<NumberedEvent[]>): AsyncGenerator<NumberedEvent[]> {
  for await (const batch of batches) {
    for (const event of numberedOneByOne(batch)) {
      yield [event];
      await nextTurn();
    }
  }
}
