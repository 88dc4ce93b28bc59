/** Identifiers as the Assistants API shaped them: a prefix and 24 letters or digits (docs/contracts/openai.md §1.3). */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { customAlphabet } from 'nanoid';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const random24 = customAlphabet(ALPHABET, 24);

export type Prefix = 'asst_' | 'thread_' | 'msg_' | 'run_' | 'step_' | 'call_';

/** A new random id, e.g. `thread_` + 24 base62 characters. */
export function mintId(prefix: Prefix): string {
  return prefix + random24();
}

/** `length` base62 characters that depend on nothing but `seed`: the same seed gives the same id on every machine. */
function derive(seed: string, length: number): string {
  const digest = sha256(utf8ToBytes(seed));
  let id = '';
  for (let at = 0; at < length; at++) id += ALPHABET[(digest[at] ?? 0) % ALPHABET.length];
  return id;
}

/** Minted file ids begin with this, so that only these cost a look into the store when a file is asked for. */
export const MINTED_FILE_PREFIX = 'file-rt';

/**
 * Ids of what a run produces, derived from the run's id and an ordinal, so that carrying a run out a second time
 * after a crash writes the same records again instead of new ones.
 */
export function runIds(runId: string) {
  return {
    step: (ordinal: number) => `step_${derive(`${runId}/step/${ordinal}`, 24)}`,
    message: (ordinal: number) => `msg_${derive(`${runId}/message/${ordinal}`, 24)}`,
    toolCall: (ordinal: number) => `call_${derive(`${runId}/call/${ordinal}`, 24)}`,
    file: (ordinal: number) => MINTED_FILE_PREFIX + derive(`${runId}/file/${ordinal}`, 20),
  };
}
