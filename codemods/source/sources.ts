/** Parsed files, made when asked for and kept until their text changes. */
import type { ts } from 'ts-morph';
import { buildIndex, type FileIndex, parse } from './parse.ts';
import { lineMap } from './text.ts';
import type { Texts } from './texts.ts';

export interface Source {
  path: string;
  text: string;
  bom: boolean;
  ast: ts.SourceFile;
  index: FileIndex;
  position(offset: number): { line: number; column: number };
}

export class Sources {
  readonly texts: Texts;
  readonly #parsed = new Map<string, Source>();
  readonly #asked = new Map<string, readonly Source[]>();
  #askedAt = -1;
  /** Every file that was ever parsed, over all passes. */
  readonly everParsed = new Set<string>();

  constructor(texts: Texts) {
    this.texts = texts;
  }

  get(path: string): Source | undefined {
    const held = this.texts.get(path);
    if (!held) return undefined;
    const known = this.#parsed.get(path);
    if (known && known.text === held.text) return known;
    const ast = parse(path, held.text);
    const source: Source = {
      path,
      text: held.text,
      bom: held.bom,
      ast,
      index: buildIndex(ast),
      position: lineMap(held.text),
    };
    this.#parsed.set(path, source);
    this.everParsed.add(path);
    return source;
  }

  /** The file that a node belongs to. */
  of(node: ts.Node): Source {
    const path = node.getSourceFile().fileName;
    const source = this.get(path);
    if (!source) throw new Error(`no source for ${path}`);
    return source;
  }

  /** Files at hand whose text has this word, parsed. */
  mentioning(word: string): readonly Source[] {
    if (this.#askedAt !== this.texts.version) {
      this.#asked.clear();
      this.#askedAt = this.texts.version;
    }
    let found = this.#asked.get(word);
    if (!found) {
      found = [...this.texts.mentioning(word)]
        .map((path) => this.get(path))
        .filter((source) => source !== undefined);
      // Parsing reads no further files, so the answer is still that of this version.
      this.#asked.set(word, found);
    }
    return found;
  }
}
