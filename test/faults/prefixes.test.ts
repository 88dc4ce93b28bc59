import { describe, expect, it } from 'vitest';
import { fixtures, type StreamFixture, type Submit } from '../translate/fixtures.ts';
import { type Reading, read, type StreamEvent } from '../translate/legal.ts';
import { randomNumbers } from './jittery-store.ts';
import { type Answer, firstBytes, frames, recordedUpstream } from './recorded-upstream.ts';
import { assertAtRest, createWorld, prepare, type World } from './world.ts';

const isSubmit = (event: unknown): event is Submit =>
  typeof event === 'object' && event !== null && 'submit' in event;

/** The events of each response, and what is submitted between them. */
function responsesOf({ upstream }: StreamFixture): { responses: unknown[][]; submits: Submit[] } {
  const responses: unknown[][] = [[]];
  const submits: Submit[] = [];
  for (const event of upstream) {
    if (isSubmit(event)) {
      submits.push(event);
      responses.push([]);
    } else responses.at(-1)?.push(event);
  }
  return { responses, submits };
}

/** Events after which a stream may end (§3.1). */
const ENDINGS = /^thread\.run\.(requires_action|completed|incomplete|failed|cancelled|expired)$/;

interface Played {
  /** Events by stream. */
  streams: StreamEvent[][];
  status: string;
  lastError: { code: string; message: string } | null;
}

/** A run on a thread of its own, streamed to where it ends; outputs are submitted as long as it asks for them. */
async function play(world: World, fixture: StreamFixture, submits: readonly Submit[]): Promise<Played> {
  const { assistantId, threadId, runs } = await prepare(world, { tools: fixture.run?.tools ?? [] });
  const streams = [await world.stream(runs, { assistant_id: assistantId })];
  const last = () =>
    streams.at(-1)?.at(-1)?.data as { id: string; status: string; last_error: Played['lastError'] };
  for (const { submit } of submits) {
    if (last().status !== 'requires_action') break;
    const tool_outputs = submit.map(({ call_id, output }) => ({ tool_call_id: call_id, output }));
    streams.push(await world.stream(`${runs}/${last().id}/submit_tool_outputs`, { tool_outputs }));
  }
  if (last().status === 'requires_action') await world.call('POST', `${runs}/${last().id}/cancel`);
  await assertAtRest(world, threadId);
  const free = await world.call('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'Next' });
  expect(free.status).toBe(200);
  return { streams, status: last().status, lastError: last().last_error };
}

/** What is wrong with the streams of a run, of which the second is read as the continuation of the first. */
function problemsOf({ streams }: Played): string[] {
  let reading: Reading | undefined;
  for (const stream of streams) {
    reading = read(stream, reading);
    if (!ENDINGS.test(stream.at(-1)?.event ?? '')) reading.problems.push('The stream has no end (§3.1).');
  }
  return reading?.problems.slice(0, 3) ?? ['There was no stream.'];
}

const CUT = {
  code: 'server_error',
  message: expect.stringMatching(/^The (upstream closed the stream|connection to the upstream was lost)/),
};

describe.each(fixtures)('the stream $name, through the whole shim', (fixture) => {
  const { responses, submits } = responsesOf(fixture);
  const complete = responses.map((events): Answer => ({ chunks: frames(events), end: 'clean' }));

  it('ends as it does in translation', async () => {
    const upstream = recordedUpstream();
    const world = createWorld({ fetch: upstream.fetch });
    upstream.answers.push(...complete);
    const played = await play(world, fixture, submits);
    expect({ status: played.status, problems: problemsOf(played) }).toEqual({
      status: fixture.final.run.status,
      problems: [],
    });
    await world.close();
  });

  it('ends in a legal terminal state wherever it is cut (§3.3 f)', async () => {
    const upstream = recordedUpstream();
    const world = createWorld({ fetch: upstream.fetch });
    for (const [at, { chunks }] of complete.entries()) {
      for (let events = 0; events < chunks.length; events++) {
        const end = events % 2 === 0 ? 'broken' : 'clean';
        upstream.answers.push(...complete.slice(0, at), { chunks: chunks.slice(0, events), end });
        const played = await play(world, fixture, submits);
        upstream.answers.length = 0;
        expect({ at, events, problems: problemsOf(played) }).toEqual({ at, events, problems: [] });
        // Some streams say more after their end, and one asks for outputs before it.
        if (played.status === 'failed' && events === 0) expect(played.lastError).toEqual(CUT);
        expect(['failed', fixture.final.run.status, 'requires_action']).toContain(played.status);
      }
    }
    // One stream shows a picture that is at no upstream of this test; that it could not be copied is told.
    const known = 'A file that the run made could not be copied.';
    expect(world.logs.filter(({ level, message }) => level === 'error' && message !== known)).toEqual([]);
    await world.close();
  });

  it('ends in a legal terminal state when it is cut in the middle of an event, or of a character', async () => {
    const upstream = recordedUpstream();
    const world = createWorld({ fetch: upstream.fetch });
    const random = randomNumbers(fixture.name.length);
    for (const [at, { chunks }] of complete.entries()) {
      const bytes = Buffer.concat(chunks);
      // Within a character: what follows is a continuation byte of UTF-8.
      const inside = [...bytes.keys()].filter((offset) => ((bytes[offset] ?? 0) & 0xc0) === 0x80).slice(0, 4);
      const anywhere = Array.from({ length: 6 }, () => Math.floor(random() * bytes.length));
      for (const offset of [...inside, ...anywhere]) {
        upstream.answers.push(...complete.slice(0, at), {
          chunks: [firstBytes(chunks, offset)],
          end: 'broken',
        });
        const played = await play(world, fixture, submits);
        upstream.answers.length = 0;
        expect({ at, offset, problems: problemsOf(played) }).toEqual({ at, offset, problems: [] });
        expect(JSON.stringify(played.streams)).not.toContain('\ufffd');
      }
    }
    await world.close();
  });
});
