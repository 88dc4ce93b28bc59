import type { Check } from './check.ts';

/** Whether a word names a check: by its id or the beginning of it, its area, section, evidence or operation. */
export function matches({ id, area, section, evidence, operation }: Check, word: string): boolean {
  return (
    id === word ||
    id.startsWith(`${word}.`) ||
    area === word ||
    operation === word ||
    evidence.some((tag) => tag === word) ||
    isWithin(section, word)
  );
}

/** `§2.9 #8` is within `§2.9`, and `§2.9` within `§2`, but `§1.10` is not within `§1.1`. */
function isWithin(section: string, word: string): boolean {
  return word.startsWith('§') && section.startsWith(word) && !/^\d/.test(section.slice(word.length));
}
