/** A place among the runs that are carried out at the same time, which can be given up for a while. */
import type PQueue from 'p-queue';

export class Slot {
  readonly #queue: PQueue;
  #release: (() => void) | undefined;

  constructor(queue: PQueue) {
    this.#queue = queue;
  }

  /** Waits for a place. @param priority higher ones come first */
  async take(priority = 0): Promise<void> {
    this.#release = await new Promise<() => void>((taken) => {
      const held = () => new Promise<void>((release) => taken(release));
      void this.#queue.add(held, { priority });
    });
  }

  free(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
