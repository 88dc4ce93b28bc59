import { describe, expect, it } from 'vitest';
import {
  cut,
  fail,
  httpError,
  malformed,
  type Piece,
  rateLimit,
  repeat,
  type ScriptedTurn,
  say,
  streamError,
  turn,
} from '../../src/simulator/index.ts';
import { type StreamEvent, violations } from '../translate/legal.ts';
import {
  assertAtRest,
  createWorld,
  KEY,
  prepare,
  settledRun,
  type World,
  type WorldOptions,
} from './world.ts';

const TEXT = 'Once upon a time there was a king.';
/** An upstream that quotes the caller's key. */
const TOLD = `It went wrong for ${KEY}.`;
const MASKED = 'It went wrong for ***.';

const HTML = { headers: { 'content-type': 'text/html' } };
const EVENTS = { headers: { 'content-type': 'text/event-stream' } };

async function prepared(options?: WorldOptions) {
  const world = createWorld(options);
  return { world, ...(await prepare(world)) };
}

/** The stream is legal, nothing is left open, the thread takes the next message and run, and the key stands nowhere. */
async function expectLegalAndFree(
  world: World,
  threadId: string,
  assistantId: string,
  events: StreamEvent[],
) {
  expect(violations(events)).toEqual([]);
  expect(JSON.stringify(events)).not.toContain(KEY);
  await expectFree(world, threadId, assistantId);
}

async function expectFree(world: World, threadId: string, assistantId: string) {
  await assertAtRest(world, threadId);
  world.assertNoKey();
  world.sim.reset();
  world.sim.script(repeat(Number.POSITIVE_INFINITY, say('Free.')));
  const messages = `/threads/${threadId}/messages`;
  const added = await world.call('POST', messages, { role: 'user', content: 'Again' });
  expect(added.status).toBe(200);
  const again = await world.call('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId });
  expect((await settledRun(world, threadId, again.body.id)).status).toBe('completed');
  await world.close();
}

const runOf = (events: StreamEvent[]) =>
  events.at(-1)?.data as { status: string; last_error: { code: string; message: string } | null };

describe('what the upstream says of the key, of access and of the model is the answer to create run (§4.6)', () => {
  it.each([
    [401, httpError(401, { message: TOLD, code: 'invalid_api_key' }), 401, 'invalid_api_key'],
    [403, httpError(403, { message: TOLD, code: 'unsupported_country' }), 403, 'unsupported_country'],
    [
      404,
      httpError(404, { message: TOLD, code: 'model_not_found', param: 'model' }),
      400,
      'unsupported_model',
    ],
  ])('%i, and the run leaves nothing behind', async (_, script, status, code) => {
    for (const stream of [false, true]) {
      const { world, assistantId, threadId, runs } = await prepared();
      // The thread has had a run, so that its list of runs is there already.
      const first = await world.call('POST', runs, { assistant_id: assistantId });
      await settledRun(world, threadId, first.body.id);
      const before = new Map(world.entries);
      world.sim.script(script);
      const answer = await world.call('POST', runs, { assistant_id: assistantId, stream });
      expect([answer.status, answer.body.error.code]).toEqual([status, code]);
      expect(JSON.stringify(answer.body)).not.toContain(KEY);
      expect(new Map(world.entries)).toEqual(before);
      await expectFree(world, threadId, assistantId);
    }
  });
});

describe('what else happens before the stream fails the run with the upstream’s own message (§4.6, §3.3 f)', () => {
  const cases: [string, Piece, string][] = [
    ['429', rateLimit({ message: TOLD }), 'rate_limit_exceeded'],
    ['429 without quota', rateLimit({ quota: true, message: TOLD }), 'rate_limit_exceeded'],
    ['500', httpError(500, { message: TOLD }), 'server_error'],
    ['503', httpError(503, { message: TOLD }), 'server_error'],
  ];
  it.each(cases)('%s', async (_, script, code) => {
    const { world, assistantId, threadId, runs } = await prepared();
    world.sim.script(script);
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events)).toMatchObject({ status: 'failed', last_error: { code, message: MASKED } });
    expect(events.map(({ event }) => event).filter((event) => /step|message/.test(event))).toEqual([]);
    await expectLegalAndFree(world, threadId, assistantId, events);
  });

  it.each(cases)('%s once, and then an answer: the retry is not seen', async (_, script) => {
    const { world, assistantId, threadId, runs } = await prepared({ maxRetries: 1 });
    world.sim.script({ ...script, headers: { 'retry-after-ms': '1' } } as Piece, say(TEXT));
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events)).toMatchObject({ status: 'completed', last_error: null });
    await expectLegalAndFree(world, threadId, assistantId, events);
  });

  it('a connection that breaks', async () => {
    const { world, assistantId, threadId, runs } = await prepared();
    world.sim.script(turn(cut({ beforeHeaders: true }), say(TEXT)));
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events)).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
    expect(runOf(events).last_error?.message).not.toBe('');
    await expectLegalAndFree(world, threadId, assistantId, events);
  });
});

