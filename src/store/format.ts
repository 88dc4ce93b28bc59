/**
 * The form in which values rest in a store. Every value carries the version of the format it was written in;
 * what an older version wrote is brought up to date here, when it is read, and nowhere else.
 */
import { StoreError } from './errors.ts';

/** The version this rethread writes. Raising it needs an entry in `upgrades` and a corpus in `fixtures/store`. */
export const FORMAT_VERSION = 1;

/** A stored value: `v` is the version of the format, `d` the data, in which keys are escaped where `e` is set (see {@link seal}). */
export interface Stored {
  v: number;
  d?: unknown;
  e?: 1;
}

/** What is known of the formats up to one version. */
export interface Format {
  version: number;
  /** `upgrades[n]` turns the data of version n into data of version n + 1 */
  upgrades: Record<number, (data: unknown, key: string) => unknown>;
}

const FORMAT: Format = { version: FORMAT_VERSION, upgrades: {} };

/**
 * A value as it is written.
 * @param callsToJson the value will go through a serializer that calls a member `toJSON` of any object, be it a
 *   function or not, as Keyv's own does
 */
export function seal(value: unknown, callsToJson = false): Stored {
  const data = callsToJson ? renamed(value, TO_JSON, (key) => ESCAPE + key) : value;
  return data === value ? { v: FORMAT_VERSION, d: value } : { v: FORMAT_VERSION, d: data, e: 1 };
}

/** Goes before a key that a serializer would take for a method; one more before a key that has it already. */
const ESCAPE = '~';
const TO_JSON = /^~*toJSON$/;
const ESCAPED = /^~+toJSON$/;

/** The same JSON with some keys renamed, at any depth; the very same value where there are none. */
function renamed(value: unknown, wanted: RegExp, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => renamed(item, wanted, rename));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  let changed = false;
  const entries = Object.entries(value).map(([key, inner]) => {
    const entry = [wanted.test(key) ? rename(key) : key, renamed(inner, wanted, rename)] as const;
    changed ||= entry[0] !== key || entry[1] !== inner;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}

/**
 * A value as it is read, brought up to date.
 * @param target the address of the store, for errors
 * @throws StoreError `newer_format` for a version this rethread doesn't know, `damaged` for what it never wrote
 */
export function unseal(stored: unknown, key: string, target: string, format = FORMAT): unknown {
  if (stored === undefined || stored === null) return undefined;
  if (!isStored(stored)) {
    throw new StoreError('damaged', target, `what is stored under ${quote(key)} was not written by rethread`);
  }
  if (stored.v > format.version) {
    throw new StoreError(
      'newer_format',
      target,
      `${quote(key)} is in format ${stored.v}, and this rethread knows formats up to ${format.version}. ` +
        'It was written by a newer rethread: install that version or later. Nothing was changed.',
    );
  }
  let data = stored.e ? renamed(stored.d, ESCAPED, (key) => key.slice(ESCAPE.length)) : stored.d;
  for (let version = stored.v; version < format.version; version++) {
    const upgrade = format.upgrades[version];
    if (!upgrade)
      throw new StoreError('damaged', target, `${quote(key)} is in format ${version}, which never was`);
    data = upgrade(data, key);
  }
  return data;
}

function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && 'v' in value && Number.isInteger(value.v);
}

function quote(key: string): string {
  return JSON.stringify(key);
}
