/**
 * Edits by text range. The tree only says where; everything outside the ranges stays byte for byte, because it is
 * never printed.
 */
import type { ChangeKind } from '../types.ts';

export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Edits that belong together: all of them are made, or none. */
export interface Rewrite {
  kind: ChangeKind;
  /** Where the reader should look. */
  at: number;
  message: string;
  edits: Edit[];
}

/**
 * Those of `rewrites` that can be made together: a rewrite that touches a range of an earlier one has to wait for the
 * next pass. Insertions at the same place keep their order.
 */
export function compatible(rewrites: readonly Rewrite[]): { now: Rewrite[]; later: Rewrite[] } {
  const taken: Edit[] = [];
  const now: Rewrite[] = [];
  const later: Rewrite[] = [];
  for (const rewrite of rewrites) {
    if (rewrite.edits.some((edit) => taken.some((other) => overlaps(edit, other)))) {
      later.push(rewrite);
    } else {
      now.push(rewrite);
      taken.push(...rewrite.edits);
    }
  }
  return { now, later };
}

function overlaps(a: Edit, b: Edit): boolean {
  const insertion = a.start === a.end || b.start === b.end;
  return insertion ? a.start < b.end && b.start < a.end : a.start < b.end && b.start < a.end;
}

/** Applies edits that don't overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.order - b.order);
  let result = '';
  let at = 0;
  for (const { edit } of ordered) {
    if (edit.start < at) throw new Error(`edits overlap at offset ${edit.start}`);
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Where an offset of the old text is in the new one. Inside a replaced range: the start of its replacement. */
export function mapOffset(offset: number, edits: readonly Edit[]): number {
  let moved = offset;
  for (const edit of edits) {
    if (edit.end <= offset && edit.start < offset) moved += edit.text.length - (edit.end - edit.start);
    else if (edit.start < offset) moved -= offset - edit.start;
  }
  return moved;
}

/** Where an offset of the new text was in the old one; the way back of `mapOffset`. */
export function unmapOffset(offset: number, edits: readonly Edit[]): number {
  let at = offset;
  let shift = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    const start = edit.start + shift;
    const grown = edit.text.length - (edit.end - edit.start);
    if (offset >= start + edit.text.length) at = offset - shift - grown;
    else if (offset > start) return edit.start;
    if (offset < start) break;
    shift += grown;
  }
  return at;
}
