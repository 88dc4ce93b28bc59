/**
 * Which upstreams have asked to be left alone for a while. A lane is what a rate limit holds for: an upstream, a key and
 * a model. Its runs wait; those of other lanes do not notice.
 */
export interface Lanes {
  /** Milliseconds that the lane is still to be left alone; 0 when it is free. */
  heldFor(lane: string): number | Promise<number>;
  /** Leaves the lane alone for `ms` milliseconds, or for longer if that was said before. */
  hold(lane: string, ms: number): void | Promise<void>;
}

/** Of this process. */
export function createLanes(): Lanes {
  const until = new Map<string, number>();
  const heldFor = (lane: string) => {
    const left = (until.get(lane) ?? 0) - performance.now();
    if (left > 0) return left;
    until.delete(lane);
    return 0;
  };
  return {
    heldFor,
    hold: (lane, ms) => void until.set(lane, performance.now() + Math.max(ms, heldFor(lane))),
  };
}
