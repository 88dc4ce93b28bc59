/**
 * Carries out one phase of a run: from `queued` to where it ends or waits for tool outputs.
 *
 * History is read, the request made, the response streamed; each event is reduced to changes, which are stored first,
 * and to events, which are published after that.
 */
import { ApiError, errors } from '../assistants/errors.ts';
import type { BackgroundCall } from '../assistants/progress.ts';
import { goesOn, hasOpenCall, isOver, type RunRecord } from '../assistants/runs.ts';
import type { Run } from '../assistants/types.ts';
import { carryOutEffect } from '../files/containers.ts';
import { isOutage } from '../store/errors.ts';
import type { Offer } from '../tools/registry.ts';
import { failureOf, isUnknownModel } from '../translate/failure.ts';
import { answerCall, beginCancel, endRun, reduce } from '../translate/reduce.ts';
import { awaitsTools } from '../translate/state.ts';
import type { Effect, Ending, Reduction, ResponseStreamEvent, RunState } from '../translate/types.ts';
import { UpstreamError } from '../upstream/client.ts';
import { linkedTo, unlessAborted, untilAborted } from './abort.ts';
import { cutOff, letGo } from './background.ts';
import { commit, contextFor, type Keepsakes, keep, Overtaken, readTurn } from './commit.ts';
import type { RunLease } from './lease.ts';
import { answers, LAST_ROUND, MAX_ROUNDS } from './local-calls.ts';
import { type Opened, OutOfTokens, openResponse } from './open-response.ts';
import { laneOf, type Waiting, whenAllowed } from './rate-limit.ts';
import type { Beginning, Execution, Scope } from './scope.ts';
import { Slot } from './slot.ts';
import { withdrawRun } from './withdraw.ts';

/** How long a create call waits for the upstream's yes or no before it answers `queued` all the same. */
const GRACE_MS = 2_000;

/** `setTimeout` fires at once for anything longer. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** A run over which the store fails this often will not get any further. */
const MOST_ATTEMPTS = 20;

/**
 * @param lease held for the run; released when the phase is over
 * @param beginning of the run; absent for phases after the first
 */
