/** Opening and closing the one step and the one message that may be open at a time (§5.3). */
import type { LastError, Message, RunStep, ToolCall, Usage } from '../assistants/types.ts';
import { stepError } from './failure.ts';
import { change, emit, take, type Work } from './state.ts';
import { NO_USAGE } from './usage.ts';

export type IncompleteReason = NonNullable<Message['incomplete_details']>['reason'];

/** Emits step.created and step.in_progress. The caller has made room. */
export function openStep(w: Work, details: RunStep['step_details']): void {
  const { run } = w.state;
  const step: RunStep = {
    id: w.ctx.ids.step(take(w, 'step')),
    object: 'thread.run.step',
    created_at: w.ctx.now,
    run_id: run.id,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    type: details.type,
    status: 'in_progress',
    cancelled_at: null,
    completed_at: null,
    expires_at: run.expires_at,
    expired_at: null,
    failed_at: null,
    last_error: null,
    step_details: details,
    usage: null,
    metadata: {},
  };
  w.state.openStep = step;
  w.state.held = false;
  w.state.functions = false;
  change(w, { type: 'step', step });
  emit(w, { event: 'thread.run.step.created', data: step });
  emit(w, { event: 'thread.run.step.in_progress', data: step });
}

/** The open step's tool calls; empty for a message_creation step. */
export function toolCalls(w: Work): ToolCall[] {
  const details = w.state.openStep?.step_details;
  return details?.type === 'tool_calls' ? details.tool_calls : [];
}

export function setToolCalls(w: Work, calls: ToolCall[]): void {
  const step = w.state.openStep;
  if (step) w.state.openStep = { ...step, step_details: { type: 'tool_calls', tool_calls: calls } };
}

export function completeStep(w: Work, usage: Usage): void {
  endStep(w, 'completed', { completed_at: w.ctx.now, usage });
}

/** For a step whose run stopped before its item was done. `usage` stays null where the response told none. */
export function stopStep(w: Work, status: 'failed' | 'cancelled' | 'expired', error: LastError | null): void {
  const usage = w.state.turnUsage;
  const { now } = w.ctx;
  if (status === 'failed') {
    endStep(w, status, { failed_at: now, last_error: error && stepError(error), usage });
  } else if (status === 'cancelled') {
    endStep(w, status, { cancelled_at: now, usage });
  } else {
    endStep(w, status, { expired_at: now, usage });
  }
}

function endStep(w: Work, status: Exclude<RunStep['status'], 'in_progress'>, values: Partial<RunStep>): void {
  if (!w.state.openStep) return;
  const step: RunStep = { ...w.state.openStep, status, ...values };
  w.state.openStep = null;
  w.state.held = false;
  w.state.functions = false;
  // Streamed steps keep the run's expires_at to the end, stored ones lose it (§1.7).
  change(w, { type: 'step', step: { ...step, expires_at: null } });
  emit(w, { event: `thread.run.step.${status}`, data: step });
}

/** Completes the open message, or with a reason ends it as incomplete. */
export function closeMessage(w: Work, reason?: IncompleteReason): void {
  const open = w.state.openMessage;
  if (!open) return;
  const { now } = w.ctx;
  const message: Message = reason
    ? { ...open, status: 'incomplete', incomplete_details: { reason }, incomplete_at: now }
    : { ...open, status: 'completed', completed_at: now };
  w.state.openMessage = null;
  w.state.parts = [];
  w.state.cut = false;
  change(w, { type: 'message', message });
  emit(w, { event: reason ? 'thread.message.incomplete' : 'thread.message.completed', data: message });
}

/**
 * Closes what is done but was held open. Unless it was the response's last step, its usage is zero (§4.5 trap 3). A
 * message that ended `incomplete` in a response that says no more of it was cut by a token limit.
 */
export function makeRoom(w: Work, usage: Usage = NO_USAGE): void {
  if (!w.state.held) return;
  if (w.state.cut) closeMessage(w, 'max_tokens');
  completeStep(w, usage);
}
