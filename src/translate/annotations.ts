/** Citations and files in a text: where they belong, and what the Assistants API shows of them (§4.4). */
import type { Annotation, Message } from '../assistants/types.ts';
import { type Json, object, text, whole } from './read.ts';
import { effect, emit, type Part, take, type Work } from './state.ts';

const IMAGE = /\.(png|jpe?g|gif|webp)$/i;

/**
 * The length that the raw text must have before the annotation can be shown; undefined: it has no counterpart
 * (url_citation and whatever comes next) and is dropped.
 */
export function anchor(annotation: Json): number | undefined {
  if (annotation.type === 'file_citation') return whole(annotation.index) ?? 0;
  if (annotation.type === 'container_file_citation')
    return hasSpan(annotation) ? whole(annotation.end_index) : 0;
  // The upstream tells where a path starts, not where it ends: only the whole text shows that.
  if (annotation.type === 'file_path') return Number.MAX_SAFE_INTEGER;
  return undefined;
}

/** Tells annotations apart without comparing objects. */
export function annotationKey(value: unknown): string {
  const it = object(value);
  if (!it) return '';
  return [it.type, it.file_id, it.index ?? it.start_index, it.end_index].map(String).join(' ');
}

function hasSpan(annotation: Json): boolean {
  return (whole(annotation.end_index) ?? 0) > (whole(annotation.start_index) ?? 0);
}

/** What to write: `marker` is text to be added to the part, with an annotation that covers it; else it covers what is there. */
export interface Note {
  marker: string;
  annotation: Annotation;
}

/**
 * The annotation for a part whose shown text is `value`. Undefined: nothing is written into the text; a picture
 * or an attachment has been added to the message instead.
 */
export function note(w: Work, part: Part, value: string, annotation: Json): Note | undefined {
  const fileId = text(annotation.file_id);
  if (annotation.type === 'file_citation') {
    const marker = markerOf(w, annotation);
    return {
      marker,
      annotation: {
        type: 'file_citation',
        text: marker,
        start_index: value.length,
        end_index: value.length + marker.length,
        file_citation: { file_id: fileId },
      },
    };
  }
  if (annotation.type === 'file_path') return filePath(part, value, pathAt(part.raw, annotation), fileId);

  const minted = mint(w, annotation);
  const span = hasSpan(annotation) ? sandboxSpan(part.raw, annotation) : undefined;
  const named = span && filePath(part, value, span, minted);
  if (named) return named;
  if (IMAGE.test(text(annotation.filename))) addImage(w, minted);
  else attach(w, minted);
  return undefined;
}

/** `【n:m†filename】`, n = 4 + ordinal of the search, m = place of the file in its results (§4.4). */
function markerOf(w: Work, annotation: Json): string {
  const fileId = text(annotation.file_id);
  const { searches } = w.state;
  const search = searches.findLastIndex((files) => files.includes(fileId));
  const n = 4 + (search >= 0 ? search : Math.max(0, searches.length - 1));
  const m = search >= 0 ? (searches[search] as string[]).indexOf(fileId) : 0;
  const filename = (text(annotation.filename) || fileId).replace(/[【】]/g, '');
  return `【${n}:${m}†${filename}】`;
}

function filePath(part: Part, value: string, span: [number, number], fileId: string): Note | undefined {
  const start = shown(part, span[0], false);
  const end = shown(part, span[1], true);
  const covered = value.slice(start, end);
  if (!covered) return undefined;
  return {
    marker: '',
    annotation: {
      type: 'file_path',
      text: covered,
      start_index: start,
      end_index: end,
      file_path: { file_id: fileId },
    },
  };
}

/** A position in the raw text as a position in the text with markers. */
function shown(part: Part, raw: number, isEnd: boolean): number {
  let at = Math.min(raw, part.raw.length);
  for (const [inserted, length] of part.insertions) {
    if (isEnd ? inserted < raw : inserted <= raw) at += length;
  }
  return at;
}

/** Start and end of a container path in UTF-16 units, also where the upstream counted code points (§7 no. 10). */
function sandboxSpan(raw: string, annotation: Json): [number, number] {
  const start = whole(annotation.start_index) ?? 0;
  const end = whole(annotation.end_index) ?? 0;
  if (!raw.startsWith('sandbox:', start)) {
    const points = Array.from(raw);
    const from = points.slice(0, start).join('').length;
    if (raw.startsWith('sandbox:', from)) return [from, from + points.slice(start, end).join('').length];
  }
  return [start, end];
}

/** The path that begins at `annotation.index`, up to the bracket or space behind it. */
function pathAt(raw: string, annotation: Json): [number, number] {
  const start = Math.max(whole(annotation.index) ?? 0, 0);
  const path = /^sandbox:[^\s)\]"'>]*/.exec(raw.slice(start))?.[0];
  if (path) return [start, start + path.length];
  const found = /sandbox:[^\s)\]"'>]*/.exec(raw);
  return found ? [found.index, found.index + found[0].length] : [0, 0];
}

/** The id under which rethread keeps a container's file; the first mention orders the copy. */
function mint(w: Work, annotation: Json): string {
  const container = text(annotation.container_id);
  const file = text(annotation.file_id);
  const key = `${container}/${file}`;
  const known = w.state.files[key];
  if (known) return known;
  const as = w.ctx.ids.file(take(w, 'file'));
  w.state.files = { ...w.state.files, [key]: as };
  const filename = text(annotation.filename).split('/').pop() || file;
  effect(w, { type: 'copy_container_file', container_id: container, file_id: file, as, filename });
  return as;
}

function addImage(w: Work, fileId: string): void {
  const message = w.state.openMessage as Message;
  const there = message.content.some(
    (part) => part.type === 'image_file' && part.image_file.file_id === fileId,
  );
  if (there) return;
  const index = message.content.length;
  w.state.openMessage = {
    ...message,
    content: [...message.content, { type: 'image_file', image_file: { file_id: fileId } }],
  };
  emit(w, {
    event: 'thread.message.delta',
    data: {
      id: message.id,
      object: 'thread.message.delta',
      delta: { content: [{ index, type: 'image_file', image_file: { file_id: fileId } }] },
    },
  });
}

/** A file that the text does not name has no place in it, but must be reachable from the message. */
function attach(w: Work, fileId: string): void {
  const message = w.state.openMessage as Message;
  if (message.attachments.some((attachment) => attachment.file_id === fileId)) return;
  w.state.openMessage = {
    ...message,
    attachments: [...message.attachments, { file_id: fileId, tools: [{ type: 'code_interpreter' }] }],
  };
}
