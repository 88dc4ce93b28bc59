/** A run's next model call as a Responses request (§4.3). */
import type { Responses } from 'openai/resources/responses/responses';
import { type AssistantTool, type Run, typeOf } from '../assistants/types.ts';
import { historyItems } from './history.ts';
import { nativeType } from './native-tools.ts';
import { turnItems } from './replay.ts';
import type { LocalFunction, RequestInput, ResponseRequest } from './types.ts';

type InputItem = Responses.ResponseInputItem;
type FileSearch = Extract<AssistantTool, { type: 'file_search' }>;
type FunctionTool = Extract<AssistantTool, { type: 'function' }>;

/** Least `max_output_tokens` that the upstream takes (§4.3). */
export const MIN_OUTPUT_TOKENS = 16;

/**
 * The body of `POST /responses`: thread messages, then the run's finished turns with their tool outputs. Fields at their
 * default are left out, since models and providers differ in what they take.
 */
export function buildRequest(input: RequestInput): ResponseRequest {
  const { run, profile } = input;
  const tools = [
    ...run.tools.flatMap((tool) => toolOf(tool, input)),
    ...(input.toolsSpent ? [] : (input.localFunctions ?? [])).map(localTool),
  ];
  const reasons = profile.reasons(input.model);
  const samples = profile.samples(input.model);
  const format = formatOf(run);
  const choice = toolChoice(input, tools);
  const include = includes(tools, reasons && profile.encryptedReasoning);
  return {
    model: input.model,
    ...promptOf(inputItems(input), run),
    // What is made in the background has to be stored, and is deleted when it has been read.
    ...(input.background ? { background: true, store: true } : { store: false }),
    stream: true,
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
    ...(tools.length > 0 && run.parallel_tool_calls === false && { parallel_tool_calls: false }),
    // Reasoning models refuse both; 1 is what every model does anyway.
    ...(samples && isSet(run, 'temperature') && { temperature: run.temperature }),
    ...(samples && isSet(run, 'top_p') && { top_p: run.top_p }),
    ...(reasons && run.reasoning_effort && { reasoning: { effort: run.reasoning_effort } }),
    ...(format && { text: { format } }),
    ...(input.maxOutputTokens !== undefined && {
      max_output_tokens: Math.max(MIN_OUTPUT_TOKENS, input.maxOutputTokens),
    }),
    ...(include.length > 0 && { include }),
    ...(profile.promptCacheKey && { prompt_cache_key: run.thread_id }),
  };
}

/** A run may have instructions and not a single message (§2.9 no. 11), but a request without input is refused. */
function promptOf(items: InputItem[], run: Run): Pick<ResponseRequest, 'input' | 'instructions'> {
  const { instructions } = run;
  if (!instructions) return { input: withJsonWord(items, run) };
  if (items.length > 0) return { input: withJsonWord(items, run), instructions };
  return { input: withJsonWord([{ role: 'developer', content: instructions }], run) };
}

/** What stands at OpenAI's default may not have been said at all; DashScope's clients are known to have said it. */
function isSet(run: Run, name: 'temperature' | 'top_p'): boolean {
  const value = run[name];
  return typeof value === 'number' && (value !== 1 || run.dashscope?.[name] === 1);
}

function inputItems({ run, messages, profile, inlineImages, turns }: RequestInput): InputItem[] {
  // What this run said itself is in its turns.
  const others = messages.filter((message) => message.run_id !== run.id);
  return [
    ...historyItems(others, profile, inlineImages),
    ...turns.flatMap((turn) => turnItems(turn, profile)),
  ];
}

function toolOf(tool: AssistantTool, input: RequestInput): Responses.Tool[] {
  const { profile, run } = input;
  switch (tool.type) {
    case 'function':
      return [functionTool(tool)];
    case 'file_search':
      return profile.tools.file_search && input.vectorStoreIds.length > 0
        ? [fileSearchTool(tool, input.vectorStoreIds)]
        : [];
    case 'code_interpreter': {
      const file_ids = run.tool_resources.code_interpreter?.file_ids ?? [];
      const container = input.containerId ?? { type: 'auto' as const, file_ids };
      return profile.tools.code_interpreter ? [{ type: 'code_interpreter', container }] : [];
    }
    default: {
      // A tool of the same type that somebody has defined takes its place.
      const local = input.localFunctions?.some(({ type }) => type === typeOf(tool));
      const native = local ? undefined : nativeType(tool.type);
      if (native === 'web_search' && profile.tools[native]) return [{ type: native }];
      // One search for all stores, whoever asks for it.
      const searches = native === 'file_search' && !run.tools.some(({ type }) => type === 'file_search');
      return searches && profile.tools[native] && input.vectorStoreIds.length > 0
        ? [{ type: native, vector_store_ids: input.vectorStoreIds }]
        : [];
    }
  }
}

