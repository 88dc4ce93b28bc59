/** The shapes between a run and the Responses API. Everything here is plain JSON: a state can be stored and read back. */
import type { Responses } from 'openai/resources/responses/responses';
import type { Change, ResponseOutputItem, RunState } from '../assistants/progress.ts';
import type { RunEvent } from '../assistants/text-deltas.ts';
import type { LastError, Message, Run } from '../assistants/types.ts';
import type { Profile } from '../upstream/profile.ts';

export type { Change, LocalCall, ResponseOutputItem, RunState } from '../assistants/progress.ts';

export type ResponseStreamEvent = Responses.ResponseStreamEvent;
export type ResponseRequest = Responses.ResponseCreateParamsStreaming;

/** One finished model turn of a run: what the model put out, and what the caller answered to its function calls. */
export interface Turn {
  /** Output items as the upstream sent them in `output_item.done`, in `output_index` order; replayed as they are. */
  items: ResponseOutputItem[];
  /** One entry for each function call of `items`, once submitted. */
  outputs: { call_id: string; output: string }[];
}

/** A function that the model is offered for a tool which rethread runs itself. */
export interface LocalFunction {
  /** The tool's type, as the run declares it: steps show it. */
  type: string;
  /** What the model calls it; differs from the type where that is taken, reserved or no name for a function. */
  name: string;
  description: string;
  /** A JSON schema. */
  parameters: Record<string, unknown>;
}

/** Ids of what a run produces, derived from the run's own id and an ordinal that starts at 0 (DESIGN decision 4). */
export interface RunIds {
  step(ordinal: number): string;
  message(ordinal: number): string;
  toolCall(ordinal: number): string;
  file(ordinal: number): string;
}

export interface ReduceContext {
  /** Unix seconds. */
  now: number;
  ids: RunIds;
  /** Types of the tools that rethread runs itself, by the name of their function. */
  localTypes?: ReadonlyMap<string, string>;
}

/** A file that has to be copied before the events that name it are sent (§4.4). */
export type Effect =
  | { type: 'copy_container_file'; container_id: string; file_id: string; as: string; filename: string }
  | { type: 'save_image'; url: string; as: string; filename: string };

export interface Reduction {
  state: RunState;
  changes: Change[];
  events: RunEvent[];
  effects: Effect[];
}

/** How a run ends when it is not the upstream that ends it. */
export type Ending =
  | { status: 'failed'; last_error: LastError }
  | { status: 'cancelled' }
  | { status: 'expired' }
  | { status: 'incomplete'; reason: 'max_completion_tokens' | 'max_prompt_tokens' | 'content_filter' };

/** What `buildRequest` needs; everything is read and decided before, nothing is fetched. */
export interface RequestInput {
  run: Run;
  /** The model's name at the upstream (after the model map); `run.model` keeps the caller's name. */
  model: string;
  profile: Profile;
  /** The thread's messages that fit, oldest first (see truncate.ts). */
  messages: Message[];
  /** Finished turns of this run, oldest first; replayed after the messages. */
  turns: Turn[];
  /** Functions for the run's tools that rethread runs itself. */
  localFunctions?: readonly LocalFunction[];
  /** The run has used tools in as many turns as it may: it is offered none of them any more. */
  toolsSpent?: boolean;
  /** The assistant's and the thread's stores; empty: the tool is left out (§4.3). */
  vectorStoreIds: string[];
  /** Container of the thread, where a tool of the run is code_interpreter. */
  containerId?: string;
  /** The upstream is to carry the call on by itself, whoever reads it (§4.3). */
  background?: boolean;
  /** Tokens left of `max_completion_tokens`; undefined: no budget. */
  maxOutputTokens?: number;
  /** Data URLs for image files that the upstream does not know (files rethread minted), by file id. */
  inlineImages?: Record<string, string>;
}
