/** The ways in which a check ends other than well. */
import type { Exchange } from './exchange.ts';

/** The sentence does not hold. */
export class CheckFailure extends Error {
  readonly expected: unknown;
  readonly received: unknown;
  readonly exchange: Exchange | undefined;

  constructor(message: string, expected: unknown, received: unknown, exchange?: Exchange) {
    super(message);
    this.name = 'CheckFailure';
    this.expected = expected;
    this.received = received;
    this.exchange = exchange;
  }
}

/** What the check needs could not be made; whether its sentence holds is unknown. Counts as failed. */
export class SetupFailure extends CheckFailure {
  constructor(cause: CheckFailure) {
    super(`could not prepare the check: ${cause.message}`, cause.expected, cause.received, cause.exchange);
    this.name = 'SetupFailure';
  }
}

/** The endpoint doesn't claim what the check is about. */
export class NotApplicable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotApplicable';
  }
}

/** Marks what fails inside as a failure of the preparation. */
export async function preparing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CheckFailure && !(error instanceof SetupFailure)) throw new SetupFailure(error);
    throw error;
  }
}
