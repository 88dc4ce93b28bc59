let ending: Promise<void> | undefined;

/**
 * The end of this turn of the event loop, at which everything that became ready in it is written, one after another. To write
 * each answer and each chunk as soon as it is ready wakes its reader each time anew, which takes longer than to make
 * it (bench/README.md, "Written together").
 */
export function endOfTurn(): Promise<void> {
  ending ??= new Promise((resolve) => {
    setImmediate(() => {
      ending = undefined;
      resolve();
    });
  });
  return ending;
}
