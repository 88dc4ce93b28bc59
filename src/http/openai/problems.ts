/**
 * The sentences in which the platform's validator says what is wrong with a parameter (§2.9 no. 12-20).
 * Each takes the parameter's path as a client writes it, e.g. `messages[0].content`.
 */
import { type ApiError, badRequest } from '../../assistants/errors.ts';

/** What is wrong, for the path it turns out to be wrong at. */
export type Problem = (path: string) => ApiError;

/** Longest piece of a client's own text that is sent back inside an error. */
const QUOTE_LIMIT = 256;

const excerpt = (text: string) => (text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text);

/** `'a' and 'b'`, or `'a', 'b', and 'c'` (§2.9 no. 16). */
export function quotedList(values: readonly string[], conjunction: 'and' | 'or'): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop();
  if (quoted.length === 0) return last ?? '';
  return `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} ${conjunction} ${last}`;
}

/** What an enumeration expects, as it is named where a value of another type was sent. */
export function oneOf(values: readonly string[]): string {
  return `${values.length > 1 ? 'one of ' : ''}${quotedList(values, 'or')}`;
}

/** The JSON type of a value with its article: "a string", "null". */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'number') return `a ${typeof value}`;
  if (!Number.isFinite(value)) return 'a number out of range';
  return Number.isInteger(value) ? 'an integer' : 'a decimal number';
}

/** An empty path is the body itself, or a key that is empty: `param` names neither. */
const about = (path: string, message: string, code: string) =>
  badRequest(message, path === '' ? null : excerpt(path), code);

/** No. 15 */
export const unknownParameter: Problem = (path) =>
  about(path, `Unknown parameter: '${excerpt(path)}'.`, 'unknown_parameter');

/** No. 14 */
export const missingParameter: Problem = (path) =>
  about(path, `Missing required parameter: '${path}'.`, 'missing_required_parameter');

/** No. 17. An empty path is the body itself. */
export const wrongType =
  (expected: string, value: unknown): Problem =>
  (path) => {
    const subject = path === '' ? 'the request body' : `'${excerpt(path)}'`;
    const message = `Invalid type for ${subject}: expected ${expected}, but got ${typeOf(value)} instead.`;
    return about(path, message, 'invalid_type');
  };

/** No. 16 */
export const unsupportedValue =
  (value: string, supported: readonly string[]): Problem =>
  (path) => {
    const choices = quotedList(supported, 'and');
    const message = `Invalid value: '${excerpt(value)}'. Supported values are: ${choices}.`;
    return about(path, message, 'invalid_value');
  };

/** No. 12 and 13 */
export const wrongPrefix =
  (value: string, prefix: string): Problem =>
  (path) => {
    const message = `Invalid '${path}': '${excerpt(value)}'. Expected an ID that begins with '${prefix}'.`;
    return about(path, message, 'invalid_value');
  };

/** No. 18. Lengths are in code points. */
export const stringTooLong =
  (maximum: number, length: number): Problem =>
  (path) => {
    const bounds = `Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`;
    return about(path, `Invalid '${excerpt(path)}': string too long. ${bounds}`, 'string_above_max_length');
  };

export const emptyString: Problem = (path) =>
  about(
    path,
    `Invalid '${path}': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
    'empty_string',
  );

export const patternMismatch =
  (pattern: RegExp): Problem =>
  (path) => {
    const wanted = `Expected a string that matches the pattern '${pattern.source}'.`;
    return about(path, `Invalid '${path}': string does not match pattern. ${wanted}`, 'invalid_value');
  };

/** No. 19 */
export const arrayTooLong =
  (maximum: number, length: number): Problem =>
  (path) => {
    const bounds = `Expected an array with maximum length ${maximum}, but got an array with length ${length} instead.`;
    return about(path, `Invalid '${path}': array too long. ${bounds}`, 'array_above_max_length');
  };

export const emptyArray: Problem = (path) =>
  about(
    path,
    `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    'empty_array',
  );

/** No. 20 */
export const numberOutOfBounds =
  (kind: 'integer' | 'decimal', side: 'above' | 'below', bound: number, value: number | string): Problem =>
  (path) => {
    const [extreme, sign] = side === 'above' ? ['maximum', '<='] : ['minimum', '>='];
    const bounds = `Expected a value ${sign} ${bound}, but got ${excerpt(String(value))} instead.`;
    const code = `${kind}_${side}_${side === 'above' ? 'max' : 'min'}_value`;
    return about(path, `Invalid '${path}': ${kind} ${side} ${extreme} value. ${bounds}`, code);
  };

export const tooManyProperties =
  (maximum: number, count: number): Problem =>
  (path) => {
    const bounds = `Expected an object with at most ${maximum} properties, but got an object with ${count} properties instead.`;
    return about(path, `Invalid '${path}': too many properties. ${bounds}`, 'object_above_max_properties');
  };

/** The platform shortens the name to both its ends in the sentence; `param` carries it whole. */
export const propertyNameTooLong =
  (maximum: number, name: string, length: number): Problem =>
  (path) => {
    const shortened = `'${name.slice(0, 3)}...${name.slice(-3)}' is too long.`;
    const bounds = `Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`;
    const message = `Invalid property name in '${path}': ${shortened} ${bounds}`;
    return about(`${path}.${name}`, message, 'property_name_above_max_length');
  };

/** Of two parameters at most one may be sent; both lie inside `path`. */
export const mutuallyExclusive =
  (first: string, second: string): Problem =>
  (path) => {
    const [a, b] = [`'${path}.${first}'`, `'${path}.${second}'`];
    const message = `Mutually exclusive parameters: ${a} and ${b}. Ensure you are only providing one of: ${a} or ${b}.`;
    return about(path, message, 'mutually_exclusive_parameters');
  };

/** Anything that the platform's validator has no sentence for: `Invalid 'path'. ` and what was expected. */
export const invalid =
  (expectation: string): Problem =>
  (path) =>
    about(path, `Invalid '${excerpt(path)}'. ${expectation}`, 'invalid_value');
