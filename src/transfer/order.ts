/** In which order things that have lain in a dump once stood. */

interface Dated {
  id: string;
  created_at: number;
}

/**
 * Oldest first, each once. What was made in the same second stays in the dump's order, whose direction the other ones tell.
 * @param listed the dump consists of pages as the API lists them: newest first where nothing tells (§1.4)
 */
export function oldestFirst<T extends Dated>(given: readonly T[], listed: boolean): T[] {
  const unique = [...new Map(given.map((one) => [one.id, one])).values()];
  const isNewestFirst = direction(unique) ?? (listed ? -1 : 1);
  const ascending = isNewestFirst < 0 ? unique.toReversed() : unique;
  return ascending.toSorted((a, b) => a.created_at - b.created_at);
}

/** 1 where later ones follow earlier ones, -1 where it is the other way round, undefined where all have one time. */
function direction(given: readonly Dated[]): 1 | -1 | undefined {
  let rising = 0;
  for (const [index, { created_at }] of given.entries()) {
    const before = given[index - 1];
    if (before) rising += Math.sign(created_at - before.created_at);
  }
  if (rising !== 0) return rising > 0 ? 1 : -1;
  return undefined;
}

/**
 * Both lists in one, each in its own order as far as they agree; where they have nothing to do with each other, times
 * decide. Where they disagree, `incoming` is right.
 */
export function merged<T extends Dated>(existing: readonly T[], incoming: readonly T[]): T[] {
  const ofExisting = new Set(existing.map(({ id }) => id));
  const ofIncoming = new Set(incoming.map(({ id }) => id));
  const result = new Map<string, T>();
  let at = 0;
  for (const one of incoming) {
    if (result.has(one.id)) continue;
    const isShared = ofExisting.has(one.id);
    // What stands before it in the other list, and only there, goes first.
    for (; at < existing.length; at++) {
      const other = existing[at] as T;
      if (result.has(other.id)) continue;
      const first = isShared ? other.id !== one.id : other.created_at <= one.created_at;
      if (ofIncoming.has(other.id) || !first) break;
      result.set(other.id, other);
    }
    result.set(one.id, one);
  }
  for (const other of existing.slice(at)) if (!result.has(other.id)) result.set(other.id, other);
  return [...result.values()];
}
