/** Turns what zod finds into the one sentence that the Assistants API would have sent (§2.9 no. 12-20). */
import type { z } from 'zod';
import type { ApiError } from '../../assistants/errors.ts';
import { badRequest } from '../../assistants/errors.ts';
import { parseOptions } from './expectations.ts';
import * as problems from './problems.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * Checks a body or a query against its schema and returns the parsed value.
 *
 * Only the first problem is reported: fields in the order in which the schema lists them, depth first, and the
 * unknown keys of an object after its own fields (so a misspelt required parameter is reported as missing).
 *
 * @throws ApiError 400 with the platform's text, `param` being the path: `messages[0].content`
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value, parseOptions);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw first === undefined ? badRequest('Invalid request.') : problemOf(first, []);
}

function problemOf(issue: Issue, prefix: Path): ApiError {
  const path = [...prefix, ...issue.path];
  const at = formatPath(path);
  switch (issue.code) {
    case 'custom':
      return issue.params?.problem(at);
    case 'unrecognized_keys':
      return problems.unknownParameter(formatPath([...path, issue.keys[0] ?? '']));
    case 'invalid_type':
      return unexpected(issue.message, issue.input, at);
    case 'invalid_value':
      return unlisted(issue.values, issue.input, at);
    case 'invalid_union':
      return 'options' in issue ? wrongDiscriminator(issue, path) : noBranch(issue.errors, issue.input, path);
    default:
      return problems.invalid(issue.message)(at);
  }
}

function unexpected(expected: string, value: unknown, at: string): ApiError {
  return value === undefined && at !== ''
    ? problems.missingParameter(at)
    : problems.wrongType(expected, value)(at);
}

function unlisted(values: readonly unknown[], value: unknown, at: string): ApiError {
  const supported = values.map(String);
  return typeof value === 'string'
    ? problems.unsupportedValue(value, supported)(at)
    : unexpected(problems.oneOf(supported), value, at);
}

/** `path` ends in the discriminator; the issue's input is the object that should have held it. */
function wrongDiscriminator(
  { discriminator = '', options = [], input }: Extract<Issue, { options?: unknown }>,
  path: Path,
): ApiError {
  if (Array.isArray(input)) return problems.wrongType('an object', input)(formatPath(path.slice(0, -1)));
  const value = (input as Record<string, unknown> | undefined)?.[discriminator];
  return unlisted(options, value, formatPath(path));
}

/** A union without a discriminator tells its branches apart by JSON type: the branch of the value's type is the one that was meant. */
function noBranch(branches: readonly (readonly Issue[])[], value: unknown, path: Path): ApiError {
  const expected: string[] = [];
  for (const [first] of branches) {
    if (first === undefined) continue;
    const mistyped =
      first.path.length === 0 &&
      (first.code === 'invalid_type' || (first.code === 'invalid_value' && typeof value !== 'string'));
    if (!mistyped) return problemOf(first, path);
    expected.push(first.message);
  }
  return unexpected(anyOf(expected), value, formatPath(path));
}

/** "one of a string or array of objects": only the first alternative keeps its article. */
function anyOf(expected: readonly string[]): string {
  const [first = '', ...rest] = expected;
  const head = first.startsWith('one of ') ? first : `one of ${first}`;
  return [head, ...rest.map((phrase) => phrase.replace(/^an? /, ''))].join(' or ');
}

function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += text === '' ? String(segment) : `.${String(segment)}`;
  }
  return text;
}
