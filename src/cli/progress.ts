/** How far a command has come: a bar on a terminal, a line now and then anywhere else. */
import { SingleBar } from 'cli-progress';
import type { Io } from './io.ts';

export interface Progress {
  /** @param total 0 where nobody knows it */
  update(done: number, total: number, text?: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** Lines for logs come this often, in things done. */
const EVERY = 1000;

/** @param unit e.g. `threads` */
export function progressOn({ stderr }: Io, unit: string): Progress {
  return stderr.isTTY ? bar(stderr as NodeJS.WritableStream, unit) : lines(stderr, unit);
}

function bar(stream: NodeJS.WritableStream, unit: string): Progress {
  const known = new SingleBar({
    format: `{bar} {value}/{total} ${unit} {text}`,
    clearOnComplete: true,
    hideCursor: true,
    stream,
  });
  const unknown = new SingleBar({
    format: `{value} ${unit} {text}`,
    clearOnComplete: true,
    hideCursor: true,
    stream,
  });
  let shown: SingleBar | undefined;
  return {
    update(done, total, text = '') {
      if (!shown) {
        shown = total > 0 ? known : unknown;
        shown.start(Math.max(total, done, 1), done, { text });
      }
      shown.setTotal(Math.max(total, done, 1));
      shown.update(done, { text });
    },
    stop: () => shown?.stop(),
  };
}

function lines(stderr: Io['stderr'], unit: string): Progress {
  let told = 0;
  return {
    update(done, total, text = '') {
      if (done - told < EVERY) return;
      told = done - (done % EVERY);
      stderr.write(`${done}${total > 0 ? ` of ${total}` : ''} ${unit} ${text}`.trimEnd().concat('\n'));
    },
    stop: () => {},
  };
}
