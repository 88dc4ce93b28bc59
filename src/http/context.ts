/** What the routes of every dialect know of a request. */
import type { Context } from 'hono';
import type { IdsAhead } from '../assistants/ledger.ts';
import type { PhaseStart } from '../assistants/runs.ts';
import type { Identity, Service } from './service.ts';

/** What is known before a request's route is. */
export interface Exchange {
  identity: Identity;
  service: Service;
  requestId: string;
  /** The part of the path that the routes are written for, e.g. `/threads/thread_x`. */
  path: string;
  /** `performance.now()` when the request came in. */
  startedAt: number;
  /** The answer, if {@link answerWith} made it: its headers are all there. */
  made?: { response: Response; body: string };
}

export interface AnyEnv {
  Bindings: Exchange;
  Variables: {
    /** The body, once it has been read. */
    body?: { json: unknown };
    /** Ids that were set aside for what the request creates. */
    idsAhead?: IdsAhead;
    /** The phase of a run whose stream is the answer. */
    started?: { threadId: string; runId: string } & PhaseStart;
  };
}

/** A request's context in any dialect. */
export interface AnyCtx extends Pick<Context<AnyEnv>, 'req' | 'res' | 'env' | 'var'> {
  set(key: 'idsAhead', value: IdsAhead): void;
}

/**
 * An object as the answer. Its headers are handed over all at once and in plain: that is what servers can write out as it
 * stands, without a `Headers` in between.
 */
export function answerWith(exchange: Exchange, object: object, headers: Record<string, string>): Response {
  const body = JSON.stringify(object);
  const response = new Response(body, { headers: { 'content-type': 'application/json', ...headers } });
  exchange.made = { response, body };
  return response;
}
