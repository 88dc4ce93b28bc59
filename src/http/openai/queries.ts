/**
 * The query strings of the Assistants API (§1.4, §1.5). Each schema takes `URLSearchParams`, or a record whose values are strings
 * or arrays of strings. Parameters that are not listed are ignored.
 */
import { z } from 'zod';
import { id, refuse } from './fields.ts';
import * as problems from './problems.ts';

type Pair = readonly [key: string, value: string];

/** Values of a record that no query string could hold are passed over. */
function pairsOf(query: unknown): Pair[] {
  if (query instanceof URLSearchParams) return [...query];
  return Object.entries(query ?? {})
    .flatMap(([key, value]) => [value].flat().map((item): [string, unknown] => [key, item]))
    .filter((pair): pair is [string, string] => typeof pair[1] === 'string');
}

/** The first value of each key; a parameter without a value counts as not sent. */
function firstValues(query: unknown): Record<string, string> {
  const filled = pairsOf(query).filter(([, value]) => value !== '');
  return Object.fromEntries(filled.reverse());
}

const MAX_LIMIT = 100;

const limit = z.string().transform((digits, field): number => {
  const count = Number(digits);
  if (!/^-?\d+$/.test(digits)) {
    const decimal = /^-?\d*\.\d+$/.test(digits);
    refuse(field, problems.wrongType('an integer', decimal ? 0.5 : digits));
  } else if (count > MAX_LIMIT)
    refuse(field, problems.numberOutOfBounds('integer', 'above', MAX_LIMIT, digits));
  else if (count < 1) refuse(field, problems.numberOutOfBounds('integer', 'below', 1, digits));
  return count;
});

const listFields = {
  limit: limit.optional(),
  order: z.enum(['asc', 'desc']).optional(),
  after: z.string().optional(),
  before: z.string().optional(),
};

/** Query of every list (§1.4). An unknown cursor is the domain's error. */
export const listQuery = z.preprocess(firstValues, z.object(listFields));
export type ListQuery = z.output<typeof listQuery>;

/** Query of GET /threads/{thread_id}/messages */
export const messageListQuery = z.preprocess(
  firstValues,
  z.object({ ...listFields, run_id: id('run').optional() }),
);
export type MessageListQuery = z.output<typeof messageListQuery>;

const SEARCH_CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';

/**
 * `include[]` (§1.5) in any spelling that clients send: `include[]`, `include`, `include[0]`, repeated.
 * Parses to whether the text of file search results was asked for.
 */
export const includeQuery = z.unknown().transform((query, field): boolean => {
  const values = pairsOf(query).filter(([key]) => /^include(\[\d*\])?$/.test(key));
  for (const [index, [, value]] of values.entries()) {
    if (value !== SEARCH_CONTENT) {
      refuse(field, problems.unsupportedValue(value, [SEARCH_CONTENT]), ['include', index]);
      break;
    }
  }
  return values.length > 0;
});
