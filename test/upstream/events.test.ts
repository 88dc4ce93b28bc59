import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEvents } from '../../src/upstream/events.ts';
import { openai } from '../../src/upstream/profile.ts';

const KEY = 'sk-of-the-caller';
const mask = (text: string) => text.replaceAll(KEY, '***');

/** Texts of characters of one to four bytes, a byte order mark among them, and now and then the caller's key. */
const text = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(KEY, '\ufeff', 'é', '語', '😀', '\n')))
  .map((parts) => parts.join(''));

const streamOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

it('the events of a stream are the same however the network cuts it, and none tells the key', async () => {
  const stream = fc.record({
    deltas: fc.array(text, { minLength: 1, maxLength: 6 }),
    marked: fc.boolean(),
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(stream, async ({ deltas, marked, cuts }) => {
      const events = deltas.map((delta) => ({ type: 'response.output_text.delta', delta }));
      const sent = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
      const body = new TextEncoder().encode(`${marked ? '\ufeff' : ''}${sent}data: [DONE]\n\n`);
      const places = [0, ...cuts.map((cut) => cut % body.length), body.length].sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, at) => body.slice(places[at], end));

      const read: unknown[] = [];
      const response = new Response(streamOf(chunks));
      for await (const batch of readEvents(response, mask, openai)) read.push(...batch);

      const told = events.map((event) => JSON.parse(mask(JSON.stringify(event))));
      expect(read).toEqual(told);
      expect(JSON.stringify(read)).not.toContain(KEY);
    }),
    { numRuns: 300 },
  );
});
