/**
 * A run, as its upstream events come: Responses events in, records to store and Assistants events out (§3.3, §4.5).
 *
 * Pure: clock and ids are handed in, and a state is plain JSON that can be stored between two events. Nothing throws on
 * whatever an upstream sends, and at any point the events so far followed by `endRun` are a legal stream (§5.3).
 */
import { type Run, TERMINAL_STATUSES } from '../assistants/types.ts';
import { completeStep, setToolCalls, toolCalls } from './closing.ts';
import { askCaller, cancelling, stopRun } from './ending.ts';
import { joinDeltas } from './join-deltas.ts';
import { object, text } from './read.ts';
import { itemEvent, kindOfEvent } from './slots.ts';
import {
  awaitsTools,
  change,
  emit,
  result,
  type State,
  setRun,
  unchanged,
  type Work,
  work,
} from './state.ts';
import { setOutput } from './tool-calls.ts';
import { endTurn, failTurn, showCarried, startPhase, startTurn } from './turn.ts';
import type { Ending, ReduceContext, Reduction, ResponseStreamEvent, RunState } from './types.ts';
import { NO_USAGE } from './usage.ts';

/** A queued run: run.created and run.queued, with the same object (§3.3 a). */
export function beginRun(run: Run, ctx: ReduceContext): Reduction {
  const state: State = {
    run,
    openStep: null,
    openMessage: null,
    usage: null,
    items: [],
    counts: { step: 0, message: 0, call: 0, file: 0, slot: 0 },
    slots: [],
    carried: [],
    held: false,
    cut: false,
    functions: false,
    parts: [],
    searches: [],
    files: {},
    turnUsage: null,
    turnOver: false,
    localCalls: [],
    localRounds: 0,
  };
  const w = work(state, ctx);
  change(w, { type: 'run', run });
  emit(w, { event: 'thread.run.created', data: run });
  emit(w, { event: 'thread.run.queued', data: run });
  return result(w);
}

/**
 * Events of the upstream's stream that came together. Unknown events and items change nothing, and neither does anything
 * that comes when the run is not (or no longer) waiting for its model.
 */
export function reduce(
  state: RunState,
  upstream: readonly ResponseStreamEvent[],
  ctx: ReduceContext,
): Reduction {
  const w = work(state, ctx);
  for (const event of joinDeltas(upstream)) reduceOne(w, event);
  return result(w);
}

function reduceOne(w: Work, event: unknown): void {
  const { status } = w.state.run;
  const raw = object(event);
  if (!raw || (status !== 'queued' && status !== 'in_progress') || awaitsTools(w.state)) return;
  const kind = kindOfEvent(raw, w.state.run);
  if (kind) {
    startPhase(w);
    itemEvent(w, kind, raw);
    return;
  }
  switch (raw.type) {
    case 'response.created':
    case 'response.queued':
      startTurn(w);
      return;
    case 'response.in_progress':
      startPhase(w);
      return;
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
    case 'response.cancelled':
      endTurn(w, raw);
      return;
  }
  const error = object(raw.error);
  if (raw.type === 'error' || (!text(raw.type) && error)) failTurn(w, error ?? raw);
}

/** Whether an event is about an item that a client sees: after it, a response cannot be asked for again unnoticed. */
export function showsSomething(event: ResponseStreamEvent): boolean {
  const kind = kindOfEvent(object(event) ?? {});
  return kind !== undefined && kind !== 'hidden';
}

/**
 * The caller's tool outputs, checked before for completeness (§2.2): the function step completes with them and the run
 * queues again (§3.3 b). A call that is not among them gets an empty output. Does nothing unless the run requires action.
 */
export function submitOutputs(
  state: RunState,
  outputs: { call_id: string; output: string }[],
  ctx: ReduceContext,
): Reduction {
  if (state.run.status !== 'requires_action') return unchanged(state);
  const w = work(state, ctx);
  const given = new Map(outputs.map(({ call_id, output }) => [call_id, output]));
  setToolCalls(
    w,
    toolCalls(w).map((call) =>
      call.type === 'function'
        ? {
            ...call,
            function: { ...call.function, output: given.get(call.id) ?? call.function.output ?? '' },
          }
        : call,
    ),
  );
  w.state.localCalls = [];
  completeStep(w, w.state.turnUsage ?? NO_USAGE);
  setRun(w, 'thread.run.queued', { status: 'queued', required_action: null });
  return result(w);
}

/**
 * What a tool answered that rethread ran itself, to the first call of that id that has no output yet. With the last one
 * the step completes and the next model call may begin, or the caller is asked for what is left. Does nothing unless the
 * run waits for tools.
 */
export function answerCall(state: RunState, callId: string, output: string, ctx: ReduceContext): Reduction {
  const { status } = state.run;
  if (!awaitsTools(state) || (status !== 'queued' && status !== 'in_progress')) return unchanged(state);
  const w = work(state, ctx);
  const at = w.state.localCalls.findIndex((call) => call.call_id === callId && call.output === null);
  const call = w.state.localCalls[at];
  if (!call) return unchanged(state);
  startPhase(w);
  w.state.localCalls = w.state.localCalls.with(at, { ...call, output });
  setOutput(w, callId, output);
  if (w.state.openStep) change(w, { type: 'step', step: w.state.openStep });
  if (w.state.localCalls.every((one) => one.output !== null)) goOn(w);
  return result(w);
}

function goOn(w: Work): void {
  if (toolCalls(w).some((call) => call.type === 'function' && call.function.output === null)) {
    askCaller(w);
    return;
  }
  completeStep(w, w.state.turnUsage ?? NO_USAGE);
  w.state.localCalls = [];
  showCarried(w);
  startTurn(w);
}

/**
 * Ends a run from outside: failed, cancelled, expired or incomplete (§3.3 f–h). A run that is being cancelled ends as
 * cancelled whatever is asked for, and one that has ended stays as it is. For a cancellation that `beginCancel` has not
 * announced, run.cancelling is sent first.
 */
export function endRun(state: RunState, ending: Ending, ctx: ReduceContext): Reduction {
  if (TERMINAL_STATUSES.has(state.run.status)) return unchanged(state);
  const w = work(state, ctx);
  // Nothing went wrong with what the model had already said behind its function calls.
  if (ending.status === 'incomplete' && w.state.carried.length > 0) startPhase(w);
  stopRun(w, ending);
  return result(w);
}

/** The run is being cancelled; what the upstream still sends is ignored from here on (§2.5, §3.3 g). */
export function beginCancel(state: RunState, ctx: ReduceContext): Reduction {
  if (TERMINAL_STATUSES.has(state.run.status) || state.run.status === 'cancelling') return unchanged(state);
  const w = work(state, ctx);
  cancelling(w);
  return result(w);
}
