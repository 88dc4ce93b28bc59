import type { ResponseCreateParams, ResponseInputItem } from 'openai/resources/responses/responses';
import { badRequest } from '../errors.ts';
import { check } from '../issues.ts';
import type { Model, Models } from '../models.ts';
import { thinkingOf } from './models.ts';
import { createSchema, LISTED, TOOLS } from './request-schema.ts';
import { invalidParameter } from './surface.ts';

/** A request that passed. */
export interface Checked {
  body: ResponseCreateParams;
  model: Model;
  /** Parameters and tools that have no effect, as `text` or `tools[0].strict`. */
  ignored: string[];
  /** How much the model thinks. */
  effort: string;
}

/** Function names that are refused (§C.5). */
const RESERVED = ['search'];
const MOST_MCP_SERVERS = 10;

type Tool = { type: string } & Record<string, unknown>;

/** Checks the body of POST /responses as §C.3–§C.5 say. @throws ApiError 400 */
export function validateCreate(raw: Record<string, unknown>, models: Models): Checked {
  if (raw.input === undefined) {
    throw badRequest("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
  }
  const model = models.find(typeof raw.model === 'string' ? raw.model : '');
  check(createSchema, raw);
  const body = raw as unknown as ResponseCreateParams;
  if (body.previous_response_id && body.conversation) {
    throw invalidParameter(
      'Mutually exclusive parameters: Ensure you are only providing one of: previous_response_id or conversation.',
    );
  }
  const tools = (raw.tools ?? []) as Tool[];
  const effort = body.reasoning?.effort ?? thinkingOf(model.name).effort;
  checkTools(tools, body, model.name, effort);
  checkOrder(typeof body.input === 'string' ? [] : (body.input ?? []));
  return { body, model, effort, ignored: [...ignoredParameters(raw), ...ignoredInTools(tools)] };
}

function checkTools(tools: readonly Tool[], body: ResponseCreateParams, model: string, effort: string): void {
  for (const [index, tool] of tools.entries()) {
    const known = TOOLS[tool.type];
    if (!known) continue;
    if (tool.type === 'function' && 'function' in tool) {
      throw invalidParameter(`tools[${index}]: the name of a function belongs beside its type.`, 'tools');
    }
    check(known.schema, tool);
  }
  const reserved = tools.find(({ type, name }) => type === 'function' && RESERVED.includes(String(name)));
  if (reserved) throw invalidParameter(`Tool names are not allowed to be [${reserved.name}]`, 'tools');
  const has = (type: string) => tools.some((tool) => tool.type === type);
  if (has('web_extractor') && !has('web_search')) {
    throw invalidParameter('web_extractor needs web_search.', 'tools');
  }
  if (tools.filter(({ type }) => type === 'mcp').length > MOST_MCP_SERVERS) {
    throw invalidParameter(`No more than ${MOST_MCP_SERVERS} MCP servers.`, 'tools');
  }
  if (body.tool_choice === 'required' && tools.length !== 1) {
    throw invalidParameter("tool_choice 'required' is for exactly one tool.", 'tool_choice');
  }
  if (has('code_interpreter') && thinkingOf(model).thinksToCode && effort === 'none') {
    throw invalidParameter(`${model} runs code only in thinking mode.`, 'reasoning');
  }
}

/** Every output stands right behind its own call (§C.4). */
function checkOrder(items: readonly ResponseInputItem[]): void {
  for (const [index, item] of items.entries()) {
    if (item.type === 'function_call') {
      const next = items[index + 1];
      if (next?.type === 'function_call_output' && next.call_id === item.call_id) continue;
      throw invalidParameter(
        `input[${index}]: a function_call must be followed by its function_call_output.`,
        'input',
      );
    }
    if (item.type !== 'function_call_output') continue;
    const before = items[index - 1];
    if (before?.type === 'function_call' && before.call_id === item.call_id) continue;
    throw invalidParameter(`input[${index}]: a function_call_output must follow its function_call.`, 'input');
  }
}

const given = (value: unknown) => value !== undefined && value !== null;

function ignoredParameters(raw: Record<string, unknown>): string[] {
  const reasoning = Object.keys((raw.reasoning as object | undefined) ?? {}).filter(
    (name) => name !== 'effort',
  );
  return [
    ...Object.keys(raw).filter((name) => !LISTED.has(name) && given(raw[name])),
    ...reasoning.map((name) => `reasoning.${name}`),
  ];
}

function ignoredInTools(tools: readonly Tool[]): string[] {
  return tools.flatMap((tool, index) => {
    const known = TOOLS[tool.type];
    if (!known) return [`tools[${index}]`];
    const rest = Object.keys(tool).filter((name) => name !== 'type' && !known.listed.includes(name));
    return rest.map((name) => `tools[${index}].${name}`);
  });
}
