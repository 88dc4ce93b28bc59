/** What an endpoint sent, with the questions that checks ask of it. Each throws a CheckFailure that says what was expected. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Exchange } from './exchange.ts';
import { CheckFailure } from './failure.ts';

/** `a.b[0].c`; '' is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

export class Received {
  readonly value: unknown;
  /** For messages: `the answer to POST /threads`. */
  readonly what: string;
  readonly exchange: Exchange | undefined;

  constructor(value: unknown, what: string, exchange?: Exchange) {
    this.value = value;
    this.what = what;
    this.exchange = exchange;
  }

  fail(message: string, expected: unknown, received: unknown = this.value): never {
    throw new CheckFailure(`${this.what}: ${message}`, expected, received, this.exchange);
  }

  get(path: string): unknown {
    return valueAt(this.value, path);
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  /** The part at `path`, to ask further. */
  at(path: string): Received {
    return new Received(this.get(path), `${this.what}, ${path}`, this.exchange);
  }

  /** A text that is JSON, as what it means. */
  parsed(what: string): Received {
    return new Received(parsed(this.text('')), what, this.exchange);
  }

  /** Deep equality; `undefined` expects the key to be absent. */
  field(path: string, expected: unknown): this {
    const received = this.get(path);
    if (isDeepStrictEqual(received, expected)) return this;
    const name = path === '' ? 'the value' : `'${path}'`;
    if (received === undefined) this.fail(`${name} is missing`, expected, received);
    if (expected === undefined) this.fail(`${name} should be absent`, 'absent', received);
    this.fail(`${name} differs`, expected, received);
  }

  equals(expected: unknown): this {
    return this.field('', expected);
  }

  /** Several fields at once. */
  fields(expected: Record<string, unknown>): this {
    for (const [path, value] of Object.entries(expected)) this.field(path, value);
    return this;
  }

  matches(path: string, pattern: RegExp): this {
    const received = this.get(path);
    if (typeof received === 'string' && pattern.test(received)) return this;
    this.fail(`'${path}' does not match`, String(pattern), received);
  }

  /** @returns the string at `path` */
  text(path: string): string {
    const received = this.get(path);
    if (typeof received === 'string') return received;
    this.fail(`'${path}' is not a string`, 'a string', received);
  }

  number(path: string): number {
    const received = this.get(path);
    if (typeof received === 'number') return received;
    this.fail(`'${path}' is not a number`, 'a number', received);
  }

  /** The elements of the array at `path`. */
  items(path = 'data'): Received[] {
    const received = this.get(path);
    if (!Array.isArray(received)) this.fail(`'${path}' is not an array`, 'an array', received);
    return received.map((item, at) => new Received(item, `${this.what}, ${path}[${at}]`, this.exchange));
  }

  /** Fits a schema at `path`. */
  is(schema: z.ZodType, path = ''): this {
    const received = this.get(path);
    const result = schema.safeParse(received);
    if (result.success) return this;
    const [issue] = result.error.issues;
    const place = [path, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
    this.fail(
      place === '' ? 'it has the wrong form' : `'${place}' is wrong`,
      z.prettifyError(result.error),
      received,
    );
  }

  /** Anything that only code can say. */
  holds(condition: boolean, expected: string, received: unknown = this.value): this {
    if (!condition) this.fail('it does not hold', expected, received);
    return this;
  }
}

/** An answer with a JSON body; any other body is a text. */
export class Answer extends Received {
  declare readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    super(parsed(exchange.text), `the answer to ${exchange.method} ${exchange.path}`, exchange);
  }

  get status(): number {
    return this.exchange.status;
  }

  get headers(): Headers {
    return this.exchange.responseHeaders;
  }

  /** §1.1: all success statuses are 200. */
  ok(): this {
    if (this.status !== 200) this.fail(`its status is ${this.status}`, 200, this.value);
    return this;
  }

  /** An error of the contract's envelope; only what is named is compared. */
  error(expected: ExpectedError): this {
    if (this.status !== expected.status)
      this.fail(`its status is ${this.status}`, expected.status, { status: this.status, body: this.value });
    const { message } = expected;
    if (typeof message === 'string') {
      const received = this.text('error.message');
      // An implementation may go on after the original's last full stop: what clients match on is still there.
      const goesOn = message.endsWith('.') && received.startsWith(`${message} `);
      if (received !== message && !goesOn) this.fail('its text differs', message, received);
    } else if (message) this.matches('error.message', message);
    for (const key of ['type', 'param', 'code'] as const) {
      if (expected[key] !== undefined) this.field(`error.${key}`, expected[key]);
    }
    return this;
  }
}

export interface ExpectedError {
  status: number;
  message?: string | RegExp;
  type?: string;
  param?: string | null;
  code?: string | null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
