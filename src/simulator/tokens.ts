/**
 * A stand-in for a tokenizer: four tokens for three words, and no word longer than five characters for nothing.
 * Deterministic and cheap (one pass), which matters more here than being right to the token.
 *
 * @returns a whole number of tokens
 */
export function countTokens(text: string): number {
  let words = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const space = code === 32 || (code >= 9 && code <= 13);
    if (!space && !inWord) words += 1;
    inWord = !space;
  }
  return Math.ceil(Math.max((words * 4) / 3, text.length / 8));
}

/** What one item or tool costs beyond its text. */
const OVERHEAD = 3;

/** Tokens of anything that is sent as JSON: the text of all its strings and numbers, and a little for the framing. */
export function countValueTokens(value: unknown): number {
  if (typeof value === 'string') return countTokens(value);
  if (typeof value === 'number' || typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + countValueTokens(entry), 0);
  if (value === null || typeof value !== 'object') return 0;
  let sum = 0;
  for (const [key, entry] of Object.entries(value)) {
    if (UNCOUNTED_KEYS.has(key)) continue;
    sum += countValueTokens(entry);
  }
  return sum;
}

/** Bookkeeping that no model reads. Images are counted flat: their bytes are not text. */
const UNCOUNTED_KEYS = new Set([
  'id',
  'call_id',
  'type',
  'status',
  'role',
  'phase',
  'annotations',
  'logprobs',
  'encrypted_content',
  'image_url',
  'file_data',
  'container_id',
  'vector_store_ids',
]);

const IMAGE_TOKENS = 85;

function countImages(item: unknown): number {
  if (item === null || typeof item !== 'object' || !('content' in item)) return 0;
  const content = item.content;
  if (!Array.isArray(content)) return 0;
  return content.filter((part) => part?.type === 'input_image').length;
}

/** Input tokens of a request: instructions, items and tools. */
export function countInputTokens(request: {
  instructions?: string | null | undefined;
  items: readonly unknown[];
  tools?: readonly unknown[] | null | undefined;
}): number {
  let total = request.instructions ? countTokens(request.instructions) + OVERHEAD : 0;
  for (const item of request.items)
    total += countValueTokens(item) + OVERHEAD + countImages(item) * IMAGE_TOKENS;
  for (const tool of request.tools ?? []) total += countValueTokens(tool) + OVERHEAD;
  return total;
}
