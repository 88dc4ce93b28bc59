/**
 * Which output item an upstream event is about, and whether it may be shown now.
 *
 * One step is open at a time (§5.3), so an item whose turn has not come waits with its events: behind an item that
 * is not done, or behind a function call, which stays open until its output is submitted (§4.5 trap 1).
 */
import type { Run } from '../assistants/types.ts';
import { makeRoom, toolCalls } from './closing.ts';
import { messageEvent, openMessage } from './message.ts';
import { type Json, object, text, whole } from './read.ts';
import { type Kind, type Slot, take, type Work } from './state.ts';
import { codeEvent, functionEvent, openCode, openFunction, openSearch, searchEvent } from './tool-calls.ts';
import type { ResponseOutputItem } from './types.ts';
import { openWebSearch, webSearchEvent, webSearchType } from './web-search.ts';

/** Item events that need no look into an item to know what it is. */
const KIND_OF_EVENT: Readonly<Record<string, Kind>> = {
  'response.output_text.delta': 'message',
  'response.output_text.done': 'message',
  'response.output_text.annotation.added': 'message',
  'response.refusal.delta': 'message',
  'response.refusal.done': 'message',
  'response.function_call_arguments.delta': 'function',
  'response.function_call_arguments.done': 'function',
  'response.code_interpreter_call_code.delta': 'code',
  'response.code_interpreter_call_code.done': 'code',
};

/** @param run where it is known: what the run has not asked for is hidden */
export function kindOfItem(item: Json, run?: Run): Kind {
  switch (item.type) {
    case 'message':
      return item.role === undefined || item.role === 'assistant' ? 'message' : 'hidden';
    case 'function_call':
      return 'function';
    case 'file_search_call':
      return 'search';
    case 'code_interpreter_call':
      return 'code';
    case 'web_search_call':
      return run && webSearchType(run) === undefined ? 'hidden' : 'web';
    default:
      return 'hidden';
  }
}

/** The kind of item that an event is about; undefined: it is not about an item, or changes nothing that is shown. */
export function kindOfEvent(event: Json, run?: Run): Kind | undefined {
  if (event.type === 'response.output_item.added' || event.type === 'response.output_item.done') {
    const item = object(event.item);
    return item && kindOfItem(item, run);
  }
  if (event.type === 'response.content_part.done') {
    const part = object(event.part);
    return part?.type === 'output_text' || part?.type === 'refusal' ? 'message' : undefined;
  }
  const type = text(event.type);
  return Object.hasOwn(KIND_OF_EVENT, type) ? KIND_OF_EVENT[type] : undefined;
}

/** An event of an output item, with or without the events that should have come before it. */
export function itemEvent(w: Work, kind: Kind, event: Json): void {
  const item = object(event.item);
  const index = whole(event.output_index) ?? null;
  const id = text(event.item_id) || text(item?.id);
  const found = find(w, kind, index, id);

  if (event.type === 'response.output_item.added') {
    // Without places, an id that stays the same from item to item tells nothing (dashscope §C.7).
    const over = found?.finished === true && index === null;
    if (found && !over && !isAnother(found, index, id, item)) return;
    addSlot(w, newSlot(w, kind, index, id, item));
    if (kind !== 'hidden') showWaiting(w);
    return;
  }
  if (event.type === 'response.output_item.done') {
    const known = found && !(found.finished && isAnother(found, index, id, item));
    const slot = known ? found : addSlot(w, newSlot(w, kind, index, id, item));
    finish(w, slot, item ?? {});
    return;
  }
  const slot = found ?? addSlot(w, newSlot(w, kind, index, id, undefined));
  if (!slot.finished) deliver(w, slot, event);
}

/** The newest item that answers to the event: by its place, else by its id, else the one that is still going on. */
function find(w: Work, kind: Kind, index: number | null, id: string): Slot | undefined {
  const { slots } = w.state;
  if (index !== null) {
    const placed = slots.findLast((slot) => slot.kind === kind && slot.index === index);
    if (placed) return placed;
  }
  const named = id ? slots.findLast((slot) => slot.kind === kind && slot.id === id) : undefined;
  if (named) return named;
  return index === null ? slots.findLast((slot) => slot.kind === kind && !slot.finished) : undefined;
}

