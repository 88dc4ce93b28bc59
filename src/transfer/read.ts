/** Reads dumps: one JSON text a line, or one for the whole file; objects, arrays of them, and pages of lists. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
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
 * The entries of one input in its order; what cannot be read is told and passed over.
 * @param name of the file, for errors
 * @param signal ends it, also where it waits for more
 */
export async function* readEntries(
  input: Readable,
  name: string,
  onProblem: (problem: ReadProblem) => void,
  signal?: AbortSignal,
): AsyncGenerator<Located> {
  let number = 0;
  /** Lines so far of a JSON text that may go over many lines. */
  let whole: string[] | undefined;
  for await (const raw of createInterface({
    input,
    crlfDelay: Number.POSITIVE_INFINITY,
    ...(signal && { signal }),
  })) {
    number += 1;
    const line = number === 1 ? raw.replace(/^\uFEFF/, '') : raw;
    if (whole) {
      whole.push(line);
      continue;
    }
    if (line.trim() === '') continue;
    const json = parsed(line);
    // Only a text that begins in the first line can go over the whole file.
    if (json === undefined && number === 1) whole = [line];
    else yield* flattened(json, `${name}:${number}`, onProblem);
  }
  if (!whole || signal?.aborted) return;
  const json = parsed(whole.join('\n'));
  if (json !== undefined) return yield* flattened(json, name, onProblem);
  for (const [index, line] of whole.entries()) {
    if (line.trim() !== '') yield* flattened(parsed(line), `${name}:${index + 1}`, onProblem);
  }
}

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
      const place = `${at} item ${index + 1}`;
      // An array of pages is what a program that collects them writes.
      if (pageOf(item)) yield* flattened(item, place, onProblem);
      else yield* located(item, place, page !== undefined, onProblem);
    }
    return;
  }
  yield* located(json, at, false, onProblem);
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
