/**
 * The texts of a project: each file is read once, tested, and kept only if it may matter. What the codemod has already
 * rewritten lies over what is on disk, so that the next pass sees it.
 *
 * Nothing here needs the compiler; a project without Assistants code is done after this step.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isGenerated } from '../project/generated.ts';
import { testText } from '../project/text-test.ts';
import { decode, type SourceText } from './text.ts';

/** Larger files are bundles or data, not code that anybody wrote. */
const LARGEST = 2 * 1024 * 1024;

export class Texts {
  /** Goes up whenever a text is added or changes. */
  version = 0;
  /** Files whose text calls for parsing. */
  readonly relevant = new Set<string>();
  /** Files that can't be decoded or are too large, with the reason; only those that look relevant. */
  readonly unreadable = new Map<string, string>();
  /** Files with Assistants calls that a tool wrote. */
  readonly generated: string[] = [];
  readonly #files: readonly string[];
  readonly #warm = new Map<string, SourceText>();
  readonly #cold = new Set<string>();
  readonly #known: Set<string>;

  constructor(files: readonly string[]) {
    this.#files = files;
    this.#known = new Set(files);
  }

  /** Reads and tests every file. `onProgress` is called now and then with the number of files done. */
  async scan(onProgress: (done: number, total: number) => void, aborted: () => boolean): Promise<void> {
    let done = 0;
    for (const file of this.#files) {
      this.#test(file);
      done += 1;
      if (done % 256 === 0) {
        onProgress(done, this.#files.length);
        // Lets timers, the progress bar and Ctrl-C through.
        await new Promise((resolve) => setImmediate(resolve));
        if (aborted()) return;
      }
    }
    onProgress(done, this.#files.length);
  }

  #test(file: string): void {
    const bytes = readFileSync(file);
    // Every word of the test is ASCII, so a one-byte decoding answers the same and is much cheaper.
    const verdict = testText(bytes.toString('latin1', 0, Math.min(bytes.length, LARGEST)));
    if (!verdict.warm) {
      this.#cold.add(file);
      return;
    }
    this.#keep(file, bytes, verdict.relevant);
  }

  #keep(file: string, bytes: Buffer, relevant: boolean): void {
    const source = bytes.length > LARGEST ? undefined : decode(bytes);
    if (source && relevant && isGenerated(source.text)) {
      this.generated.push(file);
      this.#cold.delete(file);
    } else if (source) {
      this.#hold(file, source);
      if (relevant) this.relevant.add(file);
    } else {
      this.#cold.add(file);
      if (relevant) {
        this.unreadable.set(file, bytes.length > LARGEST ? 'it is larger than 2 MB' : 'it is not UTF-8');
      }
    }
  }

  /** The text of a file of the project or of one that its imports lead to; `undefined` if it can't be read. */
  get(file: string): SourceText | undefined {
    const known = this.#warm.get(file);
    if (known) return known;
    if (!existsSync(file) || !statSync(file).isFile() || statSync(file).size > LARGEST) return undefined;
    const source = decode(readFileSync(file));
    if (source) {
      this.#hold(file, source);
    }
    return source;
  }

  #hold(file: string, source: SourceText): void {
    this.#warm.set(file, source);
    this.#cold.delete(file);
    this.version += 1;
  }

  has(file: string): boolean {
    return this.#known.has(file);
  }

  /** What the next pass shall see instead of the file on disk. */
  overlay(file: string, source: SourceText): void {
    this.#hold(file, source);
  }

  /** Kept files with this word in their text. */
  *mentioning(word: string): Generator<string> {
    for (const [file, { text }] of this.#warm) if (text.includes(word)) yield file;
  }

  /**
   * Looks through the files that were put aside for any of `words`, in one sweep, and keeps what it finds.
   * Gives the number of files found.
   */
  sweep(words: ReadonlySet<string>): number {
    if (words.size === 0) return 0;
    const escaped = [...words].map((word) => word.replace(/[^\w]/g, '\\$&'));
    const any = new RegExp(`(?<![\\w$])(?:${escaped.join('|')})(?![\\w$])`);
    let found = 0;
    for (const file of [...this.#cold]) {
      const bytes = readFileSync(file);
      if (!any.test(bytes.toString('latin1', 0, Math.min(bytes.length, LARGEST)))) continue;
      this.#cold.delete(file);
      this.#keep(file, bytes, false);
      if (this.#warm.has(file)) found += 1;
    }
    return found;
  }
}
