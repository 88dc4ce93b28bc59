/** How far a run has come: what of it has to be stored, and from where it can be carried on. Plain JSON. */
import type { Responses } from 'openai/resources/responses/responses';
import type { Message, Run, RunStep, Usage } from './types.ts';

/** What a model put out, as the upstream sent it; replayed as it is (DESIGN decision 2). */
export type ResponseOutputItem = Responses.ResponseOutputItem;

/** A record that has to be stored. The object is complete, as a client would read it. */
export type Change =
  | { type: 'run'; run: Run }
  | { type: 'step'; step: RunStep }
  | { type: 'message'; message: Message };

/** A call to a tool that rethread runs itself. */
export interface LocalCall {
  call_id: string;
  /** The function's name at the upstream. */
  name: string;
  /** As the model wrote them: JSON, if all is well. */
  arguments: string;
  /** Null until the tool has run. */
  output: string | null;
}

/** A response that the upstream makes in the background, and what it was asked to include. */
export interface BackgroundCall {
  id: string;
  include: readonly string[];
}

/** What became of a run up to one upstream event. Treat as opaque outside translate/, but for the fields below. */
export interface RunState {
  run: Run;
  /** At most one of each is open at any time (§5.3). */
  openStep: RunStep | null;
  openMessage: Message | null;
  /** The run's usage so far, over all turns; the wire shows it on terminal states only (§1.7). */
  usage: Usage | null;
  /** Raw output items of the turn in progress. */
  items: ResponseOutputItem[];
  /** The response is over, and the run waits for outputs: `items` are a whole turn. */
  turnOver: boolean;
  /** Calls of that turn to tools that rethread runs itself, in order. */
  localCalls: LocalCall[];
  /** Turns of the run so far that had such calls. */
  localRounds: number;
  /** Further members belong to reduce.ts. */
  [internal: string]: unknown;
}
