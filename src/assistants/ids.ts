/**
 * Identifiers as the Assistants API shaped them: a prefix and 24 letters or digits (docs/contracts/openai.md §1.3), or a
 * prefix and a UUID (docs/contracts/dashscope.md §A.3).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { customAlphabet } from 'nanoid';
import { hash } from '../store/hash.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Milliseconds as base 36, until the year 5188. */
const TIME_DIGITS = 9;
const random15 = customAlphabet(ALPHABET, 24 - TIME_DIGITS);

export type Prefix = 'asst_' | 'thread_' | 'msg_' | 'run_' | 'step_' | 'call_';

/**
 * A new id, e.g. `thread_` + 24 letters or digits: the time, which the object tells too, and 89 random bits. What is made one
 * after another is then kept side by side in stores that sort their keys, however many there are.
 */
export function mintId(prefix: Prefix): string {
  return prefix + Date.now().toString(36).padStart(TIME_DIGITS, '0') + random15();
}

/** A new random id as DashScope shaped them, e.g. `thread_` and a UUID with dashes (§A.3). */
export function mintUuid(prefix: Prefix): string {
  return prefix + crypto.randomUUID();
}

/** `length` base62 characters that depend on nothing but `seed`: the same seed gives the same id on every machine. */
function derive(seed: string, length: number): string {
  const digest = sha256(utf8ToBytes(seed));
  let id = '';
  for (let at = 0; at < length; at++) id += ALPHABET[(digest[at] ?? 0) % ALPHABET.length];
  return id;
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A UUID (version 8: its bits are the maker's own) that depends on nothing but `seed`. */
function deriveUuid(seed: string): string {
  const hex = hash(seed);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...groups, hex.slice(20, 32)].join('-');
}

/** Minted file ids begin with this, so that only these cost a look into the store when a file is asked for. */
export const MINTED_FILE_PREFIX = 'file-rt';

/**
 * Ids of what a run produces, derived from the run's id and an ordinal, so that carrying a run out a second time
 * after a crash writes the same records again instead of new ones. They have the shape of the run's own id.
 */
export function runIds(runId: string) {
  const derived = UUID.test(runId) ? deriveUuid : (seed: string) => derive(seed, 24);
  return {
    step: (ordinal: number) => `step_${derived(`${runId}/step/${ordinal}`)}`,
    message: (ordinal: number) => `msg_${derived(`${runId}/message/${ordinal}`)}`,
    toolCall: (ordinal: number) => `call_${derive(`${runId}/call/${ordinal}`, 24)}`,
    /** @param call names a tool's call within the run */
    toolFile: (call: string, ordinal: number) =>
      MINTED_FILE_PREFIX + derive(`${runId}/call/${call}/file/${ordinal}`, 20),
    file: (ordinal: number) => MINTED_FILE_PREFIX + derive(`${runId}/file/${ordinal}`, 20),
  };
}
