/** A phase of a run as a stream, framed as DashScope frames it: nothing behind the colons, the same `request_id` everywhere (§A.9). */
import type { Run } from '../../assistants/types.ts';
import { type NumberedEvent, numberedOneByOne } from '../../runs/bus.ts';
import { followPhase } from '../../runs/follow.ts';
import type { Scope } from '../../runs/scope.ts';
import type { Started } from '../../runs/start.ts';
import { type Framing, framed, sseResponse } from '../sse.ts';
import type { Ctx } from './context.ts';
import { flatError, responseHeaders } from './envelope.ts';
import { createEventPresenter } from './events.ts';

const frame: Framing['frame'] = ({ event, data }, _ids, put) =>
  put(`event:${event}\ndata:`, JSON.stringify(data), '\n\n');

/** A space behind a colon is what the Python SDK fails on (§A.9.3). After an error nobody reads on. */
export const DASHSCOPE_FRAMING: Framing = {
  frame,
  done: 'event:done\ndata:[DONE]\n\n',
  failed: (error, requestId) => framed({ frame }, { event: 'error', data: flatError(error, requestId) }),
};

/** @param started the phase that was begun for this request */
export async function streamPhase(c: Ctx, scope: Scope, started: Started): Promise<Response> {
  const { run, before: _, ...start } = started;
  c.set('started', { threadId: run.thread_id, runId: run.id, ...start });
  return streamRun(c, run, await followPhase(scope, started, c.req.raw.signal));
}

export function streamRun(c: Ctx, run: Run, events: AsyncIterable<NumberedEvent[]>): Response {
  const { requestId: request_id, service } = c.env;
  const { signal } = c.req.raw;
  const present = createEventPresenter(run);
  return sseResponse(events, {
    show: (batch) =>
      numberedOneByOne(batch).flatMap((one) =>
        present(one).map(({ event, data }) => ({ event, data: { ...(data as object), request_id } })),
      ),
    framing: DASHSCOPE_FRAMING,
    headers: responseHeaders(c.env),
    keepAliveMs: service.keepAliveMs,
    signal,
    onClose: c.env.identity.streamBegins?.(),
  });
}
