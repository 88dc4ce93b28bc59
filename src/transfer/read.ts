/** Reads dumps: one JSON text a line, or one for the whole file; objects, arrays of them, and pages of lists. */
import { Buffer } from 'node:buffer';
import { addAbortSignal, type Readable } from 'node:stream';
import { JsonDocument } from './document.ts';
import { type Entry, EntryError, parseEntry } from './entry.ts';

/** One entry and where it stands. */
export interface Located {
  entry: Entry;
  /** For errors: `dump.jsonl:17`. */
  at: string;
  /** It comes from a page as the API lists it: newest first, if nothing else tells (§1.4). */
  listed: boolean;
}

export interface ReadProblem {
  at: string;
  problem: string;
}

/**
 * The entries of one input in its order; what cannot be read is told and passed over. Neither a text of many lines nor one
 * of a single line is kept as a whole: entries are handed on as they come.
 * @param name of the file, for errors
 * @param signal ends it, also where it waits for more
 */
export async function* readEntries(
  input: Readable,
  name: string,
  onProblem: (problem: ReadProblem) => void,
  signal?: AbortSignal,
): AsyncGenerator<Located> {
  if (signal) addAbortSignal(signal, input);
  const reader = new Reader(name, onProblem);
  try {
    for await (const chunk of input) yield* reader.take(Buffer.from(chunk));
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }
  yield* reader.end();
}

const NEWLINE = 10;

/** Bytes of a first line that is no JSON text by itself, before it is taken for the beginning of a longer one. */
const LONG_LINE = 4 * 1024 * 1024;

class Reader {
  readonly #name: string;
  readonly #onProblem: (problem: ReadProblem) => void;
  /** Of the line that is being read. */
  #line = 1;
  /** What may have to be read once more: the present line, and all of a document that has shown no item yet. */
  #held: Buffer[] = [];
  #size = 0;
  /** Nothing but space has come. */
  #fresh = true;
  /** A text that goes over several lines, or a very long one. */
  #document: JsonDocument | undefined;
  #firstLine = 1;
  /** After a document that broke off: what is not JSON was told of with it. */
  #quiet = false;
  /** The rest of the line has been told of. */
  #skipping = false;

  constructor(name: string, onProblem: (problem: ReadProblem) => void) {
    this.#name = name;
    this.#onProblem = onProblem;
  }

  *take(chunk: Buffer): Generator<Located> {
    for (let from = 0; from < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, from);
      const to = newline < 0 ? chunk.length : newline + 1;
      yield* this.#takePiece(chunk.subarray(from, to));
      if (newline >= 0) yield* this.#endLine();
      from = to;
    }
  }

  *end(): Generator<Located> {
    yield* this.#endLine();
    if (this.#document) {
      this.#line -= 1;
      yield* this.#breakOff(this.#document, 'the JSON ends in the middle');
    }
    // A last line without an end that was read once more.
    if (this.#held.length > 0) yield* this.#endLine();
  }

  *#takePiece(piece: Buffer): Generator<Located> {
    if (this.#skipping) return;
    this.#size += piece.length;
    if (this.#document && this.#size > LONG_LINE) this.#held = [];
    else this.#held.push(piece);
    if (this.#document) yield* this.#feed(piece);
    else if (this.#fresh && this.#size > LONG_LINE) yield* this.#beginDocument();
  }

  *#endLine(): Generator<Located> {
    const at = `${this.#name}:${this.#line++}`;
    if (this.#skipping) this.#skipping = false;
    else if (this.#document) {
      if (this.#document.isEnded) this.#document = undefined;
      else if (this.#document.items === 0 && this.#size <= LONG_LINE) return;
      this.#drop();
    } else {
      const text = this.#text();
      if (text.trim() === '') return this.#drop();
      const json = parsed(text);
      if (json === undefined && this.#fresh) {
        this.#line -= 1;
        yield* this.#beginDocument();
        // Otherwise its lines have been read as lines.
        if (this.#document || this.#skipping) yield* this.#endLine();
        return;
      }
      this.#fresh = false;
      this.#drop();
      if (json !== undefined || !this.#quiet) yield* flattened(json, at, this.#onProblem);
    }
  }

  *#beginDocument(): Generator<Located> {
    this.#fresh = false;
    this.#firstLine = this.#line;
    const held = Buffer.concat(this.#held);
    const start = held.toString('utf8', 0, 1024).replace(BOM, '').trimStart()[0] ?? '';
    this.#document = new JsonDocument(start);
    yield* this.#feed(held);
  }

  *#feed(bytes: Buffer): Generator<Located> {
    const document = this.#document as JsonDocument;
    let broken = false;
    try {
      document.write(bytes);
    } catch {
      broken = true;
    }
    for (const { json, item, listed } of document.take()) {
      if (item === undefined) yield* flattened(json, this.#name, this.#onProblem);
      else yield* itemOf(json, `${this.#name} item ${item}`, listed, this.#onProblem);
    }
    if (broken) yield* this.#breakOff(document, 'not JSON');
  }

  /** Goes on line by line: what came before may have been one bad line. */
  *#breakOff({ items, isEnded }: JsonDocument, problem: string): Generator<Located> {
    this.#document = undefined;
    const line = this.#line;
    if (items === 0 && !isEnded && this.#size <= LONG_LINE) {
      const lines = Buffer.concat(this.#held);
      this.#drop();
      this.#line = this.#firstLine;
      return yield* this.take(lines);
    }
    const after = items > 0 ? ` after item ${items}` : '';
    this.#onProblem({ at: `${this.#name}:${line}`, problem: problem + after });
    if (line > this.#firstLine) this.#quiet = true;
    else {
      this.#skipping = true;
      this.#drop();
    }
  }

  #text(): string {
    const text = Buffer.concat(this.#held).toString();
    return this.#line === 1 ? text.replace(BOM, '') : text;
  }

  #drop(): void {
    this.#held = [];
    this.#size = 0;
  }
}

const BOM = /^\uFEFF/;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function* flattened(
  json: unknown,
  at: string,
  onProblem: (problem: ReadProblem) => void,
): Generator<Located> {
  if (json === undefined) return onProblem({ at, problem: 'not JSON' });
  const page = pageOf(json);
  const items = page ?? (Array.isArray(json) ? json : undefined);
  if (items) {
    for (const [index, item] of items.entries()) {
      yield* itemOf(item, `${at} item ${index + 1}`, page !== undefined, onProblem);
    }
    return;
  }
  yield* located(json, at, false, onProblem);
}

/** An array of pages is what a program that collects them writes. */
function itemOf(
  item: unknown,
  at: string,
  listed: boolean,
  onProblem: (problem: ReadProblem) => void,
): Generator<Located> {
  return pageOf(item) ? flattened(item, at, onProblem) : located(item, at, listed, onProblem);
}

/** What a page of a list holds, as the API or an SDK's page object has it; undefined for everything else. */
function pageOf(json: unknown): unknown[] | undefined {
  if (typeof json !== 'object' || json === null || !('data' in json) || !Array.isArray(json.data))
    return undefined;
  return 'object' in json && json.object !== 'list' ? undefined : json.data;
}

function* located(
  json: unknown,
  at: string,
  listed: boolean,
  onProblem: (problem: ReadProblem) => void,
): Generator<Located> {
  let entry: Entry;
  try {
    entry = parseEntry(json);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    return onProblem({ at, problem: error.message });
  }
  yield { entry, at, listed };
}
