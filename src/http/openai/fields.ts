/** The kinds of field that the request schemas are made of; each knows the platform's sentence for what it refuses. */
import { z } from 'zod';
import type { Metadata } from '../../assistants/types.ts';
import { parseOptions } from './expectations.ts';
import * as problems from './problems.ts';

type Refinement = { value: unknown; issues: z.core.$ZodRawIssue[] };

/** Reports a problem at the field being checked, or at `path` below it. */
export function refuse(field: Refinement, problem: problems.Problem, path: PropertyKey[] = []): void {
  field.issues.push({ code: 'custom', input: field.value, params: { problem }, path });
}

/** Length in code points, as the platform counts: an emoji is one character. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 1; i < text.length; i++) {
    const pair = text.charCodeAt(i - 1) >>> 10 === 0x36 && text.charCodeAt(i) >>> 10 === 0x37;
    if (pair) length--;
  }
  return length;
}

const exceeds = (text: string, maximum: number) => text.length > maximum && lengthOf(text) > maximum;

/** A string of at most `max` code points. */
export function text({ max, filled = false }: { max: number; filled?: boolean }) {
  return z.string().check((field) => {
    if (filled && field.value === '') refuse(field, problems.emptyString);
    else if (exceeds(field.value, max)) refuse(field, problems.stringTooLong(max, lengthOf(field.value)));
  });
}

/** The name of a function or of a JSON schema (§1.6). */
export const name = text({ max: 64, filled: true }).check((field) => {
  const pattern = /^[a-zA-Z0-9_-]+$/;
  if (field.value !== '' && !pattern.test(field.value)) refuse(field, problems.patternMismatch(pattern));
});

/** An id by its prefix (§2.9 no. 12, 13); `also` are prefixes that other providers give the same thing. */
export function id(prefix: string, also: readonly string[] = []) {
  return z.string().check((field) => {
    const known = [prefix, ...also].some((begin) => field.value.startsWith(begin));
    if (!known) refuse(field, problems.wrongPrefix(field.value, prefix));
    else if (exceeds(field.value, 512)) refuse(field, problems.stringTooLong(512, lengthOf(field.value)));
  });
}

/** Azure's file ids begin with `assistant-`; clients of an Azure-backed shim hold such ids. */
export const fileId = id('file', ['assistant-']);

export function decimal(min: number, max: number) {
  return z.number().check((field) => {
    const { value } = field;
    if (value > max) refuse(field, problems.numberOutOfBounds('decimal', 'above', max, value));
    if (value < min) refuse(field, problems.numberOutOfBounds('decimal', 'below', min, value));
  });
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.number({ error: 'an integer' }).check((field) => {
    const { value } = field;
    if (!Number.isInteger(value)) refuse(field, problems.wrongType('an integer', value));
    else if (value > max) refuse(field, problems.numberOutOfBounds('integer', 'above', max, value));
    else if (value < min) refuse(field, problems.numberOutOfBounds('integer', 'below', min, value));
  });
}

/**
 * An array whose length is checked before its elements are looked at. Looking stops at the first bad element, so that a
 * large body full of rubbish costs no more than a small one.
 */
export function list<T extends z.ZodType>(
  element: T,
  { of = 'objects', max = Number.POSITIVE_INFINITY, filled = false } = {},
) {
  return z.unknown().transform((value, field): z.output<T>[] => {
    if (!Array.isArray(value)) {
      const message = `an array of ${of}`;
      field.issues.push({ code: 'invalid_type', expected: 'array', input: value, message });
      return z.NEVER;
    }
    if (value.length > max) refuse(field, problems.arrayTooLong(max, value.length));
    else if (filled && value.length === 0) refuse(field, problems.emptyArray);
    else return parseElements(element, value, field);
    return z.NEVER;
  });
}

function parseElements<T extends z.ZodType>(
  element: T,
  values: readonly unknown[],
  field: Refinement,
): z.output<T>[] {
  const parsed: z.output<T>[] = [];
  for (const [index, value] of values.entries()) {
    const result = element.safeParse(value, parseOptions);
    if (result.success) {
      parsed.push(result.data);
      continue;
    }
    const [first] = result.error.issues;
    if (first) field.issues.push({ ...first, path: [index, ...first.path] } as z.core.$ZodRawIssue);
    return z.NEVER;
  }
  return parsed;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Up to 16 pairs of strings (§1.6); null clears it. */
export const metadata = z.unknown().transform((value, field): Metadata | null => {
  const fail = (problem: problems.Problem, path: string[] = []) => {
    refuse(field, problem, path);
    return z.NEVER;
  };
  if (value === null) return null;
  if (!isObject(value)) return fail(problems.wrongType('an object', value));
  const entries = Object.entries(value);
  if (entries.length > 16) return fail(problems.tooManyProperties(16, entries.length));
  for (const [key, text] of entries) {
    if (exceeds(key, 64)) return fail(problems.propertyNameTooLong(64, key, lengthOf(key)));
    // Copied by plain assignment somewhere, this key would be lost or worse.
    if (key === '__proto__') return fail(problems.unknownParameter, [key]);
    if (typeof text !== 'string') return fail(problems.wrongType('a string', text), [key]);
    if (exceeds(text, 512)) return fail(problems.stringTooLong(512, lengthOf(text)), [key]);
  }
  return Object.fromEntries(entries) as Metadata;
});

/** Deeper than any real schema, and far from where a recursive `JSON.stringify` runs out of stack. */
const MAX_DEPTH = 128;

/** A JSON schema: any object, kept as it was sent. */
export const jsonSchema = z.unknown().transform((value, field): Record<string, unknown> => {
  if (isObject(value) && depthWithin(value, MAX_DEPTH)) return value;
  const problem = isObject(value)
    ? problems.invalid(`Expected an object with at most ${MAX_DEPTH} levels of nesting.`)
    : value === undefined
      ? problems.missingParameter
      : problems.wrongType('an object', value);
  refuse(field, problem);
  return z.NEVER;
});

function depthWithin(root: object, limit: number): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return false;
    level = level.flatMap((node) => (typeof node === 'object' && node !== null ? Object.values(node) : []));
  }
  return true;
}
