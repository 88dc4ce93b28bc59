/** What the dialects need to answer requests; put together in engine.ts. */

import type { Domain } from '../assistants/domain.ts';
import type { Ledger } from '../assistants/ledger.ts';
import type { BusyThread } from '../runs/busy.ts';
import type { Clockwork, Scope } from '../runs/scope.ts';
import type { Caller } from '../upstream/client.ts';
import type { Profile } from '../upstream/profile.ts';

/** Who is told of what one request sets going, instead of those whom the options name. */
export interface Listeners {
  log?: Clockwork['log'] | undefined;
  waitUntil?: Clockwork['waitUntil'] | undefined;
}

/** Whose data a request sees, and as whom it calls upstream. */
export interface Identity extends Listeners {
  tenant: string;
  caller: Caller;
  /** What the client is known to speak; otherwise told by its request. */
  dialect?: 'openai' | 'dashscope';
  /**
   * Called, once or again, before anything is done for a request that will be answered with a stream.
   * @throws ApiError 429 where the tenant has too many streams open
   */
  admitStream?(): void;
  /** Called when the answer is a stream; what it gives is called when that has ended, however it did. */
  streamBegins?(): () => void;
  /** The request's body, where its door has it as text: the request is then without one. */
  text?: string | undefined;
  /** Its `Idempotency-Key` was made up by an SDK in this process, for the retries of this one request. */
  ownRetries?: boolean;
}

export interface Service {
  /** @param own what differs for this one request */
  scopeFor(identity: Identity, own?: Pick<Domain, 'mintId' | 'idsAhead'>): Promise<Scope>;
  /** What the upstream of a caller can do. */
  profileFor(identity: Identity): Profile;
  /** Whether a tool of this type may be asked for, beside OpenAI's own. */
  knowsTool(type: string): boolean;
  busyThread: BusyThread;
  /** Bytes of a request body; more is a 413. */
  maxBodyBytes: number;
  /** Milliseconds between comments on an idle stream (§3.1). */
  keepAliveMs: number;
  /** Milliseconds a poll helper's GET is held while its run goes on (§5.1). */
  pollHoldMs: number;
  /** Numbers on streamed events (`id:` lines) also where nobody resumed a stream. */
  streamEventIds: boolean;
  /** Ends a run that goes on when the client has left its stream (§5.3). */
  cancelOnDisconnect: boolean;
  /** What requests were answered that their SDK may send again ({@link Identity.ownRetries}). */
  retries: Ledger;
  /** Told of every failure that is not the client's. */
  onError(
    error: unknown,
    details: { request_id: string; method: string; path: string },
    identity: Identity,
  ): void;
}
