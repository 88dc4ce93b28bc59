/**
 * The form in which values rest in a store. Every value carries the version of the format it was written in;
 * what an older version wrote is brought up to date here, when it is read, and nowhere else.
 */
import { StoreError } from './errors.ts';

/** The version this rethread writes. Raising it needs an entry in `upgrades` and a corpus in `fixtures/store`. */
export const FORMAT_VERSION = 1;

/** A stored value: `v` is the version of the format, `d` the data. */
export interface Stored {
  v: number;
  d?: unknown;
}

/** What is known of the formats up to one version. */
export interface Format {
  version: number;
  /** `upgrades[n]` turns the data of version n into data of version n + 1 */
  upgrades: Record<number, (data: unknown, key: string) => unknown>;
}

const FORMAT: Format = { version: FORMAT_VERSION, upgrades: {} };

/** A value as it is written. */
export function seal(value: unknown): Stored {
  return { v: FORMAT_VERSION, d: value };
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
  let data = stored.d;
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
