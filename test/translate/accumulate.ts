/** What a client makes of deltas (§5.3 "Accumulation"), written from the contract and not from any SDK. */

export type Json = Record<string, unknown>;

/** Strings concatenate, numbers add, `index` and `type` are replaced, null is set, objects recurse, arrays go by `index`. */
export function accumulate(target: Json, delta: Json): Json {
  for (const [key, value] of Object.entries(delta)) {
    const old = target[key];
    if (old === null || old === undefined || key === 'index' || key === 'type') {
      target[key] = structuredClone(value);
    } else if (typeof old === 'string' && typeof value === 'string') {
      target[key] = old + value;
    } else if (typeof old === 'number' && typeof value === 'number') {
      target[key] = old + value;
    } else if (Array.isArray(old) && Array.isArray(value)) {
      for (const entry of value as Json[]) place(old, entry);
    } else if (isObject(old) && isObject(value)) {
      accumulate(old, value);
    } else if (value !== null) {
      throw new Error(`Unhandled record type: ${key}`);
    }
  }
  return target;
}

function place(list: unknown[], entry: Json): void {
  const index = entry.index;
  if (typeof index !== 'number') throw new Error('A list entry of a delta has no index.');
  if (index > list.length) throw new Error(`A delta leaves a hole before index ${index}.`);
  const old = list[index];
  if (isObject(old)) accumulate(old, entry);
  else list[index] = structuredClone(entry);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy without the keys that only deltas carry: `index` everywhere, `quote` in citations (§1.7). */
export function withoutDeltaKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDeltaKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'index' && key !== 'quote')
      .map(([key, inner]) => [key, withoutDeltaKeys(inner)]),
  );
}
