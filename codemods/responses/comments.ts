/** Comments that a rewrite would lose: no rewrite may. */
import { ts } from 'ts-morph';
import type { Edit } from '../source/edits.ts';
import type { Source } from '../source/sources.ts';
import { Stays } from './stays.ts';

/** @throws Stays where a comment is in a range that goes away, and not in what comes in its place. */
export function keepComments(source: Source, edits: readonly Edit[]): void {
  for (const { start, end } of commentsOf(source)) {
    const comment = source.text.slice(start, end).trim();
    const losing = edits.some((edit) => edit.start < end && start < edit.end && !edit.text.includes(comment));
    if (losing) throw new Stays(`the comment \`${comment.split('\n')[0]}\` would be lost`);
  }
}

function commentsOf(source: Source): { start: number; end: number }[] {
  const found = new Map<number, { start: number; end: number }>();
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(source.ast);
    if (children.length === 0) {
      for (const { pos, end } of [
        ...(ts.getLeadingCommentRanges(source.text, node.pos) ?? []),
        ...(ts.getTrailingCommentRanges(source.text, node.end) ?? []),
      ])
        found.set(pos, { start: pos, end });
    }
    children.forEach(visit);
  };
  visit(source.ast);
  return [...found.values()];
}
