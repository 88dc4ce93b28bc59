/** The recorded-shape upstream streams of fixtures/streams, and how a run goes through one. */
import { readdirSync, readFileSync } from 'node:fs';
import { oneByOne } from '../../src/assistants/text-deltas.ts';
import type { AssistantEvent, Message, Run, RunStep } from '../../src/assistants/types.ts';
import { beginRun, reduce, submitOutputs } from '../../src/translate/reduce.ts';
import type { Effect, Reduction, ResponseStreamEvent, RunState } from '../../src/translate/types.ts';
import { ctx, queuedRun } from './run.ts';

export interface Submit {
  submit: { call_id: string; output: string }[];
}

export interface StreamFixture {
  name: string;
  /** Sections it was written from. */
  contract: string;
  about: string;
  /** Members of the run beside the defaults. */
  run?: Partial<Run>;
  /** Events of the upstream; a submit of tool outputs stands between the responses. */
  upstream: (ResponseStreamEvent | Submit)[];
  /** All events of the run, over all its streams: name, and what `data` has at least (a `delta` exactly). */
  events: [name: string, data: Record<string, unknown>][];
  /** What has been stored in the end, at least; items and effects exactly. */
  final: {
    run: Partial<Run>;
    messages: Partial<Message>[];
    steps: Partial<RunStep>[];
    items?: unknown[];
    effects?: Effect[];
  };
}

const folder = new URL('../../fixtures/streams/', import.meta.url);

export const fixtures: StreamFixture[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => ({
    name: file.slice(0, -'.json'.length),
    ...JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
  }));

/** A run on its way: its state, everything it said, and what a store would hold. */
export interface Played {
  state: RunState;
  /** Events by stream: a submit begins a new one. */
  streams: AssistantEvent[][];
  run: Run;
  messages: Map<string, Message>;
  steps: Map<string, RunStep>;
  effects: Effect[];
}

/** Lets a run go through upstream events. `between` stands for what may happen to a state between two events. */
export function play(
  upstream: readonly unknown[],
  run: Partial<Run> = {},
  between: (state: RunState) => RunState = (state) => state,
): Played {
  const begun = beginRun(queuedRun(run), ctx);
  const played: Played = {
    state: begun.state,
    streams: [[]],
    run: begun.state.run,
    messages: new Map(),
    steps: new Map(),
    effects: [],
  };
  take(played, begun);
  for (const event of upstream) {
    const state = between(played.state);
    if (isSubmit(event)) submitTo(played, state, event);
    else take(played, reduce(state, [event as ResponseStreamEvent], ctx));
  }
  return played;
}

/** The same for a run whose events come all at once, as far as its caller need not be asked. */
export function playAtOnce(upstream: readonly unknown[], run: Partial<Run> = {}): Played {
  const played = play([], run);
  let batch: ResponseStreamEvent[] = [];
  for (const event of upstream) {
    if (!isSubmit(event)) {
      batch.push(event as ResponseStreamEvent);
      continue;
    }
    take(played, reduce(played.state, batch, ctx));
    batch = [];
    submitTo(played, played.state, event);
  }
  take(played, reduce(played.state, batch, ctx));
  return played;
}

/** With the outputs a new stream begins, if they were asked for. */
function submitTo(played: Played, state: RunState, { submit }: Submit): void {
  if (state.run.status === 'requires_action') played.streams.push([]);
  take(played, submitOutputs(state, submit, ctx));
}

export function take(played: Played, { state, events, changes, effects }: Reduction): void {
  played.state = state;
  played.streams.at(-1)?.push(...oneByOne(events));
  played.effects.push(...effects);
  for (const change of changes) {
    if (change.type === 'run') played.run = change.run;
    else if (change.type === 'step') played.steps.set(change.step.id, change.step);
    else played.messages.set(change.message.id, change.message);
  }
}

function isSubmit(event: unknown): event is Submit {
  return typeof event === 'object' && event !== null && 'submit' in event;
}
