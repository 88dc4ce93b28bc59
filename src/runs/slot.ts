/** A place among the runs that are carried out at the same time, which can be given up for a while. */
import type { Semaphore } from 'async-mutex';

export class Slot {
  readonly #places: Semaphore;
  #release: (() => void) | undefined;

  constructor(places: Semaphore) {
    this.#places = places;
  }

  /** Waits for a place. @param priority higher ones come first */
  async take(priority = 0): Promise<void> {
    const [, release] = await this.#places.acquire(1, priority);
    this.#release = release;
  }

  free(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
