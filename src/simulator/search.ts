/** A chunk that file search found. */
export interface SearchResult {
  file_id: string;
  filename: string;
  /** 0 to 1. Default 0.9. */
  score?: number;
  text?: string;
  attributes?: Record<string, string | number | boolean>;
}

/** A piece of a file that can be found. */
export interface Chunk {
  file_id: string;
  filename: string;
  text: string;
  attributes: Record<string, string | number | boolean>;
}

/** Words that say nothing about what a text is about. */
const STOP_WORDS = new Set(
  'a an and are as at be by can could do does for from has have how i in is it its me my not of on or our please so tell that the their them there this to us was we were what when where which who why will with would you your'.split(
    ' ',
  ),
);

/** The words that count, in lower case, without plural endings. */
export function keywords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => !STOP_WORDS.has(word)).map(stem);
}

function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?:ies|es|s)$/, '') : word;
}

/** Characters a chunk may have before the next paragraph starts a new one: about 800 tokens. */
const CHUNK_LENGTH = 3200;

/** Paragraphs, put together up to the length of a chunk. */
export function splitIntoChunks(text: string): string[] {
  const chunks: string[] = [];
  let current = '';
  for (const paragraph of text.split(/\n\s*\n/)) {
    if (current !== '' && current.length + paragraph.length > CHUNK_LENGTH) {
      chunks.push(current);
      current = '';
    }
    current = current === '' ? paragraph : `${current}\n\n${paragraph}`;
  }
  if (current.trim() !== '') chunks.push(current);
  return chunks;
}

/** Chunks that share a word with the query, best first; the score is the share of the query's words found, 0 to 1. */
export function rank<T extends Chunk>(query: string, chunks: readonly T[]): (T & { score: number })[] {
  const wanted = [...new Set(keywords(query))];
  if (wanted.length === 0) return [];
  return chunks
    .map((chunk) => {
      const words = new Set(keywords(`${chunk.filename} ${chunk.text}`));
      const found = wanted.filter((word) => words.has(word)).length;
      return { ...chunk, score: Math.round((found / wanted.length) * 10_000) / 10_000 };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/** The sentence of a text that shares most words with a query. */
export function bestSentence(query: string, text: string): string {
  const wanted = new Set(keywords(query));
  let best = '';
  let most = -1;
  for (const sentence of text.split(/(?<=[.!?])\s+|\n+/)) {
    const found = keywords(sentence).filter((word) => wanted.has(word)).length;
    if (sentence.trim() !== '' && found > most) {
      most = found;
      best = sentence.trim();
    }
  }
  return best;
}