export function execute(
  scope: Scope,
  record: RunRecord,
  start: RunState,
  lease: RunLease,
  { withdraw, stored: storing = Promise.resolve() }: Beginning = {},
): Execution {
  const { domain, clockwork } = scope;
  const { id: runId, thread_id: threadId, expires_at } = record.run;
  const abort = new AbortController();
  const accepted = deferred();
  let state = start;
  /** As it was last stored by this phase. */
  let current = record;
  let stopping: 'cancelled' | 'expired' | undefined;
  let cancelling: Run | undefined;
  let leaseLost = false;
  let withdrawn = false;
  /** That of the turn in progress, where the upstream makes it in the background. */
  let call: BackgroundCall | undefined = hasOpenCall(record) ? record.call : undefined;
  /** Files that are stored and not yet on the run's record, which they are deleted with. */
  let files: string[] = [];
  const stored = storing.catch(() => {
    // There is no such run: what its phase has begun comes to nothing.
    void abandon();
    throw new Overtaken();
  });
  stored.catch(() => {});

  const slot = new Slot(clockwork.places);
  const waiting: Waiting = {
    lanes: clockwork.lanes,
    lane: laneOf(scope, record),
    slot,
    deadline: (expires_at ?? Number.POSITIVE_INFINITY) * 1000,
    onWait: () => accepted.resolve(),
  };

  async function copyFile(effect: Effect) {
    files.push(effect.as);
    const copying = carryOutEffect(domain, scope.upstream, effect, abort.signal);
    await unlessAborted(copying, abort.signal).catch((error: unknown) => {
      if (abort.signal.aborted) throw error;
      clockwork.log('error', 'A file that the run made could not be copied.', {
        runId,
        file: effect.as,
        error,
      });
    });
  }

  async function apply({ changes, effects, events, state: next }: Reduction, kept: Partial<Keepsakes> = {}) {
    for (const effect of effects) await copyFile(effect);
    if (changes.length > 0 || kept.call) {
      const keepsakes = keep({ files, attempt: record.attempt, ...kept });
      current = await commit(domain, threadId, runId, changes, keepsakes);
      files = [];
    }
    show(next, events);
  }

  function show(next: RunState, events: Reduction['events']) {
    state = next;
    clockwork.bus.publish(runId, events);
  }

  /** After what came of the call has been stored. */
  function leaveCall(running: boolean) {
    if (call) letGo(scope, call, running);
    call = undefined;
  }

  async function end(ending: Ending) {
    await apply(endRun(state, ending, contextFor(domain, runId)));
    leaveCall(true);
  }

  /** In one write: nobody has to find the run on its way out. */
  async function finishStop(how: 'cancelled' | 'expired') {
    if (isOver(state.run)) return;
    const ctx = contextFor(domain, runId);
    const begun = how === 'cancelled' ? beginCancel(state, ctx) : undefined;
    const ended = endRun(begun?.state ?? state, { status: how }, ctx);
    const changes = [...(begun?.changes ?? []), ...ended.changes];
    await apply({ ...ended, changes, events: [...(begun?.events ?? []), ...ended.events] });
    cancelling = begun?.state.run;
    leaveCall(true);
  }

  /** One model turn after another, until the run ends or its caller is asked. */
  async function followRun() {
    const { signal } = abort;
    const offers = await unlessAborted(scope.tools.offer(record.run, signal), signal);
    for (let first = true; ; first = false) {
      if (awaitsTools(state)) await answerTools(offers);
      if (!goesOn(state.run)) return;
      // The SDK leaves a listener on every signal it is given: this one can do with that of the turn which most runs have.
      const turn = first ? undefined : linkedTo(signal);
      await followStream(offers, turn?.signal ?? signal).finally(turn?.release);
    }
  }

  async function answerTools(offers: readonly Offer[]) {
    const round = state.localRounds;
    if (round > LAST_ROUND) throw new UpstreamError('The model did not stop calling tools.');
    const turn = await readTurn(domain, runId, current.turns - 1);
    for await (const answered of answers(scope, state, offers, abort.signal)) {
      const { call_id } = answered.call;
      turn.outputs.push({ call_id, output: answered.output });
      files.push(...answered.files);
      const next = answerCall(state, call_id, answered.output, contextFor(domain, runId));
      await apply(next, { answered: { turn, state: next.state } });
    }
  }

  async function followStream(offers: readonly Offer[], signal: AbortSignal) {
    const toolsSpent = (state.localRounds ?? 0) >= MAX_ROUNDS;
    const tools = { localFunctions: offers, toolsSpent };
    const open = () => unlessAborted(openResponse(scope, current, tools, signal), signal);
    const opening = whenAllowed(open, waiting, signal);
    opening.catch(() => {});
    await stored;
    const opened = await opening;
    accepted.resolve();
    const localTypes = new Map(offers.map(({ name, type }) => [name, type]));
    for await (const batch of untilAborted(opened.events, signal)) {
      const applying = take(batch, opened, localTypes);
      if (applying && (await applying).turnOver) return;
    }
    throw cutOff();
  }

  /** Undefined where nothing is to be stored. */
  function take(
    batch: readonly ResponseStreamEvent[],
    opened: Opened,
    localTypes: ReadonlyMap<string, string>,
  ): undefined | Promise<{ turnOver: boolean }> {
    const reduction = reduce(state, batch, contextFor(domain, runId, localTypes));
    const { changes, effects, events, state: next } = reduction;
    const paused = next.run.status === 'requires_action' || awaitsTools(next);
    const reading = opened.call();
    const fresh = reading && reading.id !== call?.id ? reading : undefined;
    if (changes.length > 0 || effects.length > 0 || fresh || paused)
      return applyTurn(reduction, paused, fresh);
    // As nearly all of them: a delta is not stored.
    show(next, events);
    return undefined;
  }

  /** @param fresh the call that has just begun */
  async function applyTurn(reduction: Reduction, paused: boolean, fresh: BackgroundCall | undefined) {
    const turn = paused ? reduction.state : undefined;
    await apply(reduction, { turn, call: fresh }).catch((error: unknown) => {
      // Whoever has ended the run, or begun it anew, does not know of this call.
      if (fresh && error instanceof Overtaken) letGo(scope, fresh, true);
      throw error;
    });
    if (fresh) {
      leaveCall(true);
      call = fresh;
    }
    const turnOver = paused || isOver(state.run);
    if (turnOver) leaveCall(false);
    return { turnOver };
  }

  let begun = false;
  const over = deferred();

  async function carryOut() {
    if (begun) return over.promise;
    begun = true;
    try {
      await clockwork.observeRun(record.run, phase);
    } finally {
      over.resolve();
    }
  }

  async function phase(): Promise<Run> {
    try {
      if (!stopping && !leaseLost) await followRun();
      if (stopping) await finishStop(stopping);
    } catch (error) {
      await settleFailure(error).catch(ignoreOvertaken(scope, runId));
    } finally {
      clearTimeout(timer);
      clearTimeout(grace);
      // Before the lease is given back: what comes then belongs to its next holder.
      clockwork.bus.leave(runId);
      if (withdrawn || !goesOn(state.run)) clockwork.count?.leave(runId);
      await lease
        .release()
        .catch((error: unknown) => clockwork.log('warn', 'A lease was not released.', { runId, error }));
      if (clockwork.live.get(runId) === execution) clockwork.live.delete(runId);
      if (isOver(state.run) || withdrawn) clockwork.active.leave(record.place);
      accepted.resolve();
    }
    return state.run;
  }

  async function settleFailure(error: unknown) {
    if (error instanceof Overtaken || leaseLost) return;
    await stored;
    if (stopping) return finishStop(stopping);
    if (isOutage(error) && (record.attempt ?? 0) < MOST_ATTEMPTS) {
      // It did nothing wrong: it is taken up again as it is stored, as if this process had died (src/runs/recover.ts).
      clockwork.log('warn', 'A run is put aside until the store answers again.', { runId, error });
      return;
    }
    if (error instanceof OutOfTokens) return end({ status: 'incomplete', reason: error.reason });
    const refusal = refusalOf(error, record.run);
    if (refusal && withdraw && accepted.pending()) {
      clearTimeout(grace);
      withdrawn = true;
      await withdrawRun(domain, record, withdraw).finally(() => accepted.reject(refusal));
      clockwork.bus.forget(runId);
      return;
    }
    if (!(error instanceof UpstreamError)) clockwork.log('error', 'A run failed.', { runId, error });
    await end(failureOf(asFailure(error)).ending);
  }

  const stop = async (how: 'cancelled' | 'expired') => {
    stopping ??= how;
    abort.abort();
    // A run that still waits for its turn in the queue is ended at once; the queue then finds nothing to do.
    await carryOut();
    return cancelling;
  };

  lease.onLost(() => {
    leaseLost = true;
    abort.abort();
  });
  // Beyond what a timer can hold, the run expires when somebody looks at it.
  const lifetime = Math.max(0, (expires_at ?? Number.POSITIVE_INFINITY) * 1000 - domain.now());
  const timer = lifetime <= LONGEST_TIMER_MS ? setTimeout(() => void stop('expired'), lifetime) : undefined;
  timer?.unref?.();
  const grace = setTimeout(() => accepted.resolve(), GRACE_MS);
  const abandon = async () => {
    leaseLost = true;
    abort.abort();
    await carryOut();
  };

  const execution: Execution = { accepted: accepted.promise, done: over.promise, stop, abandon };
  clockwork.live.set(runId, execution);
  void slot
    .take()
    .then(carryOut)
    .finally(() => slot.free());
  clockwork.waitUntil(over.promise);
  return execution;
}

