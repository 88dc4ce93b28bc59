import type {
  ResponseIncludable,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseOutputText,
  ResponseReasoningItem,
} from 'openai/resources/responses/responses';
import type { MakeId } from './ids.ts';
import type { CodeRun, Deltas, FunctionCall, Piece, RefusalPart, TextPart } from './pieces.ts';
import { type ContainerFileRef, containerPath, intoDeltas, placeAnnotations } from './text.ts';
import { countTokens } from './tokens.ts';
import { project, type Step, type UnnumberedEvent, type WireEvent } from './wire.ts';

/** How an item ends: a turn that breaks off leaves its last item open, without `done` events. */
export type Closing = 'completed' | 'incomplete' | 'open';

/** What the items of one response share. */
export interface ItemContext {
  makeId: MakeId;
  include: ReadonlySet<ResponseIncludable>;
  /** Whether the request asked for reasoning summaries. */
  summaries: boolean;
  obfuscate: boolean;
  betweenDeltas: number;
  /** Seals the text of a reasoning item. */
  encrypt(id: string, text: string): string;
  /** The container of this response's code; makes one for `container: {type: 'auto'}`. */
  openContainer(): string;
  /** Puts a file into a container. */
  writeFile(containerId: string, path: string, content: string | Uint8Array): ContainerFileRef;
  /** The files of the response's container, or [] when it has none. */
  listFiles(): ContainerFileRef[];
  /** Closed items, in full; `project` says what of them is sent. */
  output: ResponseOutputItem[];
  onItem(item: ResponseOutputItem): void;
  /** The next `output_index`. */
  nextIndex: number;
  sequence: number;
  outputTokens: number;
  reasoningTokens: number;
}

type Steps = Generator<Step, void>;

/** Numbers an event and hands it out. */
export function* send(context: ItemContext, event: UnnumberedEvent): Steps {
  const { type, ...rest } = event;
  const numbered = { type, sequence_number: context.sequence, ...rest } as WireEvent;
  context.sequence += 1;
  yield { do: 'send', event: numbered };
}

const PADDING = 'q7Zk2mVx9TbLw4RcYp0sHn6E';

/** Padding that makes short deltas equally long, as the real API sends it. */
function obfuscation(context: ItemContext, delta: string): { obfuscation?: string } {
  return context.obfuscate ? { obfuscation: PADDING.slice(0, 16 - (delta.length % 16)) } : {};
}

function* sendDeltas(
  context: ItemContext,
  deltas: readonly string[],
  make: (delta: string) => UnnumberedEvent,
): Steps {
  for (const delta of deltas) {
    if (context.betweenDeltas > 0) yield { do: 'sleep', ms: context.betweenDeltas };
    yield* send(context, { ...make(delta), ...obfuscation(context, delta) });
  }
}

function* open(context: ItemContext, output_index: number, item: ResponseOutputItem): Steps {
  yield* send(context, {
    type: 'response.output_item.added',
    output_index,
    item: project(item, context.include),
  });
}

function* close(context: ItemContext, output_index: number, item: ResponseOutputItem): Steps {
  context.output.push(item);
  context.onItem(item);
  yield* send(context, {
    type: 'response.output_item.done',
    output_index,
    item: project(item, context.include),
  });
}

/** Plays a message item: each part is added, filled delta by delta, and done. */
export function* playMessage(
  context: ItemContext,
  piece: {
    parts: (TextPart | RefusalPart)[];
    deltas?: Deltas | undefined;
    phase?: 'commentary' | 'final_answer' | undefined;
  },
  closing: Closing,
): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('message');
  const message: ResponseOutputMessage = {
    id,
    type: 'message',
    status: 'in_progress',
    content: [],
    role: 'assistant',
    ...(piece.phase ? { phase: piece.phase } : {}),
  };
  yield* open(context, output_index, message);
  const content: ResponseOutputMessage['content'] = [];
  for (const [content_index, part] of piece.parts.entries()) {
    const place = { item_id: id, output_index, content_index };
    const stays = closing === 'open' && content_index === piece.parts.length - 1;
    if ('refusal' in part) {
      content.push({ type: 'refusal', refusal: part.refusal });
      yield* playRefusal(context, place, part, piece.deltas, stays);
    } else {
      content.push(yield* playText(context, place, part, piece.deltas, stays));
    }
  }
  if (closing === 'open') return;
  yield* close(context, output_index, { ...message, status: closing, content });
}

interface Place {
  item_id: string;
  output_index: number;
  content_index: number;
}

