import { badRequest } from './errors.ts';

type Schema = Record<string, unknown>;

/**
 * The rules for JSON schemas that are sent to a model: a function's parameters are an object, and with `strict: true`
 * every object closes itself with `additionalProperties: false` and requires all its properties (§4.3).
 *
 * @param subject `function 'get_weather'` or `response_format 'answer'`
 * @throws ApiError 400 `invalid_function_parameters` or `invalid_json_schema`
 */
export function checkJsonSchema(
  schema: Schema,
  where: { subject: string; param: string; code: string; strict: boolean },
): void {
  const fail = (message: string) =>
    badRequest(`Invalid schema for ${where.subject}: ${message}`, where.param, where.code);
  if (schema.type !== 'object') {
    const type = schema.type === undefined ? 'None' : String(schema.type);
    throw fail(`schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`);
  }
  if (!where.strict) return;
  const problem = findProblem(schema, []);
  if (problem) throw fail(problem);
}

function contextOf(path: readonly string[]): string {
  if (path.length === 0) return 'In context=()';
  return `In context=(${path.map((key) => `'${key}'`).join(', ')}${path.length === 1 ? ',' : ''})`;
}

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function findProblem(schema: Schema, path: readonly string[]): string | undefined {
  const isObject = schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object'));
  if (isObject) {
    if (schema.additionalProperties !== false) {
      return `${contextOf(path)}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const properties = isSchema(schema.properties) ? Object.keys(schema.properties) : [];
    const required = Array.isArray(schema.required) ? schema.required : [];
    const missing = properties.find((property) => !required.includes(property));
    if (missing !== undefined) {
      return `${contextOf(path)}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  for (const key of ['properties', '$defs', 'definitions']) {
    const members = schema[key];
    if (!isSchema(members)) continue;
    for (const [member, inner] of Object.entries(members)) {
      const problem = isSchema(inner) ? findProblem(inner, [...path, key, member]) : undefined;
      if (problem) return problem;
    }
  }
  if (isSchema(schema.items)) {
    const problem = findProblem(schema.items, [...path, 'items']);
    if (problem) return problem;
  }
  if (Array.isArray(schema.anyOf)) {
    for (const [index, inner] of schema.anyOf.entries()) {
      const problem = isSchema(inner) ? findProblem(inner, [...path, 'anyOf', String(index)]) : undefined;
      if (problem) return problem;
    }
  }
  return undefined;
}
