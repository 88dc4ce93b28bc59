/** An upstream that says what it is told to, byte by byte, and breaks off where it is told to. */
import { connectionReset } from '../../src/simulator/deliver.ts';

/** The answer to one POST /responses. */
export interface Answer {
  chunks: Uint8Array[];
  /** How the body ends: in good order, or by a broken connection. */
  end: 'clean' | 'broken';
}

const encoder = new TextEncoder();

export const frames = (events: readonly unknown[]): Uint8Array[] =>
  events.map((event) =>
    encoder.encode(`event: ${(event as { type?: string }).type}\ndata: ${JSON.stringify(event)}\n\n`),
  );

/** The first `length` bytes of some chunks, as one chunk. */
export function firstBytes(chunks: readonly Uint8Array[], length: number): Uint8Array {
  return Buffer.concat(chunks).subarray(0, length);
}

export function recordedUpstream() {
  const answers: Answer[] = [];
  /** Bodies of POST /responses, oldest first. */
  const asked: Record<string, unknown>[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(input));
    if (pathname.endsWith('/content')) return new Response('bytes of a file');
    if (!pathname.endsWith('/responses')) return Response.json({ id: 'made_for_a_test' });
    asked.push(JSON.parse(String(init?.body)));
    const { chunks, end } = answers.shift() ?? { chunks: [], end: 'broken' };
    const left = chunks.values();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { done, value } = left.next();
        if (!done) controller.enqueue(value);
        else if (end === 'clean') controller.close();
        else controller.error(connectionReset());
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return { fetch: fetch as typeof globalThis.fetch, answers, asked };
}
