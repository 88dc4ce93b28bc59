/** How far an export had come that was broken off. */
import { createReadStream, existsSync } from 'node:fs';

export interface Part {
  /** The thread that was being written, or was the last: it is written again. */
  from?: string;
  /** Bytes before that thread; 0 where the export has to begin anew. */
  size: number;
  /** Threads before it. */
  threads: number;
}

const NEWLINE = 10;

export async function openPart(file: string): Promise<Part> {
  let part: Part = { size: 0, threads: 0 };
  if (!existsSync(file)) return part;
  let threads = 0;
  let line: Buffer[] = [];
  let start = 0;
  let at = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(NEWLINE, from);
      line.push(chunk.subarray(from, end < 0 ? chunk.length : end));
      if (end < 0) break;
      const id = threadOf(Buffer.concat(line).toString());
      if (id !== undefined) part = { from: id, size: start, threads: threads++ };
      start = at + end + 1;
      line = [];
      from = end + 1;
    }
    at += chunk.length;
  }
  return part;
}

/** The id of a thread's own line. */
function threadOf(line: string): string | undefined {
  if (!line.includes('"object":"thread"')) return undefined;
  try {
    const { object, id } = JSON.parse(line) as { object?: unknown; id?: unknown };
    return object === 'thread' ? String(id) : undefined;
  } catch {
    return undefined;
  }
}
