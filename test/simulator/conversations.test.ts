import { describe, expect, it } from 'vitest';
import { callFunctions, createSimulator, fail, hang, reason, say, turn } from '../../src/simulator/index.ts';
import { call, connect } from './connect.ts';

const model = 'gpt-4o';

async function texts(client: Awaited<ReturnType<typeof connect>>, id: string): Promise<string[]> {
  const found: string[] = [];
  for await (const item of client.conversations.items.list(id, { order: 'asc', limit: 2 })) {
    if (item.type !== 'message') throw new Error(item.type);
    for (const part of item.content) if ('text' in part) found.push(`${item.role}: ${part.text}`);
  }
  return found;
}

describe('A conversation', () => {
  it('is created, retrieved, updated and deleted', async () => {
    const client = await connect(createSimulator());
    const made = await client.conversations.create({ metadata: { topic: 'demo' } });
    expect(made).toMatchObject({ object: 'conversation', metadata: { topic: 'demo' } });
    expect(made.id).toMatch(/^conv_[0-9a-f]{48}$/);
    expect(await client.conversations.retrieve(made.id)).toEqual(made);
    const changed = await client.conversations.update(made.id, { metadata: { topic: 'other' } });
    expect(changed).toEqual({ ...made, metadata: { topic: 'other' } });
    expect(await client.conversations.delete(made.id)).toEqual({
      id: made.id,
      object: 'conversation.deleted',
      deleted: true,
    });
    await expect(client.conversations.retrieve(made.id)).rejects.toMatchObject({
      status: 404,
      message: `404 Conversation with id '${made.id}' not found.`,
    });
  });

  it('may be created without a body', async () => {
    const created = await call(createSimulator(), 'POST', '/conversations');
    expect(created.status).toBe(200);
    expect(await created.json()).toMatchObject({ object: 'conversation', metadata: {} });
  });

  it('takes at most 20 items at a time (§4.2), and what a Responses input takes', async () => {
    const client = await connect(createSimulator());
    const items = Array.from({ length: 21 }, () => ({ role: 'user' as const, content: 'Hi' }));
    await expect(client.conversations.create({ items })).rejects.toMatchObject({
      status: 400,
      param: 'items',
      code: 'array_above_max_length',
    });
    const { id } = await client.conversations.create({ items: items.slice(1) });
    await expect(client.conversations.items.create(id, { items })).rejects.toMatchObject({ status: 400 });
    await expect(
      client.conversations.items.create(id, {
        items: [{ role: 'assistant', content: [{ type: 'input_text', text: 'Hi' }] }],
      }),
    ).rejects.toMatchObject({ status: 400, param: 'items[0].content[0].type' });
  });

  it('lists, retrieves and deletes its items', async () => {
    const client = await connect(createSimulator());
    const { id } = await client.conversations.create({ items: [{ role: 'user', content: 'One' }] });
    const added = await client.conversations.items.create(id, {
      items: [
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: [{ type: 'input_text', text: 'Three' }] },
      ],
    });
    expect(added).toMatchObject({ object: 'list', has_more: false, first_id: added.data[0]?.id });
    expect(added.data[0]).toMatchObject({
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Two', annotations: [] }],
    });
    expect(await texts(client, id)).toEqual(['user: One', 'assistant: Two', 'user: Three']);
    const newest = await client.conversations.items.list(id, { limit: 1 });
    expect(newest.data[0]?.id).toBe(added.last_id);

    const two = added.first_id as string;
    expect(await client.conversations.items.retrieve(two, { conversation_id: id })).toEqual(added.data[0]);
    expect(await client.conversations.items.delete(two, { conversation_id: id })).toMatchObject({
      id,
      object: 'conversation',
    });
    expect(await texts(client, id)).toEqual(['user: One', 'user: Three']);
    await expect(client.conversations.items.retrieve(two, { conversation_id: id })).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe('A response in a conversation', () => {
  it('reads what is there, and adds its input and output', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.conversations.create({
      items: [{ role: 'user', content: 'My name is Ada' }],
    });
    const first = await client.responses.create({ model, input: 'What is my name?', conversation: id });
    expect(first.output_text).toBe('Your name is Ada.');
    expect(first.conversation).toEqual({ id });
    sim.script(say('Bye.'));
    for await (const _ of await client.responses.create({
      model,
      input: 'Bye',
      conversation: { id },
      stream: true,
      store: false,
    })) {
      // Read to the end.
    }
    expect(await texts(client, id)).toEqual([
      'user: My name is Ada',
      'user: What is my name?',
      'assistant: Your name is Ada.',
      'user: Bye',
      'assistant: Bye.',
    ]);
  });

  it('keeps reasoning and calls for the next one', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.conversations.create();
    sim.script(turn(reason('Hm'), callFunctions({ name: 'f', call_id: 'call_1' })), say('Done.'));
    const tools = [{ type: 'function' as const, name: 'f', parameters: null, strict: false }];
    const asked = { model: 'o3', conversation: id, tools, store: false };
    await client.responses.create({ ...asked, input: 'Go' });
    await expect(client.responses.create({ ...asked, input: 'And?' })).rejects.toMatchObject({
      status: 400,
      message: '400 No tool output found for function call call_1.',
    });
    const done = await client.responses.create({
      ...asked,
      input: [{ type: 'function_call_output', call_id: 'call_1', output: '1' }],
    });
    expect(done.output_text).toBe('Done.');
    const { data } = await client.conversations.items.list(id, { order: 'asc' });
    expect(data.map(({ type }) => type)).toEqual([
      'message',
      'reasoning',
      'function_call',
      'function_call_output',
      'message',
    ]);
  });

  it('adds nothing when it fails', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.conversations.create();
    sim.script(turn(say('Once'), fail()));
    await client.responses.create({ model, input: 'Hi', conversation: id });
    expect(await texts(client, id)).toEqual([]);
  });

  it('keeps others out until it is over, or its client gone (§4.2)', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const { id } = await client.conversations.create();
    sim.script(turn(say('Wait'), hang()));
    const stream = await client.responses.create({ model, input: 'Hi', conversation: id, stream: true });
    await expect(client.responses.create({ model, input: 'Me too', conversation: id })).rejects.toMatchObject(
      {
        status: 400,
        code: 'conversation_locked',
        param: 'conversation',
        message:
          '400 Another process is currently operating on this conversation. Please retry in a few seconds.',
      },
    );
    stream.controller.abort();
    expect((await client.responses.create({ model, input: 'Now', conversation: id })).status).toBe(
      'completed',
    );
    expect((await texts(client, id))[0]).toBe('user: Now');
  });

  it('cannot go on from a response as well, and needs a conversation that exists', async () => {
    const client = await connect(createSimulator());
    const { id } = await client.conversations.create();
    const { id: previous_response_id } = await client.responses.create({ model, input: 'Hi' });
    await expect(
      client.responses.create({ model, input: 'Hi', conversation: id, previous_response_id }),
    ).rejects.toMatchObject({ status: 400, code: 'mutually_exclusive_parameters' });
    await expect(
      client.responses.create({ model, input: 'Hi', conversation: 'conv_none' }),
    ).rejects.toMatchObject({ status: 404, message: "404 Conversation with id 'conv_none' not found." });
    await expect(
      client.responses.create({ model, input: 'Hi', conversation: 'thread_x' }),
    ).rejects.toMatchObject({ status: 400, param: 'conversation' });
  });

  it('may be made in the background', async () => {
    const client = await connect(createSimulator());
    const { id } = await client.conversations.create();
    const stream = await client.responses.create({
      model,
      input: 'Hi',
      conversation: id,
      background: true,
      stream: true,
    });
    for await (const _ of stream) {
      // Read to the end.
    }
    expect((await texts(client, id))[0]).toBe('user: Hi');
  });
});