function* playText(
  context: ItemContext,
  place: Place,
  part: TextPart,
  deltas: Deltas | undefined,
  stays: boolean,
): Generator<Step, ResponseOutputText> {
  const waiting = placeAnnotations(part, context.listFiles());
  const annotations: ResponseOutputText['annotations'] = [];
  const announce = function* (annotation: ResponseOutputText['annotations'][number]): Steps {
    const annotation_index = annotations.push(annotation) - 1;
    yield* send(context, {
      type: 'response.output_text.annotation.added',
      ...place,
      annotation_index,
      annotation,
    });
  };
  const delta = (text: string): UnnumberedEvent => ({
    type: 'response.output_text.delta',
    ...place,
    delta: text,
    logprobs: [],
  });

  context.outputTokens += countTokens(part.text);
  yield* send(context, {
    type: 'response.content_part.added',
    ...place,
    part: { type: 'output_text', annotations: [], logprobs: [], text: '' },
  });
  let position = 0;
  for (const piece of intoDeltas(part.text, deltas)) {
    let rest = piece;
    for (let next = waiting[0]; next && next.at < position + rest.length; next = waiting[0]) {
      const before = rest.slice(0, Math.max(0, next.at - position));
      if (before !== '') yield* sendDeltas(context, [before], delta);
      position += before.length;
      rest = rest.slice(before.length);
      yield* announce(next.annotation);
      waiting.shift();
    }
    yield* sendDeltas(context, [rest], delta);
    position += rest.length;
  }
  for (const { annotation } of waiting) yield* announce(annotation);
  for (const annotation of part.annotations ?? []) {
    yield* announce(annotation as unknown as ResponseOutputText['annotations'][number]);
  }

  const done: ResponseOutputText = { type: 'output_text', annotations, logprobs: [], text: part.text };
  if (!stays) {
    yield* send(context, { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] });
    yield* send(context, { type: 'response.content_part.done', ...place, part: done });
  }
  return done;
}

function* playRefusal(
  context: ItemContext,
  place: Place,
  { refusal }: RefusalPart,
  deltas: Deltas | undefined,
  stays: boolean,
): Steps {
  context.outputTokens += countTokens(refusal);
  yield* send(context, {
    type: 'response.content_part.added',
    ...place,
    part: { type: 'refusal', refusal: '' },
  });
  yield* sendDeltas(context, intoDeltas(refusal, deltas), (delta) => ({
    type: 'response.refusal.delta',
    ...place,
    delta,
  }));
  if (stays) return;
  yield* send(context, { type: 'response.refusal.done', ...place, refusal });
  yield* send(context, { type: 'response.content_part.done', ...place, part: { type: 'refusal', refusal } });
}

/** Plays one function call. */
export function* playFunctionCall(context: ItemContext, call: FunctionCall, closing: Closing): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('function_call');
  const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
  const base = {
    id,
    type: 'function_call' as const,
    status: 'in_progress' as const,
    arguments: '',
    call_id: call.call_id ?? context.makeId('call'),
    name: call.name,
  };
  context.outputTokens += countTokens(text) + countTokens(call.name);
  yield* open(context, output_index, base);
  const deltas = call.deltas ?? text.match(/[^:,]+[:,]?|[:,]/g) ?? [];
  yield* sendDeltas(context, intoDeltas(text, deltas), (delta) => ({
    type: 'response.function_call_arguments.delta',
    item_id: id,
    output_index,
    delta,
  }));
  if (closing === 'open') return;
  yield* send(context, {
    type: 'response.function_call_arguments.done',
    item_id: id,
    output_index,
    arguments: text,
    name: call.name,
  });
  yield* close(context, output_index, { ...base, status: closing, arguments: text });
}

/** Plays a file search call. */
export function* playFileSearch(
  context: ItemContext,
  piece: Extract<Piece, { kind: 'file_search' }>,
  closing: Closing,
): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('file_search');
  const place = { item_id: id, output_index };
  context.outputTokens += countTokens(piece.queries.join(' '));
  yield* open(context, output_index, {
    id,
    type: 'file_search_call',
    status: 'in_progress',
    queries: [],
    results: null,
  });
  yield* send(context, { type: 'response.file_search_call.in_progress', ...place });
  yield* send(context, { type: 'response.file_search_call.searching', ...place });
  if (closing === 'open') return;
  yield* send(context, { type: 'response.file_search_call.completed', ...place });
  yield* close(context, output_index, {
    id,
    type: 'file_search_call',
    status: closing,
    queries: piece.queries,
    results: piece.results.map(({ file_id, filename, score = 0.9, text = '', attributes = {} }) => ({
      attributes,
      file_id,
      filename,
      score,
      text,
    })),
  });
}