describe('what happens during the stream ends in a legal terminal state (§3.3 f, §4.6)', () => {
  const failing = async (script: ScriptedTurn) => {
    const { world, assistantId, threadId, runs } = await prepared();
    world.sim.script(script);
    const events = await world.stream(runs, { assistant_id: assistantId });
    const { status, last_error } = runOf(events);
    await expectLegalAndFree(world, threadId, assistantId, events);
    return { status, code: last_error?.code, message: last_error?.message, events };
  };

  it.each([
    ['a failed response', turn(say(TEXT), fail('server_error', TOLD)), 'server_error'],
    ['a failed response for the prompt', turn(say(TEXT), fail('invalid_prompt', TOLD)), 'invalid_prompt'],
    [
      'an error event with response.failed after it: one failed run',
      turn(say(TEXT), streamError({ code: 'rate_limit_exceeded', message: TOLD, type: 'tokens' })),
      'rate_limit_exceeded',
    ],
    [
      'an error event alone, in the flat form',
      turn(streamError({ code: 'server_error', message: TOLD, form: 'flat', thenFailed: false })),
      'server_error',
    ],
  ])('%s', async (_, script, code) => {
    const end = await failing(script);
    expect(end).toMatchObject({ status: 'failed', code, message: MASKED });
    expect(end.events.filter(({ event }) => event === 'thread.run.failed')).toHaveLength(1);
  });

  it('a data line with broken JSON', async () => {
    for (const script of [turn(malformed('json'), say(TEXT)), turn(say(TEXT), malformed('json'))]) {
      const { status, code, message } = await failing(script);
      expect({ status, code }).toEqual({ status: 'failed', code: 'server_error' });
      expect(message).not.toBe('');
    }
  });

  it.each(['event', 'item', 'comment', 'not_object'] as const)(
    'passes over what it does not know: %s',
    async (what) => {
      for (const script of [turn(malformed(what), say(TEXT)), turn(say(TEXT), malformed(what))]) {
        expect((await failing(script)).status).toBe('completed');
      }
    },
  );

  it.each([false, true])(
    'a connection that is cut after each event, in the middle of the next: %s',
    async (midEvent) => {
      for (let afterEvents = 0; afterEvents < 10; afterEvents++) {
        for (const clean of [false, true]) {
          const script = turn(say(TEXT, { deltas: 3 }), cut({ afterEvents, midEvent, clean }));
          const { status, code, message, events } = await failing(script);
          expect({ afterEvents, status, code }).toEqual({
            afterEvents,
            status: 'failed',
            code: 'server_error',
          });
          expect(message).not.toBe('');
          // What was open is closed: the message incomplete, its step failed (§3.3 f).
          const names = events.map(({ event }) => event);
          const opened = names.includes('thread.message.created');
          if (opened && !names.includes('thread.message.completed'))
            expect(names.slice(-3)).toEqual([
              'thread.message.incomplete',
              'thread.run.step.failed',
              'thread.run.failed',
            ]);
        }
      }
    },
  );

  it('a connection that is cut after any number of bytes', async () => {
    for (let afterBytes = 1; afterBytes < 3000; afterBytes += 151) {
      const script = turn(say(TEXT, { deltas: 3 }), cut({ afterBytes }));
      expect((await failing(script)).status).toBe('failed');
    }
  });
});

describe('a provider that answers with JSON in spite of stream: true (§4.5)', () => {
  /** The simulator's answer to the same request without `stream`. */
  const unstreamed =
    (world: () => World): typeof fetch =>
    async (input, init) => {
      const body = { ...JSON.parse(String(init?.body)), stream: false };
      return world().sim.fetch(String(input), { ...init, body: JSON.stringify(body) });
    };

  it('is understood', async () => {
    let world: World | undefined;
    const all = await prepared({ fetch: unstreamed(() => world as World) });
    world = all.world;
    world.sim.script(say(TEXT));
    const events = await world.stream(all.runs, { assistant_id: all.assistantId });
    expect(runOf(events).status).toBe('completed');
    const done = events.find(({ event }) => event === 'thread.message.completed')?.data;
    expect(done).toMatchObject({ content: [{ type: 'text', text: { value: TEXT } }] });
    await expectLegalAndFree(world, all.threadId, all.assistantId, events);
  });

  it.each([
    ['JSON with an error', () => Response.json({ error: { message: TOLD } }), MASKED],
    ['a page of a proxy', () => new Response(`<html>${TOLD}</html>`, HTML), expect.stringMatching(/./)],
    ['nothing', () => new Response('', EVENTS), expect.stringMatching(/./)],
  ])('fails the run with a message where a 200 holds %s', async (_, answer, message) => {
    let wrong = true;
    let world: World | undefined;
    const inner = unstreamed(() => world as World);
    const all = await prepared({
      fetch: async (input, init) => (wrong ? answer() : inner(input, init)),
    });
    world = all.world;
    const events = await world.stream(all.runs, { assistant_id: all.assistantId });
    wrong = false;
    const last_error = { code: 'server_error', message };
    expect(runOf(events)).toMatchObject({ status: 'failed', last_error });
    await expectLegalAndFree(world, all.threadId, all.assistantId, events);
  });
});
