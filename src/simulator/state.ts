import type { MakeId } from './ids.ts';
import type { Models } from './models.ts';
import type { ScriptedTurn, Turn } from './pieces.ts';
import { asTurn } from './script.ts';
import type { TurnRequest } from './turn-request.ts';

/** Time in one simulator. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Unix seconds, as the API gives them. */
  seconds(): number;
  /** Milliseconds since some moment, real ones unless the clock is the user's: for things that take a while. */
  elapsed(): number;
}

/** What every part of a simulator works with. */
export interface Base {
  makeId: MakeId;
  clock: Clock;
  models: Models;
}

/** The turns that are still to be played. */
export interface ScriptQueue {
  add(turns: readonly ScriptedTurn[]): void;
  /** The next turn for a request, or that of the default script. */
  next(request: TurnRequest): Promise<Turn>;
  clear(): void;
  readonly length: number;
}

/**
 * First in, first out; a turn with `times` answers so many requests. An empty queue hands over to the default script.
 */
export function createQueue(fallback: (request: TurnRequest) => ScriptedTurn): ScriptQueue {
  const queue: { what: ScriptedTurn; left: number }[] = [];

  async function resolve(scripted: ScriptedTurn, request: TurnRequest): Promise<Turn> {
    const what = typeof scripted === 'object' && scripted.kind === 'repeated' ? scripted.what : scripted;
    return asTurn(typeof what === 'function' ? await what(request) : what);
  }

  return {
    add(turns) {
      for (const what of turns) queue.push({ what, left: timesOf(what) });
    },
    async next(request) {
      const head = queue[0];
      if (!head) return resolve(fallback(request), request);
      head.left -= 1;
      if (head.left <= 0) queue.shift();
      return resolve(head.what, request);
    },
    clear() {
      queue.length = 0;
    },
    get length() {
      return queue.length;
    },
  };
}

function timesOf(what: ScriptedTurn): number {
  if (typeof what === 'function') return 1;
  return what.kind === 'repeated' ? what.times : asTurn(what).times;
}
