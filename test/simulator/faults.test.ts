import { describe, expect, it } from 'vitest';
import {
  createSimulator,
  cut,
  fail,
  hang,
  httpError,
  incomplete,
  malformed,
  rateLimit,
  repeat,
  say,
  slow,
  streamError,
  turn,
} from '../../src/simulator/index.ts';
import { call, connect, doors, majors, parseFrames } from './connect.ts';

const request = { model: 'gpt-4o-mini', input: 'Hi', stream: true } as const;

/** What of a body arrives, and how it ends. */
async function readAll(response: Response): Promise<{ text: string; error: unknown }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) text += decoder.decode(chunk);
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

async function wholeStream(): Promise<string> {
  const sim = createSimulator();
  sim.script(say('One two three'));
  return (await readAll(await call(sim, 'POST', '/responses', request))).text;
}

describe('A cut', () => {
  it('after each number of events leaves exactly those, and breaks the body', async () => {
    const whole = await wholeStream();
    const frames = parseFrames(whole);
    for (let count = 0; count <= frames.length; count += 1) {
      const sim = createSimulator();
      sim.script(turn(say('One two three'), cut({ afterEvents: count })));
      const { text, error } = await readAll(await call(sim, 'POST', '/responses', request));
      expect(parseFrames(text)).toEqual(frames.slice(0, count));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it('in the middle of each event leaves half of it', async () => {
    const whole = await wholeStream();
    const count = parseFrames(whole).length;
    for (let after = 0; after < count; after += 1) {
      const sim = createSimulator();
      sim.script(turn(say('One two three'), cut({ afterEvents: after, midEvent: true })));
      const { text, error } = await readAll(await call(sim, 'POST', '/responses', request));
      expect(whole.startsWith(text)).toBe(true);
      const last = text.split('\n\n').at(-1) ?? '';
      expect(last).not.toBe('');
      expect(text.split('\n\n')).toHaveLength(after + 1);
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it('after a number of bytes leaves exactly those', async () => {
    const whole = await wholeStream();
    for (const bytes of [0, 1, 17, 1000, whole.length - 1, whole.length]) {
      const sim = createSimulator();
      sim.script(turn(say('One two three'), cut({ afterBytes: bytes })));
      const { text, error } = await readAll(await call(sim, 'POST', '/responses', request));
      expect(text).toBe(whole.slice(0, bytes));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it('at its own place leaves the item before it open', async () => {
    const sim = createSimulator();
    sim.script(turn(say('One', { deltas: 1 }), cut()));
    const { text, error } = await readAll(await call(sim, 'POST', '/responses', request));
    expect(parseFrames(text).at(-1)?.event).toBe('response.output_text.delta');
    expect(error).toBeInstanceOf(TypeError);
  });

  it('that is clean ends the body in good order', async () => {
    const sim = createSimulator();
    sim.script(turn(say('One', { deltas: 1 }), cut({ clean: true })));
    const { text, error } = await readAll(await call(sim, 'POST', '/responses', request));
    expect(parseFrames(text).at(-1)?.event).toBe('response.output_text.delta');
    expect(error).toBeUndefined();
  });

  it('of a request without stream breaks its JSON', async () => {
    const sim = createSimulator();
    sim.script(turn(say('One'), cut()));
    const response = await call(sim, 'POST', '/responses', { ...request, stream: false });
    const { text, error } = await readAll(response);
    expect(() => JSON.parse(text)).toThrow();
    expect(error).toBeInstanceOf(TypeError);
  });

  describe.each(doors)('%s', (door) => {
    it('reaches the SDK as a broken stream, after what was sent', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { door });
      sim.script(turn(say('One', { deltas: 1 }), cut()));
      const seen: string[] = [];
      const reading = async () => {
        for await (const event of await client.responses.create(request)) seen.push(event.type);
      };
      await expect(reading()).rejects.toThrow();
      expect(seen.at(-1)).toBe('response.output_text.delta');
    });

    it('before the headers is a connection error, which SDKs retry', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { door, maxRetries: 1 });
      sim.script(cut({ beforeHeaders: true }), say('Second try'));
      const response = await client.responses.create({ model: 'gpt-4o', input: 'Hi' });
      expect(response.output_text).toBe('Second try');
      expect(sim.responsesRequests).toHaveLength(2);
    });
  });
});

describe('An HTTP error', () => {
  it('is answered as often as it says, and then the script goes on', async () => {
    const sim = createSimulator();
    sim.script(httpError(503, { message: 'Overloaded' }, { times: 2 }), say('Better now'));
    const statuses = [];
    for (let count = 0; count < 3; count += 1) {
      statuses.push((await call(sim, 'POST', '/responses', { ...request, stream: false })).status);
    }
    expect(statuses).toEqual([503, 503, 200]);
    expect(sim.pending).toBe(0);
  });

  it('has the envelope of §2.9, also when the request wants a stream (§3.1)', async () => {
    const sim = createSimulator();
    sim.script(httpError(500, { message: 'Oops', code: 'internal' }));
    const response = await call(sim, 'POST', '/responses', request);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({
      error: { message: 'Oops', type: 'server_error', param: null, code: 'internal' },
    });
  });

  it('can be anything that a proxy may say', async () => {
    const sim = createSimulator();
    sim.script(httpError(502, '<html>Bad Gateway</html>'));
    const response = await call(sim, 'POST', '/responses', request);
    expect(response.status).toBe(502);
    expect(await response.text()).toBe('<html>Bad Gateway</html>');
  });

  it.each(Object.keys(majors) as (keyof typeof majors)[])(
    'of a rate limit is retried by %s after the time it was told',
    async (major) => {
      const sim = createSimulator();
      const client = await connect(sim, { major, maxRetries: 2 });
      sim.script(rateLimit({ retryAfterMs: 1, times: 2 }), say('Through'));
      const response = await client.responses.create({ model: 'gpt-4o', input: 'Hi' });
      expect(response.output_text).toBe('Through');
      expect(sim.responsesRequests).toHaveLength(3);
    },
  );

  it('of an exhausted quota has a code of its own (§2.3)', async () => {
    const sim = createSimulator();
    sim.script(rateLimit({ quota: true }));
    const response = await call(sim, 'POST', '/responses', request);
    expect(response.status).toBe(429);
    expect((await response.json()).error).toMatchObject({
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    });
  });
});

describe('Endings of a request without stream', () => {
  const plain = { model: 'gpt-4o', input: 'Hi' };

  it('fail and incomplete are responses with that status', async () => {
    const sim = createSimulator();
    sim.script(
      turn(say('One'), fail('server_error', 'Broke')),
      turn(say('One'), incomplete('content_filter')),
    );
    expect(await (await call(sim, 'POST', '/responses', plain)).json()).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: 'Broke' },
    });
    expect(await (await call(sim, 'POST', '/responses', plain)).json()).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [{ status: 'incomplete' }],
    });
  });

  it('an error event is an HTTP error', async () => {
    const sim = createSimulator();
    sim.script(
      streamError({ message: 'Broke' }),
      streamError({ code: 'rate_limit_exceeded', type: 'tokens' }),
    );
    expect((await call(sim, 'POST', '/responses', plain)).status).toBe(500);
    expect((await call(sim, 'POST', '/responses', plain)).status).toBe(429);
  });
});

