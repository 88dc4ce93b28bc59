/** A request in the form that DashScope takes; what it would ignore in silence is left out or said in words (§C.3–§C.5). */
import type { Responses } from 'openai/resources/responses/responses';
import { orderCalls } from './call-order.ts';
import { upstreamName } from './function-names.ts';

type Request = Responses.ResponseCreateParamsStreaming;
type Item = Responses.ResponseInputItem;
type Tool = Responses.Tool;

/** Function names that are refused (§C.5). */
export const RESERVED_NAMES = ['search'] as const;

const nameOf = (name: string) => upstreamName(name, RESERVED_NAMES);

/** Ranges are half open (§C.3): the nearest value inside. */
const MOST_TEMPERATURE = 1.99;
const LEAST_TOP_P = 0.01;

export function toDashScope(request: Request): Request {
  const tools = (request.tools ?? []).map(toolFor);
  const choice = choiceFor(request.tool_choice, tools);
  const { model, instructions, stream, store, temperature, top_p, max_output_tokens } = request;
  const input = [
    ...formatNotes(request.text?.format),
    ...orderCalls(itemsOf(request.input).flatMap(itemFor)),
  ];
  return {
    model,
    input,
    ...(instructions && { instructions }),
    store: store ?? false,
    stream,
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
    ...(typeof temperature === 'number' && { temperature: Math.min(temperature, MOST_TEMPERATURE) }),
    ...(typeof top_p === 'number' && { top_p: Math.max(top_p, LEAST_TOP_P) }),
    ...(max_output_tokens && { max_output_tokens }),
    reasoning: { effort: request.reasoning?.effort ?? usualEffort(model, tools) },
  } as Request;
}

/**
 * Said explicitly, since new models think at length unless told not to, as no old assistant did (§C.3). The largest run
 * code only while they think (§C.5).
 */
function usualEffort(model: string | undefined, tools: readonly Tool[]): 'none' | 'low' {
  return /-max/.test(model ?? '') && tools.some(({ type }) => type === 'code_interpreter') ? 'low' : 'none';
}

function itemsOf(input: Request['input']): Item[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
}

/** Flat functions with a description, code interpreter without a container, one knowledge base (§C.5). */
function toolFor(tool: Tool): Tool {
  switch (tool.type) {
    case 'function': {
      const { type, name, description, parameters } = tool;
      // Required there; Assistants did without.
      return { type, name: nameOf(name), description: description || name, parameters } as Tool;
    }
    case 'code_interpreter':
      return { type: tool.type } as Tool;
    case 'file_search':
      return { type: tool.type, vector_store_ids: tool.vector_store_ids.slice(0, 1) };
    case 'web_search':
      return { type: tool.type };
    default:
      return tool;
  }
}

/** `required` is for a single tool, and a tool is named in a list of allowed ones (§C.3). */
function choiceFor(choice: Request['tool_choice'], tools: readonly Tool[]): Request['tool_choice'] {
  if (choice === 'required') {
    return tools.length === 1 ? choice : required(tools.map(reference));
  }
  if (typeof choice !== 'object' || choice === null) return choice;
  if (choice.type === 'function') return required([{ type: 'function', name: nameOf(choice.name) }]);
  if (choice.type === 'allowed_tools') return choice;
  return required([{ type: choice.type }]);
}

const reference = (tool: Tool) =>
  tool.type === 'function' ? { type: tool.type, name: tool.name } : { type: tool.type };

const required = (tools: { type: string; name?: string }[]): Request['tool_choice'] => ({
  type: 'allowed_tools',
  mode: 'required',
  tools,
});

/** `text.format` is ignored in silence (§C.3): the model is told instead. */
function formatNotes(format: NonNullable<Request['text']>['format']): Item[] {
  if (format?.type === 'json_object')
    return [{ role: 'developer', content: 'Respond with one JSON object.' }];
  if (format?.type !== 'json_schema') return [];
  const schema = JSON.stringify(format.schema);
  return [
    { role: 'developer', content: `Respond with one JSON object that satisfies this JSON schema: ${schema}` },
  ];
}

/** Only what §C.4 lists goes in; the model is told of everything else. */
function itemFor(item: Item): Item[] {
  if ('role' in item && 'content' in item) return [messageFor(item as Responses.EasyInputMessage)];
  switch (item.type) {
    case 'function_call': {
      const { type, call_id, name, arguments: args } = item;
      return [{ type, call_id, name: nameOf(name), arguments: args }];
    }
    case 'function_call_output': {
      const { type, call_id, output } = item;
      return [{ type, call_id, output: typeof output === 'string' ? output : JSON.stringify(output) }];
    }
    case 'reasoning':
      return [{ type: item.type, id: item.id, summary: item.summary }];
    case 'web_search_call':
      // Fed back, an action may be a search only.
      return item.action?.type === 'search' ? [item] : [];
    case 'code_interpreter_call': {
      const logs = (item.outputs ?? []).map((output) => (output.type === 'logs' ? output.logs : '[image]'));
      return [note(`The code interpreter ran:\n${item.code ?? ''}\nIts output:\n${logs.join('\n')}`)];
    }
    case 'file_search_call': {
      const found = (item.results ?? []).map(({ filename, text }) => `${filename}: ${text}`);
      return [note(`File search for ${item.queries.join(', ')} found:\n${found.join('\n\n')}`)];
    }
    default:
      return [];
  }
}

const note = (content: string): Item => ({ role: 'developer', content });

function messageFor({ role, content }: Responses.EasyInputMessage): Item {
  if (typeof content === 'string') return { role, content };
  const parts = content.map((part) =>
    part.type === 'input_image' ? { type: part.type, image_url: part.image_url } : part,
  );
  return { role, content: parts } as Item;
}