const NO_PARAMETERS = { type: 'object', properties: {} };

/** Responses takes a function as strict unless told otherwise; Assistants did not. */
function functionTool({ function: fn }: FunctionTool): Responses.FunctionTool {
  return {
    type: 'function',
    name: fn.name,
    ...(fn.description && { description: fn.description }),
    // Parameters without a type, such as `{}`, mean an object, and are refused.
    parameters:
      fn.parameters && 'type' in fn.parameters ? fn.parameters : { ...NO_PARAMETERS, ...fn.parameters },
    strict: fn.strict ?? false,
  };
}

function localTool({ name, description, parameters }: LocalFunction): Responses.FunctionTool {
  return { type: 'function', name, description, parameters, strict: false };
}

function fileSearchTool({ file_search: options }: FileSearch, stores: string[]): Responses.FileSearchTool {
  const ranking = options?.ranking_options;
  return {
    type: 'file_search',
    vector_store_ids: stores,
    ...(options?.max_num_results && { max_num_results: options.max_num_results }),
    // The rankers that Assistants knew are not in Responses' list; `auto` is in both.
    ...(ranking && { ranking_options: { ranker: 'auto', score_threshold: ranking.score_threshold } }),
  };
}

/** A forced tool is forced on the run's first call only, or its loop never ends. */
function toolChoice(
  { run, turns, localFunctions = [] }: RequestInput,
  tools: Responses.Tool[],
): ResponseRequest['tool_choice'] {
  const choice = run.tool_choice;
  if (turns.length > 0 || tools.length === 0 || !choice || choice === 'auto') return undefined;
  if (typeof choice === 'string') return choice;
  if (choice.type === 'function') {
    const wanted = choice.function?.name;
    const own = run.tools.some((tool) => tool.type === 'function' && tool.function.name === wanted);
    const local = own ? undefined : localFunctions.find(({ type }) => type === wanted);
    if (wanted === undefined) return undefined;
    const native = own || local ? undefined : nativeType(wanted);
    if (native === 'web_search') return { type: native } as unknown as Responses.ToolChoiceTypes;
    return { type: 'function', name: local?.name ?? wanted };
  }
  // A search without any store was left out above.
  return tools.some((tool) => tool.type === choice.type) ? { type: choice.type } : undefined;
}

/** Without these, results and outputs come back as null and no step can show them. */
function includes(tools: Responses.Tool[], encryptedReasoning: boolean): Responses.ResponseIncludable[] {
  const has = (type: string) => tools.some((tool) => tool.type === type);
  return [
    ...(has('file_search') ? ['file_search_call.results' as const] : []),
    ...(has('web_search') ? ['web_search_call.action.sources' as const] : []),
    ...(has('code_interpreter') ? ['code_interpreter_call.outputs' as const] : []),
    ...(encryptedReasoning ? ['reasoning.encrypted_content' as const] : []),
  ];
}

function formatOf({ response_format: format }: Run): Responses.ResponseFormatTextConfig | undefined {
  if (!format || format === 'auto') return undefined;
  if (format.type !== 'json_schema') return { type: format.type };
  const { name, schema, strict, description } = format.json_schema;
  return {
    type: 'json_schema',
    name,
    schema: schema ?? {},
    ...(typeof strict === 'boolean' && { strict }),
    ...(description && { description }),
  };
}

/** JSON mode is refused unless the input has the word; instructions do not count everywhere (§7 no. 15). */
function withJsonWord(items: InputItem[], { response_format: format }: Run): InputItem[] {
  if (!format || format === 'auto' || format.type !== 'json_object' || items.some(saysJson)) return items;
  return [{ role: 'developer', content: 'Respond in JSON.' }, ...items];
}

function saysJson(item: InputItem): boolean {
  if (!('content' in item) || !item.content) return false;
  if (typeof item.content === 'string') return /json/i.test(item.content);
  return item.content.some(
    (part) => 'text' in part && typeof part.text === 'string' && /json/i.test(part.text),
  );
}
