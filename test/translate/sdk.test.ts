/** The event streams of the fixtures, read by the SDK's own AssistantStream in the majors 4 to 7 (§3.5, §5.3, §8). */
import { AssistantStream as AssistantStream4 } from 'openai4/lib/AssistantStream';
import { AssistantStream as AssistantStream5 } from 'openai5/lib/AssistantStream';
import { AssistantStream as AssistantStream6 } from 'openai6/lib/AssistantStream';
import { AssistantStream as AssistantStream7 } from 'openai7/lib/AssistantStream';
import { describe, expect, it } from 'vitest';
import type { AssistantEvent } from '../../src/assistants/types.ts';
import { endRun } from '../../src/translate/reduce.ts';
import type { Ending } from '../../src/translate/types.ts';
import { withoutDeltaKeys } from './accumulate.ts';
import { fixtures, play, take } from './fixtures.ts';
import { ctx } from './run.ts';

/** What the four majors have in common here. */
interface Helper {
  finalRun(): Promise<{ status: string }>;
  finalMessages(): Promise<{ id: string; content: unknown }[]>;
  finalRunSteps(): Promise<{ id: string; status: string; step_details: unknown }[]>;
}

const majors: [name: string, open: (stream: ReadableStream) => Helper][] = [
  ['openai 4', (stream) => AssistantStream4.fromReadableStream(stream as never) as Helper],
  ['openai 5', (stream) => AssistantStream5.fromReadableStream(stream) as Helper],
  ['openai 6', (stream) => AssistantStream6.fromReadableStream(stream) as Helper],
  ['openai 7', (stream) => AssistantStream7.fromReadableStream(stream) as Helper],
];

function lines(events: AssistantEvent[]): ReadableStream {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

const whole = fixtures.flatMap(({ name, upstream, run }) =>
  play(upstream, run).streams.map((events, ordinal) => ({ title: `${name}, stream ${ordinal + 1}`, events })),
);

const ENDINGS: Ending[] = [
  { status: 'failed', last_error: { code: 'server_error', message: 'No.' } },
  { status: 'cancelled' },
  { status: 'expired' },
];

/** Streams that are cut off in the middle of a message, of code, of a function call. */
const cutOff = fixtures
  .filter(({ name }) => ['plain-text', 'code-interpreter-logs', 'reasoning-items'].includes(name))
  .flatMap(({ name, upstream, run }) =>
    ENDINGS.map((ending) => {
      const played = play(upstream.slice(0, 6), run);
      take(played, endRun(played.state, ending, ctx));
      return { title: `${name}, ${ending.status} in the middle`, events: played.streams.flat() };
    }),
  );

const streams = [...whole, ...cutOff];

/** Only the HTTP layer can give openai 4 an incomplete run: under the event name of 2024 (§3.3 h). */
const endsIncomplete = (events: AssistantEvent[]) => events.at(-1)?.event === 'thread.run.incomplete';

const closed = /^thread\.message\.(completed|incomplete)$/;
const closedStep = /^thread\.run\.step\.(completed|failed|cancelled|expired)$/;

for (const [major, open] of majors) {
  describe(`${major} reads every stream (§3.5, §5.3)`, () => {
    for (const { title, events } of streams) {
      if (major === 'openai 4' && endsIncomplete(events)) continue;

      it(title, async () => {
        const helper = open(lines(events));
        const run = await helper.finalRun();
        expect(run).toEqual(events.at(-1)?.data);

        // Up to 7.5 these are the sums of the deltas: they must be what the completed message says.
        const messages = events
          .filter(({ event }) => closed.test(event))
          .map(({ data }) => data as { id: string; content: unknown });
        const got = await helper.finalMessages();
        expect(got.map(({ id, content }) => ({ id, content: withoutDeltaKeys(content) }))).toEqual(
          messages.map(({ id, content }) => ({ id, content })),
        );

        const steps = events
          .filter(({ event }) => closedStep.test(event))
          .map(({ data }) => data as { id: string });
        const ended = (await helper.finalRunSteps()).filter(({ status }) => status !== 'in_progress');
        expect(ended).toEqual(steps);
      });
    }
  });
}
