/** One response of a run, from its first event to its last (§4.5, §4.6). */
import { completeStep } from './closing.ts';
import { completeRun, pauseForTools, requireAction, stopRun } from './ending.ts';
import { failureFrom, failureOf } from './failure.ts';
import { type Json, list, object, text } from './read.ts';
import { addSlot, finish, kindOfItem, newSlot, showWaiting } from './slots.ts';
import { awaitsTools, type Kind, type Slot, setRun, type Work } from './state.ts';
import { addUsage, NO_USAGE, usageOf } from './usage.ts';

/** A response began. A second one in the same turn (a retry) takes the first one's place, if nothing of that was shown. */
export function startTurn(w: Work): void {
  const { turnOver, slots } = w.state;
  if (!turnOver && (slots.length === 0 || slots.some((slot) => slot.kind !== 'hidden'))) return;
  w.state.turnOver = false;
  w.state.turnUsage = null;
  w.state.items = [];
  w.state.slots = [];
}

/** run.in_progress, once per phase and before any step (§4.5 trap 4), then what the last phase had to hold back. */
export function startPhase(w: Work): void {
  if (w.state.run.status !== 'queued') return;
  // A phase that begins with tools at work belongs to the turn that asked for them.
  const between = !awaitsTools(w.state);
  if (w.state.turnOver && between) startTurn(w);
  setRun(w, 'thread.run.in_progress', { status: 'in_progress', started_at: w.ctx.now });
  if (between) showCarried(w);
}

/** What came behind function calls, once these are answered (§4.5 trap 1). */
export function showCarried(w: Work): void {
  if (w.state.carried.length === 0) return;
  const { slots } = w.state;
  w.state.slots = w.state.carried;
  w.state.carried = [];
  showWaiting(w);
  w.state.slots = slots;
}

/** The response ended, well or not: `response.completed`, `.incomplete`, `.failed`, `.cancelled`. */
export function endTurn(w: Work, event: Json): void {
  const response = object(event.response) ?? {};
  const usage = usageOf(response.usage);
  w.state.turnUsage = usage;
  w.state.usage = addUsage(w.state.usage, usage);

  switch (outcome(event, response)) {
    case 'failed':
      failTurn(w, object(response.error) ?? {});
      return;
    case 'cancelled':
      stopRun(w, { status: 'cancelled' });
      return;
    case 'incomplete':
      startPhase(w);
      takeOutput(w, list(response.output), 'incomplete');
      releaseFunctions(w);
      stopRun(w, { status: 'incomplete', reason: incompleteReason(response) });
      return;
    default:
      startPhase(w);
      takeOutput(w, list(response.output), 'completed');
      if (!w.state.functions) completeRun(w);
      else if (!pauseForTools(w)) requireAction(w);
  }
}

/** `error` events come flat (as documented) or wrapped (as recorded), and response.failed may follow (§4.6). */
export function failTurn(w: Work, error: Json): void {
  stopRun(w, failureOf(failureFrom(error)).ending);
}

/** A provider may send `response.completed` whose status says otherwise. */
function outcome(event: Json, response: Json): string {
  const { status } = response;
  if (status === 'failed' || status === 'cancelled' || status === 'incomplete') return status;
  return text(event.type).slice('response.'.length);
}

function incompleteReason(response: Json): 'content_filter' | 'max_completion_tokens' {
  const reason = object(response.incomplete_details)?.reason;
  return reason === 'content_filter' ? 'content_filter' : 'max_completion_tokens';
}

/** Function calls of a response that broke off are not asked for: what waited behind them is shown now. */
function releaseFunctions(w: Work): void {
  if (!w.state.functions) return;
  completeStep(w, NO_USAGE);
  showWaiting(w);
}

/**
 * Compares what was streamed with the response's final `output`, for providers that skip item events: items that no
 * event told of are added where the output has them, open ones are finished with what it says or with what came.
 */
function takeOutput(w: Work, output: unknown[], status: 'completed' | 'incomplete'): void {
  const matched = new Set<number>();
  let behind = 0;
  output.forEach((value, index) => {
    const item = object(value);
    if (!item) return;
    const raw = item.status === undefined && status === 'incomplete' ? { ...item, status } : item;
    const kind = kindOfItem(item, w.state.run);
    const known = match(w, matched, kind, index, item);
    const slot = known ?? addSlot(w, newSlot(w, kind, index, text(item.id), item), behind);
    matched.add(slot.ordinal);
    behind = w.state.slots.findIndex((other) => other.ordinal === slot.ordinal) + 1;
    finish(w, slot, raw);
  });
  for (const { ordinal } of w.state.slots) {
    const slot = w.state.slots.find((other) => other.ordinal === ordinal);
    if (slot && !slot.finished) finish(w, slot, { ...streamed(w, slot), status });
  }
}

/** The streamed item that an item of the final output is: the same id, else the same place, else the next of its type. */
function match(w: Work, taken: Set<number>, kind: Kind, index: number, item: Json): Slot | undefined {
  const free = w.state.slots.filter((slot) => slot.kind === kind && !taken.has(slot.ordinal));
  const id = text(item.id);
  const callId = text(item.call_id);
  return (
    free.find((slot) => (callId ? slot.callId === callId : id !== '' && slot.id === id)) ??
    free.find((slot) => slot.index === index) ??
    free[0]
  );
}

/** The item as far as its deltas told it. */
function streamed(w: Work, slot: Slot): Json {
  const deltas = (type: string) =>
    slot.pending.map((event) => (event.type === type ? text(event.delta) : '')).join('');
  const id = slot.id ? { id: slot.id } : {};
  if (slot.kind === 'function') {
    const step = w.state.openStep?.step_details;
    const call = step?.type === 'tool_calls' ? step.tool_calls[slot.call] : undefined;
    const shown = call?.type === 'function' ? call.function.arguments : '';
    const rest = deltas('response.function_call_arguments.delta');
    return { ...id, type: 'function_call', name: slot.name, call_id: slot.callId, arguments: shown + rest };
  }
  if (slot.kind === 'code') return { ...id, type: 'code_interpreter_call' };
  if (slot.kind === 'search') return { ...id, type: 'file_search_call', queries: [], results: null };
  if (slot.kind === 'web') return { ...id, type: 'web_search_call' };
  if (slot.kind === 'hidden') return { ...id, type: 'reasoning', summary: [] };
  const parts = slot.shown === 'open' ? w.state.parts : [];
  const content = parts.map((part) =>
    part.kind === 'text'
      ? { type: 'output_text', text: part.final ?? part.raw, annotations: [] }
      : { type: 'refusal', refusal: part.final ?? part.raw },
  );
  const rest = deltas('response.output_text.delta');
  if (rest) content.push({ type: 'output_text', text: rest, annotations: [] });
  return { ...id, type: 'message', role: 'assistant', content };
}
