/** Text, refusals and their annotations: from a `message` item to a thread.message (§3.4, §4.4). */
import type { Annotation, Message, MessageDeltaEvent } from '../assistants/types.ts';
import { anchor, annotationKey, note } from './annotations.ts';
import { closeMessage, openStep } from './closing.ts';
import { piecesOf } from './join-deltas.ts';
import { type Json, list, object, text, whole } from './read.ts';
import { change, emit, type Part, take, type WaitingAnnotation, type Work } from './state.ts';

/** step.created, step.in_progress, message.created, message.in_progress (§3.3 a). */
export function openMessage(w: Work): void {
  const { run } = w.state;
  const id = w.ctx.ids.message(take(w, 'message'));
  openStep(w, { type: 'message_creation', message_creation: { message_id: id } });
  const message: Message = {
    id,
    object: 'thread.message',
    created_at: w.ctx.now,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    run_id: run.id,
    status: 'in_progress',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: null,
    role: 'assistant',
    content: [],
    attachments: [],
    metadata: {},
  };
  w.state.openMessage = message;
  w.state.parts = [];
  change(w, { type: 'message', message });
  emit(w, { event: 'thread.message.created', data: message });
  emit(w, { event: 'thread.message.in_progress', data: message });
}

/** One upstream event about the open message. */
export function messageEvent(w: Work, event: Json): void {
  const index = whole(event.content_index) ?? 0;
  switch (event.type) {
    case 'response.output_text.delta':
      appendPieces(w, index, 'text', event);
      break;
    case 'response.refusal.delta':
      appendPieces(w, index, 'refusal', event);
      break;
    case 'response.output_text.annotation.added':
      annotate(w, partAt(w, index, 'text'), event.annotation);
      break;
    // The annotations of a part come after this event: its missing text waits for them.
    case 'response.output_text.done':
      keepFinal(w, partAt(w, index, 'text'), event.text);
      break;
    case 'response.refusal.done':
      keepFinal(w, partAt(w, index, 'refusal'), event.refusal);
      break;
    case 'response.content_part.done':
      settleContent(w, index, event.part);
      break;
    case 'response.output_item.done':
      finishMessage(w, object(event.item) ?? {});
      break;
  }
}

function finishMessage(w: Work, item: Json): void {
  const content =
    typeof item.content === 'string' ? [{ type: 'output_text', text: item.content }] : item.content;
  list(content).forEach((part, index) => {
    settleContent(w, index, part);
  });
  w.state.parts.forEach((_, at) => {
    settle(w, at, null, []);
  });
  w.state.held = true;
  if (item.status === 'incomplete') w.state.cut = true;
  else closeMessage(w);
}

/** A whole content part, from `content_part.done` or from the item. */
function settleContent(w: Work, index: number, content: unknown): void {
  const part = object(content);
  if (part?.type === 'output_text') {
    settle(w, partAt(w, index, 'text'), text(part.text), list(part.annotations));
  } else if (part?.type === 'refusal') {
    settle(w, partAt(w, index, 'refusal'), text(part.refusal), []);
  }
}

/** Position in `state.parts`; a new part settles those before it, so that their rest does not come behind it. */
function partAt(w: Work, index: number, kind: Part['kind']): number {
  const { parts } = w.state;
  const known = parts.findIndex((part) => part.index === index && part.kind === kind);
  if (known >= 0) return known;
  parts.forEach((part, at) => {
    if (part.final !== null) settle(w, at, null, []);
  });
  const part: Part = { index, kind, at: -1, raw: '', final: null, insertions: [], waiting: [], seen: [] };
  w.state.parts = [...w.state.parts, part];
  return w.state.parts.length - 1;
}

function setPart(w: Work, at: number, values: Partial<Part>): Part {
  const part = { ...(w.state.parts[at] as Part), ...values };
  w.state.parts = w.state.parts.with(at, part);
  return part;
}

function keepFinal(w: Work, at: number, final: unknown): void {
  if (typeof final === 'string') setPart(w, at, { final });
}

/** What came together and has nothing to wait for is written together. */
function appendPieces(w: Work, index: number, kind: Part['kind'], delta: Json): void {
  const pieces = piecesOf(delta);
  if (pieces.length === 0) return;
  const at = partAt(w, index, kind);
  let done = 0;
  while (done < pieces.length && (w.state.parts[at] as Part).waiting.length > 0)
    append(w, at, pieces[done++] as string);
  if (done < pieces.length) write(w, at, pieces.slice(done), true);
}

/** Upstream text: split where an annotation waits for its place. */
function append(w: Work, at: number, added: string): void {
  let rest = added;
  for (;;) {
    const part = w.state.parts[at] as Part;
    const next = part.waiting[0];
    if (!next || next.at > part.raw.length + rest.length) break;
    const cut = wholeCharacters(rest, Math.max(0, next.at - part.raw.length));
    if (cut > 0) write(w, at, [rest.slice(0, cut)], true);
    rest = rest.slice(cut);
    setPart(w, at, { waiting: part.waiting.slice(1) });
    show(w, at, next.annotation);
  }
  if (rest) write(w, at, [rest], true);
}

