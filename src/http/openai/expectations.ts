/** How schemas are parsed here: an issue keeps its input, and its message names what was expected, with the article. */
import { oneOf } from './problems.ts';

interface RawIssue {
  code?: string;
  expected?: unknown;
  values?: unknown;
}

/** A schema may name what it expects itself, through its `error`; zod has words for what does not come up here. */
function expectation(issue: RawIssue): string | undefined {
  if (issue.code === 'invalid_value') return oneOf((issue.values as unknown[]).map(String));
  if (issue.code !== 'invalid_type') return undefined;
  switch (issue.expected) {
    case 'object':
    case 'array':
      return `an ${issue.expected}`;
    case 'number':
      return 'a decimal';
    case 'int':
      return 'an integer';
    case 'null':
      return 'null';
    default:
      return `a ${issue.expected}`;
  }
}

export const parseOptions = { reportInput: true, error: expectation };
