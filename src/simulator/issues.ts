import { z } from 'zod';
import { type ApiError, badRequest, quoteList } from './errors.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks a value as the real API does and says what is wrong in its words (§1.6, §2.9 #14–#20): one error, that of the
 * first thing that is wrong. What is missing or of the wrong type comes before what is unknown, so that a tool in the
 * shape of another API is told what it lacks.
 *
 * @throws ApiError 400
 */
export function check(schema: z.ZodType, value: unknown): void {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return;
  const issues = result.error.issues.flatMap(flatten);
  const first = issues.find((issue) => issue.code !== 'unrecognized_keys') ?? issues[0];
  if (first) throw toApiError(first);
}

/**
 * An object whose `key` says which schema it must satisfy. Unlike a union it names the supported values, and checks
 * nothing else when the key is wrong.
 */
export function tagged(key: string, options: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return z.unknown().check((context) => {
    const { value } = context;
    if (!isObject(value)) {
      context.issues.push({ code: 'invalid_type', expected: 'object', input: value });
      return;
    }
    const tag = value[key];
    const schema = typeof tag === 'string' && Object.hasOwn(options, tag) ? options[tag] : undefined;
    if (typeof tag !== 'string') {
      context.issues.push({ code: 'invalid_type', expected: 'string', input: tag, path: [key] });
    } else if (!schema) {
      context.issues.push({ code: 'invalid_value', values: Object.keys(options), input: tag, path: [key] });
    } else {
      forward(schema, value, context);
    }
  });
}

/** A value whose schema depends on the value itself. */
export function chosen(choose: (value: Record<string, unknown>) => z.ZodType): z.ZodType {
  return z.unknown().check((context) => {
    const { value } = context;
    if (isObject(value)) forward(choose(value), value, context);
    else context.issues.push({ code: 'invalid_type', expected: 'object', input: value });
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function forward(schema: z.ZodType, value: unknown, context: z.core.ParsePayload): void {
  const result = schema.safeParse(value, { reportInput: true });
  // A finished issue is a raw one that already has its message.
  for (const issue of result.error?.issues ?? []) context.issues.push({ ...issue } as z.core.$ZodRawIssue);
}

/** An id of one kind: `Expected an ID that begins with 'msg'.` (§2.9 #12), no longer than 64 characters. */
export function prefixedId(prefix: string): z.ZodType {
  return z
    .string()
    .max(64)
    .refine((id) => id.startsWith(prefix), { params: { prefix } });
}

/** Resolves a union to the complaints of the member that the value comes closest to. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const fitting = issue.errors.find((errors) => !errors.some((error) => isRootType(error)));
  if (!fitting) return [issue];
  return fitting.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] } as Issue));
}

/** The member is for another type of value altogether. */
function isRootType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof issue.input !== 'string');
}

/** `tools[0].name` */
export function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((param, key) => {
    if (typeof key === 'number') return `${param}[${key}]`;
    return param === '' ? String(key) : `${param}.${String(key)}`;
  }, '');
}

