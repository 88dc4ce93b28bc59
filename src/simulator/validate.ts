import type { ResponseCreateParams, ResponseInputItem } from 'openai/resources/responses/responses';
import { badRequest } from './errors.ts';
import { check } from './issues.ts';
import type { Model, Models } from './models.ts';
import { countSchema, createSchema, MOVED } from './request-schema.ts';
import { checkJsonSchema } from './strict-schema.ts';
import { textOf } from './turn-request.ts';

/** A request that passed, with the model it asks for. */
export interface Checked {
  body: ResponseCreateParams;
  model: Model;
}

/**
 * Checks the body of POST /responses by itself: shapes, limits, and what the model supports (§4.3).
 *
 * @throws ApiError 400, or 404 `model_not_found`
 */
export function validateCreate(raw: Record<string, unknown>, models: Models): Checked {
  for (const [old, now] of Object.entries(MOVED)) {
    if (!(old in raw)) continue;
    throw badRequest(
      `Unsupported parameter: '${old}'. In the Responses API, this parameter has moved to '${now}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
      old,
      'unsupported_parameter',
    );
  }
  check(createSchema, raw);
  // The schema has just said that it has this shape.
  const body = raw as unknown as ResponseCreateParams;
  const model = models.find(String(body.model));
  if (body.input === undefined && !body.previous_response_id && !body.prompt && !body.conversation) {
    throw badRequest(
      "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.",
      'input',
      'missing_required_parameter',
    );
  }
  if (body.conversation && body.previous_response_id) {
    throw badRequest(
      "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
      null,
      'mutually_exclusive_parameters',
    );
  }
  checkModel(body, model);
  checkTools(body);
  checkFormat(body);
  if (body.background && body.store === false) {
    throw badRequest("Background mode requires 'store' to be true.", 'background');
  }
  if (body.stream_options && !body.stream) {
    throw badRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    );
  }
  return { body, model };
}

/** Checks the body of POST /responses/input_tokens. @throws ApiError 400 */
export function validateCount(raw: Record<string, unknown>): ResponseCreateParams {
  check(countSchema, raw);
  const body = raw as unknown as ResponseCreateParams;
  checkTools(body);
  return body;
}

function unsupported(param: string, code: string | null) {
  return badRequest(`Unsupported parameter: '${param}' is not supported with this model.`, param, code);
}

function checkModel(body: ResponseCreateParams, model: Model): void {
  if (model.reasoning) {
    // 1, the default, is let through.
    if ((body.temperature ?? 1) !== 1) throw unsupported('temperature', null);
    if ((body.top_p ?? 1) !== 1) throw unsupported('top_p', null);
    return;
  }
  if (body.reasoning?.effort) throw unsupported('reasoning.effort', 'unsupported_parameter');
  if (body.reasoning?.summary) throw unsupported('reasoning.summary', 'unsupported_parameter');
  if (body.include?.includes('reasoning.encrypted_content')) {
    throw badRequest('Encrypted content is not supported with this model.', 'include');
  }
}

function checkTools(body: ResponseCreateParams): void {
  const tools = body.tools ?? [];
  for (const [index, tool] of tools.entries()) {
    if (tool.type !== 'function' || !tool.parameters) continue;
    checkJsonSchema(tool.parameters, {
      subject: `function '${tool.name}'`,
      param: `tools[${index}].parameters`,
      code: 'invalid_function_parameters',
      // Left out it means true, but then the API closes the schema itself.
      strict: tool.strict === true,
    });
  }
  const choice = body.tool_choice;
  if (choice === 'required' && tools.length === 0) {
    throw badRequest("Tool choice 'required' must be specified with 'tools' parameter.", 'tool_choice');
  }
  if (choice === null || typeof choice !== 'object') return;
  if (choice.type === 'function') {
    if (!tools.some((tool) => tool.type === 'function' && tool.name === choice.name)) {
      throw badRequest(
        `Tool choice 'function:${choice.name}' not found in 'tools' parameter.`,
        'tool_choice',
      );
    }
  } else if (choice.type !== 'allowed_tools' && !tools.some((tool) => tool.type === choice.type)) {
    throw badRequest(`Tool choice '${choice.type}' not found in 'tools' parameter.`, 'tool_choice');
  }
}

function checkFormat(body: ResponseCreateParams): void {
  const format = body.text?.format;
  if (format?.type === 'json_schema') {
    checkJsonSchema(format.schema, {
      subject: `response_format '${format.name}'`,
      param: 'text.format.schema',
      code: 'invalid_json_schema',
      strict: format.strict === true,
    });
  }
}

/**
 * JSON mode wants to be told of in the input: instructions are not counted (§4.3).
 *
 * @throws ApiError 400
 */
export function checkJsonWord(body: ResponseCreateParams, items: readonly ResponseInputItem[]): void {
  if (body.text?.format?.type !== 'json_object') return;
  const said = items.some((item) => 'content' in item && /json/i.test(textOf(item.content)));
  if (said) return;
  throw badRequest(
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
    'input',
  );
}
