/** A stream of server-sent events, read to its end or as it comes (§3.1). */
import { createParser } from 'eventsource-parser';
import type { Exchange } from './exchange.ts';
import { CheckFailure } from './failure.ts';
import { Received } from './received.ts';

export interface StreamedEvent {
  /** The name on the `event:` line; '' without one. */
  event: string;
  data: Received;
}

/** A stream that is still open. */
export interface OpenStream extends AsyncIterable<StreamedEvent> {
  exchange: Exchange;
  /** Reads on until an event of this name has come. @throws CheckFailure when the stream ends first */
  until(name: string): Promise<StreamedEvent>;
  /** Reads on to the end. */
  rest(): Promise<EventList>;
  /** Everything read so far. */
  seen: EventList;
  close(): Promise<void>;
}

/** Events in their order. */
export class EventList {
  readonly events: StreamedEvent[] = [];
  readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get names(): string[] {
    return this.events.map(({ event }) => event);
  }

  fail(message: string, expected: unknown, received: unknown = this.names): never {
    throw new CheckFailure(
      `the stream of ${this.exchange.method} ${this.exchange.path}: ${message}`,
      expected,
      received,
      this.exchange,
    );
  }

  /** Data of all events of a name. */
  all(name: string): Received[] {
    return this.events.filter(({ event }) => event === name).map(({ data }) => data);
  }

  /** Data of the n-th event of a name. */
  one(name: string, nth = 0): Received {
    const found = this.all(name).at(nth);
    return found ?? this.fail(`there is no ${name}${nth > 0 ? ` no. ${nth + 1}` : ''}`, name);
  }

  /** The names are exactly these; a name with `+` at its end stands for one or more of them. */
  order(...expected: string[]): this {
    const pattern = expected.map((name) =>
      name.endsWith('+') ? `(?:${escaped(name.slice(0, -1))},)+` : `${escaped(name)},`,
    );
    const received = this.names.map((name) => `${name},`).join('');
    if (!new RegExp(`^${pattern.join('')}$`).test(received)) this.fail('its events are others', expected);
    return this;
  }

  /** These come in this order, whatever else is between them. */
  sequence(...expected: string[]): this {
    let from = 0;
    for (const name of expected) {
      const at = this.names.indexOf(name, from);
      if (at < 0) this.fail(`${name} does not come where it should`, expected);
      from = at + 1;
    }
    return this;
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** @throws CheckFailure when the answer is no event stream */
export function readStream(response: Response, exchange: Exchange): OpenStream {
  const seen = new EventList(exchange);
  const events = parse(response, exchange);
  const next = async () => {
    const { done, value } = await events.next();
    if (done) return undefined;
    seen.events.push(value);
    return value;
  };
  return {
    exchange,
    seen,
    async until(name) {
      for (let event = await next(); event; event = await next()) if (event.event === name) return event;
      return seen.fail(`it ended before ${name}`, name);
    },
    async rest() {
      while (await next());
      return seen;
    },
    async close() {
      await events.return(undefined);
    },
    async *[Symbol.asyncIterator]() {
      for (let event = await next(); event; event = await next()) yield event;
    },
  };
}

async function* parse(response: Response, exchange: Exchange): AsyncGenerator<StreamedEvent, void> {
  if (!response.body) return;
  let batch: StreamedEvent[] = [];
  const parser = createParser({
    onEvent({ event = '', data }) {
      const what = `the data of ${event || 'an event without a name'}`;
      batch.push({ event, data: new Received(data === '[DONE]' ? data : parsed(data), what, exchange) });
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const text = decoder.decode(value, { stream: true });
      exchange.text += text;
      parser.feed(text);
      const ready = batch;
      batch = [];
      yield* ready;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
