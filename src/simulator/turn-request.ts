import type { ResponseCreateParams, ResponseInputItem } from 'openai/resources/responses/responses';
import type { SearchResult } from './search.ts';

/** The output of a function call that is in the input. */
export interface ToolOutput {
  call_id: string;
  name: string;
  output: string;
}

/** What a turn that is a function, and the default model, see of a request. */
export interface TurnRequest {
  body: ResponseCreateParams;
  headers: Record<string, string>;
  /** Whether the model is a reasoning model: only then may a turn have `reason(…)`. */
  reasoning: boolean;
  /** Everything the model reads: the items of `previous_response_id` first, a string input as a message. */
  input: ResponseInputItem[];
  /** Texts of the user messages, oldest first. */
  userTexts: string[];
  /** The last of them, or ''. */
  lastUserText: string;
  /** Outputs of function calls that came after the last user message. */
  toolOutputs: ToolOutput[];
  /** Keyword search over the vector stores that the request's file_search tool names; [] without such a tool. */
  search(query: string): SearchResult[];
}

/** The text of an item's content: a string, or its text parts joined. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (part !== null && typeof part === 'object' && 'text' in part ? String(part.text) : ''))
    .filter((text) => text !== '')
    .join('\n');
}

/** The parts of {@link TurnRequest} that are read from the items. */
export function readInput(
  input: ResponseInputItem[],
): Pick<TurnRequest, 'userTexts' | 'lastUserText' | 'toolOutputs'> {
  const userTexts: string[] = [];
  const names = new Map<string, string>();
  let toolOutputs: ToolOutput[] = [];
  for (const item of input) {
    if ('role' in item && item.role === 'user' && 'content' in item) {
      userTexts.push(textOf(item.content));
      toolOutputs = [];
    } else if (item.type === 'function_call') {
      names.set(item.call_id, item.name);
    } else if (item.type === 'function_call_output') {
      const output = typeof item.output === 'string' ? item.output : textOf(item.output);
      toolOutputs.push({ call_id: item.call_id, name: names.get(item.call_id) ?? '', output });
    }
  }
  return { userTexts, lastUserText: userTexts.at(-1) ?? '', toolOutputs };
}
