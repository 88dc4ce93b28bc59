const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';

/** What an id is for; its shape is that of the real one (§1.3, §4.4). */
export type IdKind =
  | 'response'
  | 'message'
  | 'function_call'
  | 'function_call_output'
  | 'call'
  | 'reasoning'
  | 'file_search'
  | 'code_interpreter'
  | 'web_search'
  | 'item'
  | 'file'
  | 'vector_store'
  | 'file_batch'
  | 'container'
  | 'container_file'
  | 'request'
  | 'conversation';

const SHAPES: Record<IdKind, { prefix: string; length: number; alphabet: string }> = {
  response: { prefix: 'resp_', length: 48, alphabet: HEX },
  message: { prefix: 'msg_', length: 48, alphabet: HEX },
  function_call: { prefix: 'fc_', length: 48, alphabet: HEX },
  function_call_output: { prefix: 'fco_', length: 48, alphabet: HEX },
  call: { prefix: 'call_', length: 24, alphabet: BASE62 },
  reasoning: { prefix: 'rs_', length: 48, alphabet: HEX },
  file_search: { prefix: 'fs_', length: 48, alphabet: HEX },
  code_interpreter: { prefix: 'ci_', length: 48, alphabet: HEX },
  web_search: { prefix: 'ws_', length: 48, alphabet: HEX },
  item: { prefix: 'item_', length: 48, alphabet: HEX },
  file: { prefix: 'file-', length: 22, alphabet: BASE62 },
  vector_store: { prefix: 'vs_', length: 32, alphabet: HEX },
  file_batch: { prefix: 'vsfb_', length: 32, alphabet: HEX },
  container: { prefix: 'cntr_', length: 48, alphabet: HEX },
  container_file: { prefix: 'cfile_', length: 32, alphabet: HEX },
  request: { prefix: 'req_', length: 32, alphabet: HEX },
  conversation: { prefix: 'conv_', length: 48, alphabet: HEX },
};

/** Makes the next id of a kind. */
export type MakeId = (kind: IdKind) => string;

/** Small, fast and repeatable: 32 bits of state are enough for ids that only have to differ within one simulator. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/**
 * A generator of ids with the shapes of the real ones, the same sequence for the same seed. Each kind has a sequence of
 * its own, so that the third response has the same id however many requests there were for files.
 *
 * @example
 * const makeId = createIds(1);
 * makeId('call').startsWith('call_'); // true
 */
export function createIds(seed = 1): MakeId {
  const sequences = new Map<IdKind, () => number>();
  return (kind) => {
    const { prefix, length, alphabet } = SHAPES[kind];
    let random = sequences.get(kind);
    if (!random) {
      random = mulberry32(
        Math.imul(seed, 0x9e3779b1) ^ Math.imul(Object.keys(SHAPES).indexOf(kind) + 1, 0x85ebca6b),
      );
      sequences.set(kind, random);
    }
    let id = prefix;
    for (let index = 0; index < length; index += 1) id += alphabet[random() % alphabet.length];
    return id;
  };
}

/** 2026-09-01T00:00:00Z in milliseconds: where the simulator's own clock starts. */
export const CLOCK_START = 1_788_220_800_000;
