/** What a transform gives for one place: a rewrite, something for a person to look at, or nothing. */
import type { ts } from 'ts-morph';
import type { Rewrite } from '../source/edits.ts';
import type { Source } from '../source/sources.ts';
import type { Finding, FindingCode } from '../types.ts';

/** A finding that still points at the tree; lines are computed when the text is final. */
export interface Remark {
  source: Source;
  at: number;
  code: FindingCode;
  severity: Finding['severity'];
  message: string;
  help: string;
}

export interface Outcome {
  rewrite?: Rewrite;
  remark?: Omit<Remark, 'source'>;
}

export const NOTHING: Outcome = {};

/** The source text of a node, without the comments before it. */
export function textOf(source: Source, node: ts.Node): string {
  return source.text.slice(node.getStart(source.ast), node.end);
}

/** White space at the beginning of the line that `offset` is on. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}