/** Upstreams may count code points (§7 no. 10): a marker must not part the two halves of a character. */
function wholeCharacters(value: string, length: number): number {
  const code = value.charCodeAt(length);
  return length > 0 && code >= 0xdc00 && code <= 0xdfff ? length + 1 : length;
}

/** Everything of a part is known: the text that no delta brought, then the annotations that no event brought. */
function settle(w: Work, at: number, final: string | null, annotations: unknown[]): void {
  const before = w.state.parts[at] as Part;
  const whole = final ?? before.final;
  const known = [...before.seen];
  for (const annotation of annotations) {
    const repeated = known.indexOf(annotationKey(annotation));
    if (repeated >= 0) known.splice(repeated, 1);
    else annotate(w, at, annotation, true);
  }
  const part = setPart(w, at, { final: null });
  // A final text that contradicts what was streamed cannot be taken back; the streamed one stands.
  if (whole?.startsWith(part.raw)) append(w, at, whole.slice(part.raw.length));
  if (whole !== null && (w.state.parts[at] as Part).at < 0) write(w, at, [''], true);
  const { waiting } = w.state.parts[at] as Part;
  if (waiting.length === 0) return;
  setPart(w, at, { waiting: [] });
  for (const { annotation } of waiting) show(w, at, annotation);
}

/**
 * Shows an annotation, or keeps it until its text has come. `late`: it was only found in the finished part, so a
 * citation whose place has been streamed goes behind the rest of the text.
 */
function annotate(w: Work, at: number, value: unknown, late = false): void {
  const annotation = object(value);
  const place = annotation && anchor(annotation);
  if (!annotation || place === undefined) return;
  const part = setPart(w, at, { seen: [...(w.state.parts[at] as Part).seen, annotationKey(annotation)] });
  const passed = late && annotation.type === 'file_citation' && place < part.raw.length;
  if (!passed && place <= part.raw.length) {
    show(w, at, annotation);
    return;
  }
  const waiting: WaitingAnnotation = { at: passed ? Number.MAX_SAFE_INTEGER : place, annotation };
  const behind = part.waiting.findIndex((other) => other.at > waiting.at);
  setPart(w, at, { waiting: part.waiting.toSpliced(behind < 0 ? part.waiting.length : behind, 0, waiting) });
}

function show(w: Work, at: number, annotation: Json): void {
  const part = w.state.parts[at] as Part;
  const content = w.state.openMessage?.content[part.at];
  const shown = note(w, part, content?.type === 'text' ? content.text.value : '', annotation);
  if (!shown) return;
  if (shown.marker) {
    setPart(w, at, { insertions: [...part.insertions, [part.raw.length, shown.marker.length]] });
  }
  write(w, at, [shown.marker], false, shown.annotation);
}

/**
 * A delta for each piece, and the message as they leave it. `raw`: the pieces are the upstream's own text. An annotation
 * comes with one piece.
 */
function write(w: Work, at: number, pieces: readonly string[], raw: boolean, annotation?: Annotation): void {
  const value = pieces.join('');
  const message = w.state.openMessage as Message;
  const part = w.state.parts[at] as Part;
  const first = part.at < 0;
  const index = first ? message.content.length : part.at;
  if (raw || first) setPart(w, at, { at: index, raw: raw ? part.raw + value : part.raw });
  const old = message.content[index];

  if (part.kind === 'refusal') {
    const refusal = (old?.type === 'refusal' ? old.refusal : '') + value;
    setContent(w, message, index, { type: 'refusal', refusal });
    for (const piece of pieces) messageDelta(w, message, { index, type: 'refusal', refusal: piece });
    return;
  }
  const before = old?.type === 'text' ? old.text : undefined;
  const annotations = before?.annotations ?? [];
  setContent(w, message, index, {
    type: 'text',
    text: {
      value: (before?.value ?? '') + value,
      annotations: annotation ? [...annotations, annotation] : annotations,
    },
  });
  if (annotation) {
    const numbered = { index: annotations.length, ...annotation };
    // `quote` is on the wire in deltas only (§1.7).
    const quoted =
      numbered.type === 'file_citation'
        ? { ...numbered, file_citation: { ...numbered.file_citation, quote: '' } }
        : numbered;
    messageDelta(w, message, { index, type: 'text', text: { value, annotations: [quoted] } });
    return;
  }
  if (first)
    messageDelta(w, message, { index, type: 'text', text: { value: pieces[0] ?? '', annotations: [] } });
  const texts = first ? pieces.slice(1) : pieces;
  if (texts.length > 0) emit(w, { message: message.id, index, texts });
}

type ContentDelta = NonNullable<MessageDeltaEvent['delta']['content']>[number];

function messageDelta(w: Work, message: Message, content: ContentDelta): void {
  emit(w, {
    event: 'thread.message.delta',
    data: { id: message.id, object: 'thread.message.delta', delta: { content: [content] } },
  });
}

function setContent(w: Work, message: Message, index: number, block: Message['content'][number]): void {
  const content =
    index < message.content.length ? message.content.with(index, block) : [...message.content, block];
  w.state.openMessage = { ...message, content };
}