describe('A malformed stream', () => {
  async function text(...pieces: Parameters<typeof turn>): Promise<string> {
    const sim = createSimulator();
    sim.script(turn(...pieces));
    return (await readAll(await call(sim, 'POST', '/responses', request))).text;
  }

  it('has a data line with broken JSON where it was asked for', async () => {
    const frames = (await text(say('One'), malformed('json', { afterEvents: 3 }))).split('\n\n');
    expect(() => JSON.parse(frames[3]?.split('\ndata: ')[1] ?? '')).toThrow();
    expect(frames[4]).toContain('response.content_part.added');
  });

  it('may have events and items of unknown types, comments, and data that is no object', async () => {
    expect(await text(malformed('event'), say('One'))).toContain('event: response.sparkle.delta\n');
    expect(await text(malformed('item'), say('One'))).toContain('"type":"sparkle_call"');
    expect(await text(malformed('comment'), say('One'))).toContain('\n\n: keep-alive\n\n');
    expect(await text(malformed('not_object'), say('One'))).toContain('data: "just a string"\n');
    expect(await text(malformed('html'), say('One'))).toContain('<html>');
  });

  it('of unknown types and comments is read by the SDKs to its end', async () => {
    const sim = createSimulator();
    for (const major of Object.keys(majors) as (keyof typeof majors)[]) {
      const client = await connect(sim, { major });
      sim.script(turn(malformed('event'), malformed('comment'), malformed('item'), say('One')));
      let last = '';
      for await (const event of await client.responses.create(request)) last = event.type;
      expect(last).toBe('response.completed');
    }
  });
});