function article(name: string): string {
  if (name === 'null') return name;
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`;
}

const EXPECTED: Record<string, string> = { int: 'integer', record: 'object', number: 'decimal number' };

/** zod says `number` for both; these are the parameters that are counts. */
const INTEGER = /(?:tokens|results|logprobs|calls|limit|minutes|days|index)$/;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal number';
  return typeof value;
}

function toApiError(issue: Issue): ApiError {
  const param = paramOf(issue.path);
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(param, [issue.expected], issue.input);
    case 'invalid_union': {
      const expected = issue.errors.flatMap((errors) =>
        errors.flatMap((error) => {
          if (error.code === 'invalid_type') return [error.expected];
          return error.code === 'invalid_value' ? ['string'] : [];
        }),
      );
      return wrongType(param, expected, issue.input);
    }
    case 'invalid_value':
      if (typeof issue.input !== 'string') return wrongType(param, ['string'], issue.input);
      return badRequest(
        `Invalid value: '${issue.input}'. Supported values are: ${quoteList(issue.values)}.`,
        param,
        'invalid_value',
      );
    case 'unrecognized_keys': {
      const unknown = paramOf([...issue.path, issue.keys[0] ?? '']);
      return badRequest(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
    }
    case 'too_big':
      return tooBig(param, issue);
    case 'too_small':
      return tooSmall(param, issue);
    case 'invalid_key':
      return badRequest(
        `Invalid property name in '${paramOf(issue.path.slice(0, -1))}': '${String(issue.path.at(-1))}'. Expected a string with maximum length 64.`,
        paramOf(issue.path.slice(0, -1)),
        'invalid_property_name',
      );
    case 'invalid_format':
      return badRequest(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${patternOf(issue)}'.`,
        param,
        'invalid_value',
      );
    case 'custom': {
      const prefix = issue.params?.prefix;
      if (typeof prefix === 'string') {
        return badRequest(
          `Invalid '${param}': '${String(issue.input)}'. Expected an ID that begins with '${prefix}'.`,
          param,
          'invalid_value',
        );
      }
      return badRequest(issue.message, param, (issue.params?.code as string | undefined) ?? 'invalid_value');
    }
    default:
      return badRequest(`Invalid '${param}': ${issue.message}`, param, 'invalid_value');
  }
}

function patternOf(issue: Issue): string {
  return 'pattern' in issue ? String(issue.pattern).replace(/^\/|\/[a-z]*$/g, '') : '';
}

function wrongType(param: string, expected: readonly string[], input: unknown): ApiError {
  if (input === undefined) {
    return badRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
  }
  const names = [...new Set(expected)]
    .filter((name) => name !== 'null')
    .map((name) => article(name === 'number' && INTEGER.test(param) ? 'integer' : (EXPECTED[name] ?? name)));
  const wanted = names.length > 1 ? `one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names[0];
  return badRequest(
    `Invalid type for '${param}': expected ${wanted}, but got ${article(typeName(input))} instead.`,
    param,
    'invalid_type',
  );
}

function tooBig(param: string, issue: Extract<Issue, { code: 'too_big' }>): ApiError {
  const most = issue.maximum;
  const input = issue.input as string | unknown[] | number;
  if (issue.origin === 'string') {
    const length = (input as string).length;
    return badRequest(
      `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${length} instead.`,
      param,
      'string_above_max_length',
    );
  }
  if (issue.origin === 'array') {
    const length = (input as unknown[]).length;
    return badRequest(
      `Invalid '${param}': array too long. Expected an array with maximum length ${most}, but got an array with length ${length} instead.`,
      param,
      'array_above_max_length',
    );
  }
  const kind =
    issue.origin === 'int' || (Number.isInteger(input) && Number.isInteger(most)) ? 'integer' : 'decimal';
  return badRequest(
    `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${most}, but got ${input} instead.`,
    param,
    `${kind}_above_max_value`,
  );
}

function tooSmall(param: string, issue: Extract<Issue, { code: 'too_small' }>): ApiError {
  const least = issue.minimum;
  const input = issue.input as string | unknown[] | number;
  if (issue.origin === 'string') {
    return badRequest(
      `Invalid '${param}': empty string. Expected a string with minimum length ${least}, but got an empty string instead.`,
      param,
      'empty_string',
    );
  }
  if (issue.origin === 'array') {
    return badRequest(
      `Invalid '${param}': empty array. Expected an array with minimum length ${least}, but got an empty array instead.`,
      param,
      'empty_array',
    );
  }
  const kind =
    issue.origin === 'int' || (Number.isInteger(input) && Number.isInteger(least)) ? 'integer' : 'decimal';
  return badRequest(
    `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${least}, but got ${input} instead.`,
    param,
    `${kind}_below_min_value`,
  );
}

/** At most 16 pairs, keys up to 64 characters, string values up to 512 (§1.6). */
export const metadataSchema = z
  .record(z.string().max(64), z.string().max(512))
  .check(({ value, issues }) => {
    const count = Object.keys(value).length;
    if (count <= 16) return;
    issues.push({
      code: 'custom',
      input: value,
      message: `Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with ${count} properties instead.`,
      params: { code: 'object_above_max_properties' },
    });
  })
  .nullable();