/** Whether `added` or `done` speaks of another item than the one found, as with providers that number badly. */
function isAnother(found: Slot, index: number | null, id: string, item: Json | undefined): boolean {
  if (!found.finished && index !== null) return false;
  const callId = text(item?.call_id);
  if (callId && found.callId) return callId !== found.callId;
  return id !== '' && id !== found.id;
}

export function newSlot(w: Work, kind: Kind, index: number | null, id: string, item: Json | undefined): Slot {
  return {
    ordinal: take(w, 'slot'),
    kind,
    index,
    id,
    callId: kind === 'function' ? text(item?.call_id) : '',
    name: kind === 'function' ? text(item?.name) : '',
    call: -1,
    finished: false,
    shown: kind === 'hidden' ? 'closed' : 'waiting',
    pending: [],
  };
}

export function addSlot(w: Work, slot: Slot, at = w.state.slots.length): Slot {
  w.state.slots = w.state.slots.toSpliced(at, 0, slot);
  return slot;
}

export function setSlot(w: Work, slot: Slot, values: Partial<Slot>): Slot {
  const at = w.state.slots.findIndex((other) => other.ordinal === slot.ordinal);
  const changed = { ...(w.state.slots[at] ?? slot), ...values };
  if (at >= 0) w.state.slots = w.state.slots.with(at, changed);
  return changed;
}

/** The item is done: its raw form is kept for the replay, whether or not it may be shown yet. */
export function finish(w: Work, slot: Slot, raw: Json): void {
  if (slot.finished) return;
  let item = raw;
  let done = setSlot(w, slot, { finished: true });
  if (slot.kind === 'function') {
    const callId = slot.callId || text(raw.call_id) || w.ctx.ids.toolCall(take(w, 'call'));
    done = setSlot(w, slot, { callId, name: slot.name || text(raw.name) });
    // Outputs are submitted under the id that was shown, so the replayed call has to carry the same.
    if (raw.call_id !== callId) item = { ...raw, call_id: callId };
  }
  const { slots, items } = w.state;
  const at = slots.findIndex((other) => other.ordinal === slot.ordinal);
  const before = slots.slice(0, Math.max(at, 0)).filter((other) => other.finished).length;
  w.state.items = items.toSpliced(before, 0, item as unknown as ResponseOutputItem);
  if (slot.kind !== 'hidden') deliver(w, done, { type: 'response.output_item.done', item });
}

function deliver(w: Work, slot: Slot, event: Json): void {
  if (slot.shown === 'open') {
    apply(w, slot, event);
    if (slot.finished) showWaiting(w);
  } else if (slot.shown === 'waiting') {
    setSlot(w, slot, { pending: [...slot.pending, event] });
    showWaiting(w);
  }
}

/** Opens what may be opened, in the order in which it came. */
export function showWaiting(w: Work): void {
  for (;;) {
    const slot = w.state.slots.find((candidate) => candidate.shown === 'waiting' && mayOpen(w, candidate));
    if (!slot) return;
    const { pending } = slot;
    const opened = open(w, setSlot(w, slot, { shown: 'open', pending: [] }));
    for (const event of pending) apply(w, opened, event);
  }
}

function mayOpen(w: Work, slot: Slot): boolean {
  const { openStep, held, functions } = w.state;
  const free = !openStep || held;
  if (slot.kind !== 'function') return free;
  // The first delta carries id and name, and no later one may (§3.4): a call waits until both are known.
  return (free || functions) && (slot.finished || (slot.name !== '' && slot.callId !== ''));
}

function open(w: Work, slot: Slot): Slot {
  makeRoom(w);
  switch (slot.kind) {
    case 'message':
      openMessage(w);
      return slot;
    case 'function':
      openFunction(w, slot);
      return setSlot(w, slot, { call: toolCalls(w).length - 1 });
    case 'code':
      openCode(w);
      return slot;
    case 'web':
      openWebSearch(w);
      return slot;
    default:
      openSearch(w);
      return slot;
  }
}

function apply(w: Work, slot: Slot, event: Json): void {
  switch (slot.kind) {
    case 'message':
      messageEvent(w, event);
      break;
    case 'function':
      functionEvent(w, slot, event);
      break;
    case 'code':
      codeEvent(w, event);
      break;
    case 'web':
      webSearchEvent(w, event);
      break;
    default:
      searchEvent(w, event);
  }
  if (event.type === 'response.output_item.done') setSlot(w, slot, { shown: 'closed' });
}
