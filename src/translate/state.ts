/** What the reducer remembers between two upstream events, and the pad it writes one reduction on. */
import type { RunEvent } from '../assistants/text-deltas.ts';
import type { AssistantEvent, Usage } from '../assistants/types.ts';
import type { Json } from './read.ts';
import type { Change, Effect, ReduceContext, Reduction, RunState } from './types.ts';

/** What an output item becomes; `hidden` ones (reasoning, types with no counterpart) are only kept for replay (§4.4). */
export type Kind = 'message' | 'function' | 'search' | 'code' | 'web' | 'hidden';

/** One output item of the response in progress, as far as its events have told. */
export interface Slot {
  /** Never used twice in a run, unlike `output_index`. */
  ordinal: number;
  kind: Kind;
  /** `output_index`, where the provider sends it. */
  index: number | null;
  id: string;
  /** Function calls only. */
  callId: string;
  name: string;
  /** Position in the step's `tool_calls`. */
  call: number;
  /** Its last upstream event has come, and its raw item is in `items`. */
  finished: boolean;
  /** `waiting`: nothing of it may be shown yet, since another step is open (§5.3); its events queue in `pending`. */
  shown: 'waiting' | 'open' | 'closed';
  pending: Json[];
}

/** An annotation that refers to text which has not come yet. */
export interface WaitingAnnotation {
  /** Length the raw text must have. */
  at: number;
  annotation: Json;
}

/** One content part of the open message. */
export interface Part {
  /** The upstream's `content_index`; images that rethread adds make the message's own index differ. */
  index: number;
  kind: 'text' | 'refusal';
  /** Position in the message's content; -1: nothing of it shown yet. */
  at: number;
  /** The upstream's text so far, without markers. */
  raw: string;
  /** The whole text, where a `done` event told it before its place in the stream was settled. */
  final: string | null;
  /** Markers put in: raw position and length (§4.4). */
  insertions: [at: number, length: number][];
  waiting: WaitingAnnotation[];
  /** Keys of the annotations that came, so that the ones repeated in the final item are not shown twice. */
  seen: string[];
}

export interface State extends RunState {
  /** Next ordinal of each kind of id. */
  counts: { step: number; message: number; call: number; file: number; slot: number };
  slots: Slot[];
  /** Items behind a function call, to be shown in the next phase (§4.5 trap 1). */
  carried: Slot[];
  /** The open step's item is done; the step waits to learn whether the response's usage is its own (§4.5 trap 3). */
  held: boolean;
  /** The open message's item ended `incomplete`; the reason comes with the end of the response. */
  cut: boolean;
  /** The open step is the function step of this response. */
  functions: boolean;
  parts: Part[];
  /** Files found, for each search of the run: what the numbers of a marker count (§4.4). */
  searches: string[][];
  /** Minted ids by `container_id/file_id`. */
  files: Record<string, string>;
  /** Usage of the last response, for a function step that completes with the next submit. */
  turnUsage: Usage | null;
}

/** The response is over, and tools that rethread runs itself have to answer before the run goes on. */
export function awaitsTools({ turnOver, localCalls = [] }: RunState): boolean {
  // A state that an earlier version stored knows no such calls.
  return turnOver && localCalls.length > 0;
}

/** Most events change no record: one array serves them all. */
const NONE = Object.freeze([]) as unknown as never[];

/** A reduction in the making. `state` is a shallow copy: its members are replaced, never changed in place. */
export interface Work extends Reduction {
  state: State;
  ctx: ReduceContext;
}

export function work(state: RunState, ctx: ReduceContext): Work {
  return { state: { ...(state as State) }, ctx, ...nothing() };
}

export function unchanged(state: RunState): Reduction {
  return { state, ...nothing() };
}

function nothing(): Omit<Reduction, 'state'> {
  return { changes: NONE, events: NONE, effects: NONE };
}

export function result(w: Work): Reduction {
  return { state: w.state, changes: w.changes, events: w.events, effects: w.effects };
}

export function emit(w: Work, event: RunEvent): void {
  if (w.events.length === 0) w.events = [event];
  else w.events.push(event);
}

export function change(w: Work, record: Change): void {
  if (w.changes.length === 0) w.changes = [record];
  else w.changes.push(record);
}

export function effect(w: Work, order: Effect): void {
  if (w.effects.length === 0) w.effects = [order];
  else w.effects.push(order);
}

/** Takes the next ordinal for an id. */
export function take(w: Work, kind: keyof State['counts']): number {
  const ordinal = w.state.counts[kind];
  w.state.counts = { ...w.state.counts, [kind]: ordinal + 1 };
  return ordinal;
}

/** Replaces the run, stores it and says so in the stream. */
export function setRun(w: Work, event: ChangeOfRun, values: Partial<RunState['run']>): void {
  w.state.run = { ...w.state.run, ...values };
  change(w, { type: 'run', run: w.state.run });
  emit(w, { event, data: w.state.run });
}

type ChangeOfRun = Extract<AssistantEvent, { data: RunState['run'] }>['event'] & `thread.run.${string}`;