/** The answers of an upstream that mean the caller's request, not the run: wrong key, no access, no such model (§4.6). */
function refusalOf(error: unknown, run: Run): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof UpstreamError)) return undefined;
  if (error.status === 401 || error.status === 403) return error.toApiError();
  if (isUnknownModel(error)) return errors.unsupportedModel(run.model);
  return undefined;
}

function asFailure(error: unknown): Parameters<typeof failureOf>[0] {
  if (error instanceof UpstreamError || error instanceof ApiError) {
    const { status, code, type, message } = error;
    return { status, code, type, message };
  }
  if (isOutage(error)) return { message: 'The run could not be stored.', code: 'server_error' };
  const dropped = error instanceof Error && error.message ? `: ${error.message}` : '';
  return { message: `The connection to the upstream was lost${dropped}`, code: 'server_error' };
}

function ignoreOvertaken({ clockwork }: Scope, runId: string) {
  return (error: unknown) => {
    if (!(error instanceof Overtaken))
      clockwork.log('error', 'The end of a run could not be stored.', { runId, error });
  };
}

function deferred() {
  let settled = false;
  let settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve() {}, reject() {} };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting: a refusal is then seen in the run alone.
  promise.catch(() => {});
  return {
    promise,
    pending: () => !settled,
    resolve() {
      settled = true;
      settle.resolve();
    },
    reject(error: unknown) {
      settled = true;
      settle.reject(error);
    },
  };
}
