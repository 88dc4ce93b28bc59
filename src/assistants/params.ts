/** What the domain's operations take: request bodies after validation, with nothing filled in (§1.6, §1.8). */
import type {
  AssistantTool,
  Attachment,
  DashScopeAssistant,
  DashScopeRun,
  Metadata,
  ReasoningEffort,
  ResponseFormat,
  ToolChoice,
  ToolResources,
  TruncationStrategy,
} from './types.ts';

type Optional<T> = { [K in keyof T]?: T[K] | null | undefined };

export type AssistantParams = { model: string } & AssistantChanges;

export interface AssistantChanges
  extends Optional<{
    name: string;
    description: string;
    instructions: string;
    tools: AssistantTool[];
    tool_resources: ToolResources;
    metadata: Metadata;
    temperature: number;
    top_p: number;
    response_format: ResponseFormat;
  }> {
  model?: string | undefined;
  reasoning_effort?: ReasoningEffort | undefined;
  dashscope?: DashScopeAssistant | undefined;
}

export type ThreadParams = Optional<{ metadata: Metadata; tool_resources: ToolResources }>;

/** A part of a message as a client sends it: text is a plain string there (§1.6). */
export type ContentPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' | undefined } }
  | { type: 'image_file'; image_file: { file_id: string; detail?: 'auto' | 'low' | 'high' | undefined } };

export interface MessageParams {
  role: 'user' | 'assistant';
  content: string | ContentPart[];
  attachments?: Attachment[] | null | undefined;
  metadata?: Metadata | null | undefined;
}

/** The configuration of one run: what was said at its creation; the rest comes from the assistant (§4.1). */
export interface RunParams
  extends Optional<{
    model: string;
    instructions: string;
    additional_instructions: string;
    additional_messages: MessageParams[];
    tools: AssistantTool[];
    tool_resources: ToolResources;
    metadata: Metadata;
    temperature: number;
    top_p: number;
    max_prompt_tokens: number;
    max_completion_tokens: number;
    truncation_strategy: { type: TruncationStrategy['type']; last_messages?: number | null | undefined };
    tool_choice: ToolChoice;
    parallel_tool_calls: boolean;
    response_format: ResponseFormat;
  }> {
  assistant_id: string;
  reasoning_effort?: ReasoningEffort | undefined;
  dashscope?: DashScopeRun | undefined;
}

export interface ToolOutput {
  tool_call_id?: string | undefined;
  output?: string | undefined;
}

export interface ListQuery {
  limit?: number | undefined;
  order?: 'asc' | 'desc' | undefined;
  after?: string | undefined;
  before?: string | undefined;
}