describe('A client that goes away', () => {
  describe.each(doors)('%s', (door) => {
    it('from a stream that hangs is noticed', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { door });
      sim.script(turn(say('One', { deltas: 1 }), hang()));
      const events = await client.responses.create(request);
      let seen = '';
      for await (const event of events) {
        seen = event.type;
        if (event.type === 'response.output_text.delta') break;
      }
      expect(seen).toBe('response.output_text.delta');
      await expect.poll(() => sim.requests[0]?.aborted).toBe(true);
    });

    it('before the headers is noticed', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { door });
      sim.script(hang({ beforeHeaders: true }));
      const controller = new AbortController();
      const waiting = client.responses.create(request, { signal: controller.signal });
      await expect.poll(() => sim.requests.length).toBe(1);
      controller.abort();
      await expect(waiting).rejects.toThrow(majors.openai7.APIUserAbortError);
      await expect.poll(() => sim.requests[0]?.aborted).toBe(true);
    });

    it('after the end is no abort', async () => {
      const sim = createSimulator();
      const client = await connect(sim, { door });
      const controller = new AbortController();
      const events = await client.responses.create(request, { signal: controller.signal });
      for await (const event of events) expect(event.type).toBeTruthy();
      controller.abort();
      await client.models.list();
      expect(sim.requests[0]?.aborted).toBe(false);
    });
  });

  it('in the middle of a slow stream gets the reason it gave', async () => {
    const sim = createSimulator();
    sim.script(turn(slow({ betweenDeltas: 60_000 }), say('One two')));
    const controller = new AbortController();
    const response = await sim.fetch('http://simulator.test/v1/responses', {
      method: 'POST',
      headers: { authorization: 'Bearer sk-sim' },
      body: JSON.stringify(request),
      signal: controller.signal,
    });
    const reading = readAll(response);
    const reason = new Error('enough');
    controller.abort(reason);
    expect((await reading).error).toBe(reason);
    expect(sim.requests[0]?.aborted).toBe(true);
  });

  it('before it has asked gets the reason it gave', async () => {
    const sim = createSimulator();
    const reason = new Error('never mind');
    const asking = sim.fetch('http://simulator.test/v1/models', { signal: AbortSignal.abort(reason) });
    await expect(asking).rejects.toBe(reason);
  });
});

describe('Delays', () => {
  it('change nothing but the time', async () => {
    const sim = createSimulator();
    sim.script(turn(slow({ beforeHeaders: 1, beforeFirst: 1, betweenDeltas: 1 }), say('One two three')));
    expect((await readAll(await call(sim, 'POST', '/responses', request))).text).toBe(await wholeStream());
  });

  it('let out what is ready before they begin', async () => {
    const sim = createSimulator();
    sim.script(turn(slow({ betweenDeltas: 60_000 }), say('One two')));
    const response = await call(sim, 'POST', '/responses', request);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(parseFrames(new TextDecoder().decode(value)).at(-1)?.event).toBe('response.content_part.added');
    await reader.cancel();
    expect(sim.requests[0]?.aborted).toBe(true);
  });
});

describe('The script', () => {
  const plain = { model: 'gpt-4o', input: 'Hi' };
  const ask = async (sim: ReturnType<typeof createSimulator>, body = plain) => {
    const response = await call(sim, 'POST', '/responses', body);
    return ((await response.json()) as { output: { content: { text: string }[] }[] }).output[0]?.content[0]
      ?.text;
  };

  it('is played first in, first out, and then the default script answers', async () => {
    const sim = createSimulator({ script: [say('One')], defaultScript: () => say('Default') });
    sim.script(
      repeat(2, () => say('Two')),
      ({ lastUserText }) => say(`You: ${lastUserText}`),
    );
    expect([await ask(sim), await ask(sim), await ask(sim), await ask(sim), await ask(sim)]).toEqual([
      'One',
      'Two',
      'Two',
      'You: Hi',
      'Default',
    ]);
  });

  it('keeps its turn when a request is refused', async () => {
    const sim = createSimulator();
    sim.script(say('One'));
    expect((await call(sim, 'POST', '/responses', { ...plain, top_k: 1 })).status).toBe(400);
    expect(sim.pending).toBe(1);
    expect(await ask(sim)).toBe('One');
  });

  it('may wait before it decides', async () => {
    const sim = createSimulator();
    sim.script(async () => say('Later'));
    expect(await ask(sim)).toBe('Later');
  });

  it('is forgotten by reset(), with the requests', async () => {
    const sim = createSimulator({ defaultScript: () => say('Default') });
    sim.script(say('One'));
    await call(sim, 'GET', '/models?limit=5');
    expect(sim.requests[0]).toMatchObject({
      method: 'GET',
      path: '/models',
      query: { limit: '5' },
      aborted: false,
    });
    sim.reset();
    expect(sim.requests).toEqual([]);
    expect(await ask(sim)).toBe('Default');
  });
});
