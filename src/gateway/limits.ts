/** Bounds on what one tenant may have going at the same time. */
import { ApiError } from '../assistants/errors.ts';

export interface Limits {
  /** @throws ApiError 429 with `retry-after` */
  admitRun(tenant: string, live: number): void;
  /** @throws ApiError 429 with `retry-after` */
  admitStream(tenant: string): void;
  /** Counts a stream until what this gives is called. */
  streamBegins(tenant: string): () => void;
  /** Counts an answer of somebody else's until its stream ends; answers that are none pass as they are. */
  counted(tenant: string, response: Response): Response;
}

export function createLimits(runs: number, streams: number): Limits {
  const open = new Map<string, number>();
  const count = (tenant: string, by: number) => {
    const now = (open.get(tenant) ?? 0) + by;
    if (now > 0) open.set(tenant, now);
    else open.delete(tenant);
  };
  const streamBegins = (tenant: string) => {
    count(tenant, 1);
    return () => count(tenant, -1);
  };
  return {
    admitRun(_tenant, live) {
      if (live >= runs) throw tooMany(`${runs} runs in progress`);
    },
    admitStream(tenant) {
      if ((open.get(tenant) ?? 0) >= streams) throw tooMany(`${streams} streams open`);
    },
    streamBegins,
    counted(tenant, response) {
      // The body is asked for last: servers that send plain answers without a stream would make one of it.
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
        return response;
      return new Response(untilClosed(response.body, streamBegins(tenant)), response);
    },
  };
}

function tooMany(what: string): ApiError {
  return new ApiError(`Rate limit reached: this key already has ${what}. Please try again in 1s.`, {
    status: 429,
    type: 'requests',
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': '1' },
  });
}

/** The same body; `closed` is called once, whichever side ends it. */
function untilClosed(body: ReadableStream<Uint8Array>, closed: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let over = false;
  const end = () => {
    if (!over) closed();
    over = true;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      async cancel(reason) {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
