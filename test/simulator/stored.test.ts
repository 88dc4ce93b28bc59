import { describe, expect, it } from 'vitest';
import { createSimulator, hang, runCode, say, slow, turn } from '../../src/simulator/index.ts';
import { call, connect, parseFrames } from './connect.ts';

const model = 'gpt-4o';

describe('A stored response', () => {
  it('can be retrieved, listed with its input, and deleted', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const made = await client.responses.create({ model, input: 'Hi' });
    const { output_text: _, ...wire } = made;
    expect(await (await call(sim, 'GET', `/responses/${made.id}`)).json()).toEqual(
      JSON.parse(JSON.stringify(wire)),
    );
    const items = [];
    for await (const item of client.responses.inputItems.list(made.id)) items.push(item);
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^msg_/),
        type: 'message',
        status: 'completed',
        role: 'user',
        content: [{ type: 'input_text', text: 'Hi' }],
      },
    ]);
    const deleted = await call(sim, 'DELETE', `/responses/${made.id}`);
    expect(await deleted.json()).toEqual({ id: made.id, object: 'response', deleted: true });
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({
      status: 404,
      message: `404 Response with id '${made.id}' not found.`,
    });
  });

  it('can be made by a stream', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    let id = '';
    for await (const event of await client.responses.create({ model, input: 'Hi', stream: true })) {
      if (event.type === 'response.completed') id = event.response.id;
    }
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });

  it('is shown with what include asks for, also later', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(runCode({ code: '1', logs: '1\n' }));
    const made = await client.responses.create({ model, input: 'Hi' });
    expect(made.output[0]).toMatchObject({ outputs: null });
    const again = await client.responses.retrieve(made.id, { include: ['code_interpreter_call.outputs'] });
    expect(again.output[0]).toMatchObject({ outputs: [{ type: 'logs', logs: '1\n' }] });
  });

  it('cannot be cancelled, nor streamed, unless it was made in the background (§4.3)', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.responses.create({ model, input: 'Hi' });
    await expect(client.responses.cancel(id)).rejects.toMatchObject({
      status: 400,
      message: '400 Cannot cancel a synchronous response.',
    });
    await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ status: 400 });
  });
});

describe('With store: false nothing can be retrieved', () => {
  it('streamed or not', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.responses.create({ model, input: 'Hi', store: false });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('A background response (§4.3)', () => {
  it('is queued at first and completed later', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(turn(slow({ betweenDeltas: 5 }), say('One two')));
    const made = await client.responses.create({ model, input: 'Hi', background: true });
    expect(made).toMatchObject({ status: 'queued', background: true, output: [] });
    expect((await client.responses.retrieve(made.id)).status).toBe('in_progress');
    await expect.poll(async () => (await client.responses.retrieve(made.id)).status).toBe('completed');
    expect((await client.responses.retrieve(made.id)).output[0]).toMatchObject({
      content: [{ text: 'One two' }],
    });
  });

  it('can be cancelled, and is cancelled at once; again is no error', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(turn(say('One'), hang()));
    const { id } = await client.responses.create({ model, input: 'Hi', background: true });
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect((await client.responses.retrieve(id)).status).toBe('cancelled');
  });

  it('goes on when its stream is dropped, which can be taken up again from any event', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(turn(slow({ betweenDeltas: 2 }), say('One two three four')));
    const events = await client.responses.create({ model, input: 'Hi', background: true, stream: true });
    const seen: { type: string; sequence_number: number }[] = [];
    let id = '';
    for await (const event of events) {
      if (event.type === 'response.created') id = event.response.id;
      seen.push(event);
      if (event.type === 'response.output_text.delta') break;
    }
    expect(seen.slice(0, 3).map(({ type }) => type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ]);
    const after = seen.at(-1)?.sequence_number ?? 0;
    const rest = [];
    for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: after })) {
      rest.push(event);
    }
    expect(rest[0]?.sequence_number).toBe(after + 1);
    expect(rest.at(-1)?.type).toBe('response.completed');
    const whole = parseFrames(await (await call(sim, 'GET', `/responses/${id}?stream=true`)).text());
    expect(whole.map(({ data }) => data.sequence_number)).toEqual(whole.map((_, index) => index));
    expect(whole.slice(after + 1).map(({ data }) => data)).toEqual(rest);
  });

  it('ends the streams of those who listen when it is cancelled', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    sim.script(turn(say('One'), hang()));
    const events = await client.responses.create({ model, input: 'Hi', background: true, stream: true });
    let last = '';
    for await (const event of events) {
      last = event.type;
      if (event.type === 'response.created') setTimeout(() => client.responses.cancel(event.response.id), 5);
    }
    expect(last).toBe('response.output_text.delta');
  });
});

describe('POST /responses/input_tokens', () => {
  it('counts what POST /responses then reports', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const body = {
      model,
      instructions: 'Be brief and be kind.',
      input: [{ role: 'user' as const, content: 'How are you on this fine day?' }],
    };
    const { input_tokens, object } = await client.responses.inputTokens.count(body);
    expect(object).toBe('response.input_tokens');
    const { usage } = await client.responses.create(body);
    expect(usage?.input_tokens).toBe(input_tokens);
    expect(sim.responsesRequests).toHaveLength(1);
  });

  it('grows with what is counted', async () => {
    const client = await connect(createSimulator());
    const count = async (input: string) =>
      (await client.responses.inputTokens.count({ model, input })).input_tokens;
    expect(await count('one two three four five six')).toBeGreaterThan(await count('one two'));
  });

  it('refuses what it does not know', async () => {
    const response = await call(createSimulator(), 'POST', '/responses/input_tokens', {
      model,
      input: 'x',
      stream: true,
    });
    expect(response.status).toBe(400);
    expect((await response.json()).error.code).toBe('unknown_parameter');
  });
});

describe('The same seed', () => {
  it('makes the same ids and times, another seed makes others', async () => {
    const made = async (seed: number) => {
      const sim = createSimulator({ seed });
      return (await call(sim, 'POST', '/responses', { model, input: 'Hi' })).json();
    };
    expect(await made(1)).toEqual(await made(1));
    expect((await made(2)).id).not.toBe((await made(1)).id);
  });

  it("can be replaced by ids and a clock of one's own", async () => {
    let count = 0;
    const sim = createSimulator({ clock: () => 5_000, ids: (kind) => `${kind}_${count++}` });
    const response = await (await call(sim, 'POST', '/responses', { model, input: 'Hi' })).json();
    expect(response).toMatchObject({ id: expect.stringMatching(/^response_\d$/), created_at: 5 });
  });
});
