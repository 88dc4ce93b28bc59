import type { Deltas, TextPart } from './pieces.ts';

/** Cuts text into deltas that add up to it: as given, into a number of pieces, or a word at a time. */
export function intoDeltas(text: string, deltas?: Deltas): string[] {
  if (Array.isArray(deltas)) return deltas;
  if (text === '') return [];
  if (deltas === undefined) return text.match(/\s*\S+(?:\s+$)?|^\s+$/g) ?? [text];
  const pieces: string[] = [];
  let from = 0;
  for (let count = 1; count <= deltas; count += 1) {
    let to = count === deltas ? text.length : Math.floor((text.length * count) / deltas);
    // A pair of surrogates is one character: real deltas never split it.
    if (isHighSurrogate(text, to - 1)) to += 1;
    if (to > from) pieces.push(text.slice(from, to));
    from = Math.max(from, to);
  }
  return pieces;
}

function isHighSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code <= 0xdbff && index + 1 < text.length;
}

/** An annotation and the position in the text before which it is announced. */
export interface PlacedAnnotation {
  at: number;
  annotation: Annotation;
}

/** Any annotation of an `output_text` part. */
export type Annotation =
  | { type: 'file_citation'; index: number; file_id: string; filename: string }
  | {
      type: 'container_file_citation';
      container_id: string;
      file_id: string;
      filename: string;
      start_index: number;
      end_index: number;
    };

/** A file that code interpreter made, where it is to be found. */
export interface ContainerFileRef {
  container_id: string;
  file_id: string;
  /** `/mnt/data/x.csv` */
  path: string;
}

/** `/mnt/data/x.csv` for `x.csv` and for itself. */
export function containerPath(path: string): string {
  return path.startsWith('/') ? path : `/mnt/data/${path}`;
}

/**
 * Decides where the annotations of a text part go (§4.4): citations before the text that follows their marker, a file
 * after its sandbox path, a file without a path in the text at its start or end with start = end = 0.
 *
 * @param files the files that may be mentioned
 */
export function placeAnnotations(part: TextPart, files: readonly ContainerFileRef[]): PlacedAnnotation[] {
  const placed: PlacedAnnotation[] = [];
  for (const { at, file_id, filename } of part.citations ?? []) {
    placed.push({ at, annotation: { type: 'file_citation', index: at, file_id, filename } });
  }
  const mentions = part.files?.map((file) => (typeof file === 'string' ? { path: file } : file));
  for (const file of files) {
    const mention = mentions?.find(({ path }) => containerPath(path) === file.path);
    if (mentions && !mention) continue;
    const link = `sandbox:${file.path}`;
    const found = indexesOf(part.text, link);
    const base = {
      type: 'container_file_citation' as const,
      container_id: file.container_id,
      file_id: file.file_id,
      filename: file.path.slice(file.path.lastIndexOf('/') + 1),
    };
    for (const start of found) {
      const end = start + link.length;
      placed.push({ at: end, annotation: { ...base, start_index: start, end_index: end } });
    }
    if (found.length === 0 && mention) {
      const at = mention.at === 'start' ? 0 : part.text.length;
      placed.push({ at, annotation: { ...base, start_index: 0, end_index: 0 } });
    }
  }
  return placed.sort((a, b) => a.at - b.at);
}

function indexesOf(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    // `sandbox:/mnt/data/x.csv` is not mentioned by `sandbox:/mnt/data/x.csv2`.
    if (!/[\w]/.test(text[at + part.length] ?? '')) found.push(at);
  }
  return found;
}
