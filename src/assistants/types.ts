/**
 * The objects of the Assistants API as rethread keeps and sends them (docs/contracts/openai.md §1.7).
 *
 * Each is the SDK's own type plus what the wire carried beyond it (§1.10), so that a client typed from the
 * specification and a client written against the recordings both find what they look for.
 */
import type OpenAI from 'openai';

type SdkRun = OpenAI.Beta.Threads.Run;

export type Metadata = Record<string, string>;
export type BuiltInTool = OpenAI.Beta.AssistantTool;

/**
 * A tool that is no part of OpenAI's API: one of rethread's own, a plugin, or one added with `defineTool`. Stored and
 * echoed as given.
 */
export interface RegisteredTool {
  /**
   * A name that the registry (`src/tools/registry.ts`) knew when the object was made, e.g. `calculator`. This literal
   * stands for all of them, so that the compiler tells these tools from those above; read the name with {@link typeOf}.
   */
  type: '(registered)';
  [config: string]: unknown;
}
export type AssistantTool = BuiltInTool | RegisteredTool;

const BUILT_IN: ReadonlySet<string> = new Set(['code_interpreter', 'file_search', 'function']);

export const typeOf = (tool: AssistantTool): string => tool.type;
export const isRegistered = (tool: AssistantTool): tool is RegisteredTool => !BUILT_IN.has(tool.type);
export type ResponseFormat = OpenAI.Beta.Threads.AssistantResponseFormatOption;
export type ToolChoice = OpenAI.Beta.Threads.AssistantToolChoiceOption;
export type ReasoningEffort = OpenAI.ReasoningEffort;
export type RunStatus = OpenAI.Beta.Threads.RunStatus;
export type MessageContent = OpenAI.Beta.Threads.MessageContent;
export type Annotation = OpenAI.Beta.Threads.Annotation;
export type Attachment = OpenAI.Beta.Threads.Message.Attachment;
export type RequiredAction = NonNullable<SdkRun['required_action']>;
export type LastError = NonNullable<SdkRun['last_error']>;
export type TruncationStrategy = NonNullable<SdkRun['truncation_strategy']>;

export interface ToolResources {
  code_interpreter?: { file_ids?: string[] };
  file_search?: { vector_store_ids?: string[] };
}

/** Wire key is the singular `prompt_token_details` (§1.7). */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_token_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

/**
 * What DashScope's objects say and OpenAI's have no member for (docs/contracts/dashscope.md §A.4, §A.7), as it was given:
 * null is unset. Kept with the object, so that it goes wherever the object goes; only the DashScope dialect shows it.
 */
export interface DashScopeSampling {
  temperature: number | null;
  top_p: number | null;
  top_k: number | null;
  /** Bounds each answer of the model, not the run as a whole. */
  max_tokens: number | null;
}

export interface DashScopeAssistant extends DashScopeSampling {
  /** `added_at` in Unix seconds. */
  files: { id: string; added_at: number }[];
}

export interface DashScopeRun extends DashScopeSampling {
  truncation_strategy: TruncationStrategy | null;
}

export interface Assistant extends Omit<OpenAI.Beta.Assistant, 'tools'> {
  tools: AssistantTool[];
  reasoning_effort: ReasoningEffort;
  tool_resources: ToolResources;
  metadata: Metadata;
  dashscope?: DashScopeAssistant;
}

export interface Thread extends OpenAI.Beta.Thread {
  tool_resources: ToolResources;
  metadata: Metadata;
}

export interface Message extends OpenAI.Beta.Threads.Message {
  attachments: Attachment[];
  metadata: Metadata;
}

/** `instructions` is null when neither the run nor its assistant has any (§1.10 no. 5). */
export interface Run extends Omit<OpenAI.Beta.Threads.Run, 'instructions' | 'usage' | 'tools'> {
  instructions: string | null;
  tools: AssistantTool[];
  usage: Usage | null;
  tool_resources: ToolResources;
  reasoning_effort: ReasoningEffort;
  metadata: Metadata;
  dashscope?: DashScopeRun;
}

/** Carries both `expires_at` (the recordings) and `expired_at` (the specification), §1.7. */
export interface RunStep extends Omit<OpenAI.Beta.Threads.Runs.RunStep, 'usage'> {
  expires_at: number | null;
  usage: Usage | null;
  metadata: Metadata;
}

export type ToolCall = OpenAI.Beta.Threads.Runs.ToolCall;
export type FunctionToolCall = OpenAI.Beta.Threads.Runs.FunctionToolCall;

/** Statuses a run never leaves (§2.1). */
export const TERMINAL_STATUSES: ReadonlySet<RunStatus> = new Set([
  'cancelled',
  'failed',
  'completed',
  'incomplete',
  'expired',
] as const);

/** One event of a run's stream: the name after `event:` and the object after `data:` (§3.1). */
export type AssistantEvent =
  | { event: 'thread.created'; data: Thread }
  | { event: `thread.run.${RunEventName}`; data: Run }
  | { event: `thread.run.step.${StepEventName}`; data: RunStep }
  | { event: 'thread.run.step.delta'; data: RunStepDeltaEvent }
  | { event: `thread.message.${MessageEventName}`; data: Message }
  | { event: 'thread.message.delta'; data: MessageDeltaEvent }
  | { event: 'error'; data: { error: { message: string; type: string; param: null; code: string | null } } };

type RunEventName =
  | 'created'
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'completed'
  | 'incomplete'
  | 'failed'
  | 'cancelling'
  | 'cancelled'
  | 'expired';
type StepEventName = 'created' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'expired';
type MessageEventName = 'created' | 'in_progress' | 'completed' | 'incomplete';

export interface MessageDeltaEvent {
  id: string;
  object: 'thread.message.delta';
  delta: { content: OpenAI.Beta.Threads.MessageContentDelta[] };
}

export interface RunStepDeltaEvent {
  id: string;
  object: 'thread.run.step.delta';
  delta: { step_details: OpenAI.Beta.Threads.Runs.ToolCallDeltaObject };
}
