/** What the routes of every dialect know of a request. */
import type { Context } from 'hono';
import type { IdsAhead } from '../assistants/ledger.ts';
import type { PhaseStart } from '../assistants/runs.ts';
import type { Identity, Service } from './service.ts';

export interface AnyEnv {
  Bindings: { identity: Identity };
  Variables: {
    service: Service;
    requestId: string;
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
