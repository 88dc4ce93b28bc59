/** Thrown by whatever looks at a thread's flow, when there is something in it that cannot be rewritten for certain. */
export class Stays extends Error {
  override name = 'Stays';
}
