import type { Cut, Malformation } from './pieces.ts';
import { malformedFrame } from './stream.ts';
import { frame as frameEvent, type Step, type WireEvent, type WireResponse } from './wire.ts';

/** The line to one client. */
export interface Connection {
  /** Fires when the client goes away. */
  signal: AbortSignal;
  /** Notes that it went away before it had everything. */
  gone(): void;
  /** Breaks the line under HTTP; in process a body that errors is all there is. */
  reset?: (() => void) | undefined;
}

/** What goes wrong with a delivery at a counted place. */
export interface Faults {
  beforeFirst: number;
  cut?: Cut | undefined;
  malformed?: { what: Malformation; afterEvents: number } | undefined;
}

/** What `fetch` says when the other side closes the connection. */
export function connectionReset(): TypeError {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
  return new TypeError('terminated', { cause });
}

/** Waits, or rejects with the signal's reason as soon as the client goes away. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return until(signal, (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  });
}

/** Never resolves; rejects with the signal's reason. */
export function hangUntilGone(signal: AbortSignal): Promise<never> {
  return until(signal, () => () => {}) as Promise<never>;
}

/** Waits for a promise, but no longer than the client stays. */
export function whilePresent(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return until(signal, (resolve, reject) => {
    promise.then(() => resolve(), reject);
    return () => {};
  });
}

function until(
  signal: AbortSignal,
  begin: (resolve: () => void, reject: (error: unknown) => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const leave = () => {
      stop();
      reject(signal.reason);
    };
    const settle = <T>(then: (value: T) => void) => {
      return (value?: T) => {
        signal.removeEventListener('abort', leave);
        then(value as T);
      };
    };
    const stop = begin(settle<void>(resolve), settle(reject));
    signal.addEventListener('abort', leave, { once: true });
  });
}

/** Bytes that are written at once when there is nothing to wait for. */
const CHUNK_CHARACTERS = 64 * 1024;

/**
 * Writes a turn's steps as a body. Nothing runs ahead of the reader, and what is ready goes out together: there is no
 * timer and no microtask per event.
 *
 * @param frame how an event is written
 */
export function streamBody(
  steps: Iterator<Step, unknown>,
  faults: Faults,
  connection: Connection,
  frame: (event: WireEvent) => string = frameEvent,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const { cut, malformed } = faults;
  const ended = new AbortController();
  let events = 0;
  let bytes = 0;
  let started = false;
  let finished = false;
  let breaking = false;

  const leave = () => {
    if (finished) return;
    finished = true;
    connection.gone();
    ended.abort(connection.signal.reason);
    steps.return?.();
  };
  let onAbort = () => {};
  const finish = () => {
    finished = true;
    connection.signal.removeEventListener('abort', onAbort);
    steps.return?.();
  };

  type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

  const breakOff = (controller: Controller) => {
    finish();
    if (connection.reset) connection.reset();
    else controller.error(connectionReset());
  };

  /** Sends what is ready; false when the cut falls into it. */
  const flush = (controller: Controller, text: string): boolean => {
    if (text === '') return true;
    let chunk = encoder.encode(text);
    const over = cut?.afterBytes === undefined ? 0 : bytes + chunk.length - cut.afterBytes;
    if (over > 0) chunk = chunk.slice(0, chunk.length - over);
    bytes += chunk.length;
    if (chunk.length > 0) controller.enqueue(chunk);
    return over <= 0;
  };

  /** Ends the body at a cut: in good order, or with an error once everything before it has been read. */
  const stop = (controller: Controller, clean: boolean) => {
    if (clean) {
      finish();
      controller.close();
    } else if (controller.desiredSize === 0) {
      breakOff(controller);
    } else {
      // An error would throw away what is still queued.
      breaking = true;
    }
  };

  const pull = async (controller: Controller): Promise<void> => {
    // Between a reset and the socket's end the server still asks.
    if (finished) return;
    if (breaking) {
      breakOff(controller);
      return;
    }
    if (!started) {
      started = true;
      if (faults.beforeFirst > 0) await sleep(faults.beforeFirst, ended.signal);
    }
    let text = '';
    for (;;) {
      if (malformed && events === malformed.afterEvents && malformed.what !== 'item') {
        text += malformedFrame(malformed.what, events);
      }
      const { value: step, done } = steps.next();
      if (done) {
        const whole = flush(controller, text);
        const cutHere =
          cut && (cut.afterEvents === events || (cut.afterBytes !== undefined && bytes >= cut.afterBytes));
        if (!whole || cutHere) {
          stop(controller, cut?.clean ?? false);
        } else {
          finish();
          controller.close();
        }
        return;
      }
      switch (step.do) {
        case 'send': {
          const framed = frame(step.event);
          if (cut?.afterEvents !== undefined && events >= cut.afterEvents) {
            if (cut.midEvent) text += framed.slice(0, Math.floor(framed.length / 2));
            flush(controller, text);
            stop(controller, cut.clean ?? false);
            return;
          }
          events += 1;
          text += framed;
          break;
        }
        case 'write':
          text += step.text;
          break;
        case 'break': {
          if (step.midEvent) {
            const next = steps.next();
            if (!next.done && next.value.do === 'send') {
              const framed = frame(next.value.event);
              text += framed.slice(0, Math.floor(framed.length / 2));
            }
          }
          flush(controller, text);
          stop(controller, step.clean);
          return;
        }
        default: {
          const whole = flush(controller, text);
          if (!whole) {
            stop(controller, cut?.clean ?? false);
            return;
          }
          text = '';
          if (step.do === 'sleep') await sleep(step.ms, ended.signal);
          else if (step.do === 'wait') await whilePresent(step.until, ended.signal);
          else await hangUntilGone(ended.signal);
        }
      }
      if (text.length >= CHUNK_CHARACTERS) {
        if (!flush(controller, text)) stop(controller, cut?.clean ?? false);
        return;
      }
    }
  };

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        onAbort = () => {
          if (finished) return;
          leave();
          // Under HTTP the server cancels the body itself, and would log an error.
          if (!connection.reset) controller.error(connection.signal.reason);
        };
        if (connection.signal.aborted) onAbort();
        else connection.signal.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          await pull(controller);
        } catch (error) {
          if (!finished) {
            finish();
            controller.error(error);
          }
        }
      },
      cancel() {
        leave();
        connection.signal.removeEventListener('abort', onAbort);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Plays a turn for a request that does not stream: waits where it waits, and gives the response.
 *
 * @returns the response, or 'broken' when the turn breaks the connection
 */
export async function playToEnd(
  steps: Iterator<Step, WireResponse>,
  signal: AbortSignal,
): Promise<WireResponse | 'broken'> {
  try {
    for (;;) {
      const { value, done } = steps.next();
      if (done) return value;
      if (value.do === 'sleep') await sleep(value.ms, signal);
      else if (value.do === 'wait') await whilePresent(value.until, signal);
      else if (value.do === 'hang') await hangUntilGone(signal);
      else if (value.do === 'break') return 'broken';
    }
  } finally {
    steps.return?.();
  }
}

/** A body that breaks in the middle. */
export function brokenBody(text: string, connection: Connection): ReadableStream<Uint8Array<ArrayBuffer>> {
  const steps = [{ do: 'write', text } as const, { do: 'break', clean: false, midEvent: false } as const];
  return streamBody(steps.values() as Iterator<Step, unknown>, { beforeFirst: 0 }, connection);
}