/** Plays a code interpreter call: the code as it is written, then what it leaves behind. */
export function* playCode(context: ItemContext, run: CodeRun, closing: Closing): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('code_interpreter');
  const place = { item_id: id, output_index };
  const container_id = context.openContainer();
  context.outputTokens += countTokens(run.code);
  const base = { id, type: 'code_interpreter_call' as const, container_id };
  yield* open(context, output_index, { ...base, status: 'in_progress', code: '', outputs: null });
  yield* send(context, { type: 'response.code_interpreter_call.in_progress', ...place });
  yield* sendDeltas(context, intoDeltas(run.code, run.deltas), (delta) => ({
    type: 'response.code_interpreter_call_code.delta',
    ...place,
    delta,
  }));
  if (closing === 'open') return;
  yield* send(context, { type: 'response.code_interpreter_call_code.done', ...place, code: run.code });
  yield* send(context, { type: 'response.code_interpreter_call.interpreting', ...place });
  for (const file of run.files ?? []) context.writeFile(container_id, containerPath(file.path), file.content);
  const logs = typeof run.logs === 'string' ? [run.logs] : (run.logs ?? []);
  yield* send(context, { type: 'response.code_interpreter_call.completed', ...place });
  yield* close(context, output_index, {
    ...base,
    status: closing === 'incomplete' ? 'incomplete' : (run.status ?? 'completed'),
    code: run.code,
    outputs: [
      ...logs.map((text) => ({ type: 'logs' as const, logs: text })),
      ...(run.images ?? []).map((image) => ({ type: 'image' as const, url: imageUrl(image) })),
    ],
  });
}

/** A picture of one pixel for those who only need one to be there. */
export const TINY_PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (character) => character.charCodeAt(0),
);

function imageUrl(image: string | Uint8Array): string {
  if (typeof image === 'string') return image;
  let binary = '';
  for (const byte of image) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

/** Plays a reasoning item; without `reasoning.summary` in the request it has no events of its own. */
export function* playReasoning(
  context: ItemContext,
  piece: { summary: string[]; deltas?: Deltas | undefined },
  closing: Closing,
): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('reasoning');
  const text = piece.summary.join('\n');
  const tokens = Math.max(1, countTokens(text));
  context.outputTokens += tokens;
  context.reasoningTokens += tokens;
  const encrypted_content = context.encrypt(id, text);
  yield* open(context, output_index, { id, type: 'reasoning', summary: [], encrypted_content });
  const summary: ResponseReasoningItem['summary'] = [];
  for (const [summary_index, paragraph] of (context.summaries ? piece.summary : []).entries()) {
    const place = { item_id: id, output_index, summary_index };
    const part = { type: 'summary_text' as const, text: paragraph };
    yield* send(context, {
      type: 'response.reasoning_summary_part.added',
      ...place,
      part: { type: 'summary_text', text: '' },
    });
    yield* sendDeltas(context, intoDeltas(paragraph, piece.deltas), (delta) => ({
      type: 'response.reasoning_summary_text.delta',
      ...place,
      delta,
    }));
    if (closing === 'open' && summary_index === piece.summary.length - 1) return;
    yield* send(context, { type: 'response.reasoning_summary_text.done', ...place, text: paragraph });
    yield* send(context, { type: 'response.reasoning_summary_part.done', ...place, part });
    summary.push(part);
  }
  if (closing === 'open') return;
  yield* close(context, output_index, { id, type: 'reasoning', summary, encrypted_content });
}

/** Plays a web search call. */
export function* playWebSearch(
  context: ItemContext,
  { query, sources }: Extract<Piece, { kind: 'web_search' }>,
  closing: Closing,
): Steps {
  const output_index = context.nextIndex++;
  const id = context.makeId('web_search');
  const place = { item_id: id, output_index };
  const base = { id, type: 'web_search_call' as const };
  const action = { type: 'search' as const, query };
  yield* open(context, output_index, { ...base, status: 'in_progress', action });
  yield* send(context, { type: 'response.web_search_call.in_progress', ...place });
  yield* send(context, { type: 'response.web_search_call.searching', ...place });
  if (closing === 'open') return;
  yield* send(context, { type: 'response.web_search_call.completed', ...place });
  const found = { ...action, sources: sources.map((url) => ({ type: 'url' as const, url })) };
  yield* close(context, output_index, { ...base, status: 'completed', action: found });
}

/** Plays an item of any type: it is added and done, with nothing in between. */
export function* playItem(context: ItemContext, value: Record<string, unknown>, closing: Closing): Steps {
  const output_index = context.nextIndex++;
  // The point of such an item is to be one that the API's types do not know.
  const item = { id: context.makeId('item'), status: 'completed', ...value } as unknown as ResponseOutputItem;
  yield* open(context, output_index, { ...item, status: 'in_progress' } as ResponseOutputItem);
  if (closing === 'open') return;
  yield* close(context, output_index, item);
}
