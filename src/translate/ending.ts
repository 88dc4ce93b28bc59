/** How a run stops: for the caller's tool outputs, or for good (§1.7 timestamps, §3.3 f–h). */
import { type RequiredAction, TERMINAL_STATUSES, type Usage } from '../assistants/types.ts';
import {
  closeMessage,
  completeStep,
  type IncompleteReason,
  makeRoom,
  stopStep,
  toolCalls,
} from './closing.ts';
import { change, setRun, type Work } from './state.ts';
import type { Ending, LocalCall } from './types.ts';
import { NO_USAGE } from './usage.ts';

/** The response is over and its calls wait for outputs: the function step stays in progress (§2.7). */
function pause(w: Work): void {
  const { openStep } = w.state;
  if (openStep) change(w, { type: 'step', step: openStep });
  w.state.carried = w.state.slots.filter((slot) => slot.shown === 'waiting');
  w.state.slots = [];
  w.state.turnOver = true;
}

/** Calls to tools that rethread runs itself are answered before the caller is asked. False: there is none. */
export function pauseForTools(w: Work): boolean {
  const calls = toolCalls(w);
  const local = w.state.slots.flatMap(({ kind, name, callId, call: at }): LocalCall[] => {
    const call = calls[at];
    if (kind !== 'function' || call?.type !== 'function' || !w.ctx.localTypes?.has(name)) return [];
    return [{ call_id: callId, name, arguments: call.function.arguments, output: null }];
  });
  if (local.length === 0) return false;
  w.state.localCalls = local;
  w.state.localRounds = (w.state.localRounds ?? 0) + 1;
  pause(w);
  return true;
}

/** The run waits for the caller's outputs. */
export function requireAction(w: Work): void {
  w.state.localCalls = [];
  pause(w);
  askCaller(w);
}

/** For the calls of the open step that have no output yet. */
export function askCaller(w: Work): void {
  const calls = toolCalls(w).flatMap((call) =>
    call.type === 'function' && call.function.output === null
      ? [
          {
            id: call.id,
            type: call.type,
            function: { name: call.function.name, arguments: call.function.arguments },
          },
        ]
      : [],
  );
  const action: RequiredAction = { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } };
  setRun(w, 'thread.run.requires_action', { status: 'requires_action', required_action: action });
}

/** The response ended well and left nothing to do. */
export function completeRun(w: Work): void {
  makeRoom(w, w.state.turnUsage ?? NO_USAGE);
  endTurns(w);
  setRun(w, 'thread.run.completed', {
    ...ended(w.state.usage ?? NO_USAGE),
    status: 'completed',
    completed_at: w.ctx.now,
  });
}

export function cancelling(w: Work): void {
  setRun(w, 'thread.run.cancelling', { status: 'cancelling', required_action: null });
}

/**
 * Closes what is open and ends the run. A step whose item was done is completed whatever the ending; items that still
 * wait behind a function call were never shown and are dropped.
 */
export function stopRun(w: Work, wanted: Ending): void {
  const { status } = w.state.run;
  if (TERMINAL_STATUSES.has(status)) return;
  // A run that is being cancelled has one way out (§2.1).
  const ending: Ending = status === 'cancelling' ? { status: 'cancelled' } : wanted;
  if (ending.status === 'cancelled' && status !== 'cancelling') cancelling(w);

  if (w.state.openMessage) closeMessage(w, messageReason(ending));
  if (w.state.held || ending.status === 'incomplete') completeStep(w, w.state.turnUsage ?? NO_USAGE);
  else stopStep(w, ending.status, ending.status === 'failed' ? ending.last_error : null);
  endTurns(w);
  endRunAs(w, ending);
}

function endRunAs(w: Work, ending: Ending): void {
  const { now } = w.ctx;
  const { run, usage } = w.state;
  const started_at = run.started_at ?? now;
  switch (ending.status) {
    case 'failed':
      setRun(w, 'thread.run.failed', {
        ...ended(usage),
        status: 'failed',
        started_at,
        failed_at: now,
        last_error: ending.last_error,
      });
      break;
    case 'incomplete':
      setRun(w, 'thread.run.incomplete', {
        ...ended(usage ?? NO_USAGE),
        status: 'incomplete',
        started_at,
        completed_at: now,
        // `content_filter` is not in the SDK's enum, but the original ended that way too (§4.6).
        incomplete_details: { reason: ending.reason as 'max_completion_tokens' | 'max_prompt_tokens' },
      });
      break;
    case 'cancelled':
      setRun(w, 'thread.run.cancelled', { ...ended(usage), status: 'cancelled', cancelled_at: now });
      break;
    case 'expired':
      setRun(w, 'thread.run.expired', { ...ended(usage), status: 'expired' });
      break;
  }
}

function ended(usage: Usage | null): Partial<Work['state']['run']> {
  return { expires_at: null, required_action: null, usage };
}

function endTurns(w: Work): void {
  w.state.slots = [];
  w.state.carried = [];
}

function messageReason(ending: Ending): IncompleteReason {
  if (ending.status === 'incomplete') {
    return ending.reason === 'content_filter' ? 'content_filter' : 'max_tokens';
  }
  return `run_${ending.status}`;
}
