/** What the dialects need to answer requests; put together in create-assistants.ts. */
import type { BusyThread, createTurnstiles } from '../runs/busy.ts';
import type { Scope } from '../runs/scope.ts';
import type { Caller } from '../upstream/client.ts';

export interface Service {
  /** Opens the store and the rest at the first request. The caller is read off the request where none is given. */
  scopeFor(request: Request, caller: Caller | undefined): Promise<Scope>;
  busyThread: BusyThread;
  whenFree: ReturnType<typeof createTurnstiles>;
  /** Bytes of a request body; more is a 413. */
  maxBodyBytes: number;
  /** Milliseconds between comments on an idle stream (§3.1). */
  keepAliveMs: number;
  /** Milliseconds a poll helper's GET is held while its run goes on (§5.1). */
  pollHoldMs: number;
  /** Numbers on streamed events (`id:` lines) also where nobody resumed a stream. */
  streamEventIds: boolean;
  /** Told of every failure that is not the client's. */
  onError(error: unknown, details: { request_id: string; method: string; path: string }): void;
}
