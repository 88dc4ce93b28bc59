import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  createSimulator,
  fail,
  incomplete,
  item,
  malformed,
  type Piece,
  reason,
  refuse,
  runCode,
  say,
  searchFiles,
  searchWeb,
  streamError,
  turn,
  usage,
} from '../../src/simulator/index.ts';
import { call, connect, stream } from './connect.ts';

/** Event names without `response.`, between the two that begin and the one that ends every stream. */
async function order(pieces: Piece[], body: Record<string, unknown> = {}): Promise<string[]> {
  const sim = createSimulator();
  sim.script(turn(...pieces));
  const events = (await stream(sim, body)).map(({ event }) => event.replace('response.', ''));
  expect(events.slice(0, 2)).toEqual(['created', 'in_progress']);
  return events.slice(2);
}

const MESSAGE = ['output_item.added', 'content_part.added'];
const MESSAGE_DONE = ['output_text.done', 'content_part.done', 'output_item.done'];

describe('Events come in the order of the real API (§4.5)', () => {
  it('for a text', async () => {
    expect(await order([say('One two', { deltas: 2 })])).toEqual([
      ...MESSAGE,
      'output_text.delta',
      'output_text.delta',
      ...MESSAGE_DONE,
      'completed',
    ]);
  });

  it('for a message of several parts', async () => {
    expect(await order([say(['One', 'Two'])])).toEqual([
      ...MESSAGE,
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'output_text.delta',
      ...MESSAGE_DONE,
      'completed',
    ]);
  });

  it('for parallel function calls, one item after the other', async () => {
    const one = [
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ];
    expect(
      await order([
        callFunctions({ name: 'f', arguments: '{}', deltas: 1 }, { name: 'g', arguments: '{}', deltas: 1 }),
      ]),
    ).toEqual([...one, ...one, 'completed']);
  });

  it('for a file search', async () => {
    expect(await order([searchFiles({ queries: ['x'] })])).toEqual([
      'output_item.added',
      'file_search_call.in_progress',
      'file_search_call.searching',
      'file_search_call.completed',
      'output_item.done',
      'completed',
    ]);
  });

  it('for a code interpreter call', async () => {
    expect(await order([runCode({ code: 'a = 1\nprint(a)', deltas: 2 })])).toEqual([
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
      'completed',
    ]);
  });

  it('for a reasoning item, whose summary is sent only to those who asked for one', async () => {
    const pieces = [reason('Hm', { deltas: 1 }), say('42', { deltas: 1 })];
    const text = [...MESSAGE, 'output_text.delta', ...MESSAGE_DONE, 'completed'];
    expect(await order(pieces, { model: 'o4-mini' })).toEqual([
      'output_item.added',
      'output_item.done',
      ...text,
    ]);
    expect(await order(pieces, { model: 'o4-mini', reasoning: { summary: 'auto' } })).toEqual([
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      ...text,
    ]);
  });

  it('for a refusal', async () => {
    expect(await order([refuse('I cannot', { deltas: 2 })])).toEqual([
      ...MESSAGE,
      'refusal.delta',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
  });

  it('for a web search and for an item of an unknown type', async () => {
    expect(await order([searchWeb('news'), item({ type: 'sparkle_call' })])).toEqual([
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'output_item.done',
      'output_item.added',
      'output_item.done',
      'completed',
    ]);
  });

  it('for a response that ends incomplete: the item before it is closed, incomplete too', async () => {
    const sim = createSimulator();
    sim.script(turn(say('Once', { deltas: 1 }), incomplete('max_output_tokens')));
    const events = await stream(sim);
    expect(events.map(({ event }) => event.replace('response.', '')).slice(2)).toEqual([
      ...MESSAGE,
      'output_text.delta',
      ...MESSAGE_DONE,
      'incomplete',
    ]);
    expect(events.at(-2)?.data).toMatchObject({ item: { type: 'message', status: 'incomplete' } });
    expect(events.at(-1)?.data).toMatchObject({
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    });
  });

  it('for a response that fails: the item before it stays open', async () => {
    const sim = createSimulator();
    sim.script(turn(say('Once', { deltas: 1 }), fail('rate_limit_exceeded', 'Too fast')));
    const events = await stream(sim);
    expect(events.map(({ event }) => event.replace('response.', '')).slice(2)).toEqual([
      ...MESSAGE,
      'output_text.delta',
      'failed',
    ]);
    expect(events.at(-1)?.data).toMatchObject({
      response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Too fast' }, output: [] },
    });
  });

  it('for an error event, nested as it was recorded and followed by response.failed (§4.6)', async () => {
    const sim = createSimulator();
    sim.script(
      turn(
        say('Once', { deltas: 1 }),
        streamError({ code: 'rate_limit_exceeded', type: 'tokens', message: 'Slow' }),
      ),
    );
    const events = await stream(sim);
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['error', 'response.failed']);
    expect(events.at(-2)?.data).toEqual({
      type: 'error',
      sequence_number: 5,
      error: { type: 'tokens', code: 'rate_limit_exceeded', message: 'Slow', param: null },
    });
  });

  it('for an error event in the flat form, with nothing after it', async () => {
    const sim = createSimulator();
    sim.script(turn(streamError({ message: 'Broken', form: 'flat', thenFailed: false })));
    const events = await stream(sim);
    expect(events.at(-1)?.data).toEqual({
      type: 'error',
      sequence_number: 2,
      code: 'server_error',
      message: 'Broken',
      param: null,
    });
  });
});

describe('Every stream', () => {
  it('numbers its events, names them alike in both lines, and never says [DONE]', async () => {
    const sim = createSimulator();
    sim.script(turn(say('One two'), malformed('event'), malformed('item'), callFunctions({ name: 'f' })));
    const events = await stream(sim);
    expect(events.map(({ data }) => data.sequence_number)).toEqual(events.map((_, index) => index));
    for (const { event, data } of events) expect(data.type).toBe(event);
  });

  it('has the headers of the real API (§1.2)', async () => {
    const sim = createSimulator();
    const response = await call(sim, 'POST', '/responses', { model: 'gpt-4o', input: 'Hi', stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('openai-version')).toBe('2020-10-01');
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    await response.text();
  });

  it('gives every item an id of its kind (§1.3)', async () => {
    const sim = createSimulator();
    sim.script(
      turn(
        say('a'),
        callFunctions({ name: 'f' }),
        searchFiles({ queries: ['x'] }),
        runCode({ code: 'x' }),
        reason(),
        searchWeb('x'),
      ),
    );
    const events = await stream(sim, { model: 'o4-mini' });
    const response = events.at(-1)?.data.response as {
      id: string;
      output: { id: string; call_id?: string }[];
    };
    expect(response.id).toMatch(/^resp_[0-9a-f]{48}$/);
    expect(response.output.map(({ id }) => id.replace(/[0-9a-f]{48}$/, '#'))).toEqual([
      'msg_#',
      'fc_#',
      'fs_#',
      'ci_#',
      'rs_#',
      'ws_#',
    ]);
    expect(response.output[1]?.call_id).toMatch(/^call_[A-Za-z0-9]{24}$/);
    expect(
      events.filter(({ event }) => event.endsWith('item.added')).map(({ data }) => data.output_index),
    ).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('pads deltas unless told not to', async () => {
    const sim = createSimulator();
    const padded = (await stream(sim)).filter(({ event }) => event.endsWith('.delta'));
    expect(padded.length).toBeGreaterThan(0);
    for (const { data } of padded) expect(data.obfuscation).toMatch(/^\w+$/);
    const bare = await stream(sim, { stream_options: { include_obfuscation: false } });
    for (const { data } of bare) expect(data).not.toHaveProperty('obfuscation');
  });

  it('has deltas that add up to the text, the arguments, the code and the refusal', async () => {
    const sim = createSimulator();
    const text = '  Grüße, 世界! 👩‍👩‍👧 \n and so on \n';
    for (const deltas of [undefined, 1, 2, 7, 1000]) {
      sim.script(
        turn(
          say(text, deltas === undefined ? {} : { deltas }),
          callFunctions({ name: 'f', arguments: { a: [1, { b: text }] } }),
          runCode({ code: text }),
          refuse(text),
        ),
      );
      const events = await stream(sim);
      const sum = (type: string) =>
        events
          .filter(({ event }) => event === type)
          .map(({ data }) => data.delta)
          .join('');
      expect(sum('response.output_text.delta')).toBe(text);
      expect(JSON.parse(sum('response.function_call_arguments.delta'))).toEqual({ a: [1, { b: text }] });
      expect(sum('response.code_interpreter_call_code.delta')).toBe(text);
      expect(sum('response.refusal.delta')).toBe(text);
      for (const { data } of events)
        expect(String(data.delta)).not.toMatch(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/);
    }
  });

  it('sends as many deltas as it is told', async () => {
    const sim = createSimulator();
    sim.script(say('x'.repeat(20_000), { deltas: 10_000 }));
    const events = await stream(sim);
    expect(events.filter(({ event }) => event === 'response.output_text.delta')).toHaveLength(10_000);
  });

  it('ends with the response that a request without stream gets', async () => {
    const pieces = [
      reason('Hm'),
      searchFiles({ queries: ['x'], results: [{ file_id: 'file-1', filename: 'a.txt', text: 'b' }] }),
      runCode({ code: '1', logs: '1\n' }),
      say('One two', { citations: [{ at: 3, file_id: 'file-1', filename: 'a.txt' }] }),
      callFunctions({ name: 'f', arguments: { a: 1 } }),
    ];
    const body = { model: 'o4-mini', input: 'Hi', include: ['file_search_call.results'] };
    const streaming = createSimulator();
    streaming.script(turn(...pieces));
    const events = await stream(streaming, body);
    const plain = createSimulator();
    plain.script(turn(...pieces));
    const response = await (await call(plain, 'POST', '/responses', body)).json();
    expect(events.at(-1)?.data.response).toEqual(response);
    const done = events
      .filter(({ event }) => event === 'response.output_item.done')
      .map(({ data }) => data.item);
    expect(done).toEqual((response as { output: unknown }).output);
  });
});

describe('Annotations (§4.4)', () => {
  it('stand for a marker that is not in the text, and come before the text that follows it', async () => {
    const sim = createSimulator();
    const text = 'You have thirty days of holiday. More here.';
    sim.script(
      say(text, {
        deltas: 1,
        citations: [
          { at: 31, file_id: 'file-1', filename: 'handbook.txt' },
          { at: 43, file_id: 'file-2', filename: 'annex.txt' },
        ],
      }),
    );
    const events = (await stream(sim)).filter(({ event }) => /delta|annotation/.test(event));
    expect(events.map(({ data }) => data.delta ?? data.annotation)).toEqual([
      'You have thirty days of holiday',
      { type: 'file_citation', index: 31, file_id: 'file-1', filename: 'handbook.txt' },
      '. More here.',
      { type: 'file_citation', index: 43, file_id: 'file-2', filename: 'annex.txt' },
    ]);
    expect(events[1]?.data).toMatchObject({ annotation_index: 0, content_index: 0, output_index: 0 });
  });

  it('name a file that code made, over exactly its sandbox path', async () => {
    const sim = createSimulator();
    const client = await connect(sim);
    const text = 'See [x](sandbox:/mnt/data/x.csv).';
    sim.script(turn(runCode({ code: '', files: [{ path: 'x.csv', content: 'a,b' }] }), say(text)));
    const { output } = await client.responses.create({
      model: 'gpt-4o',
      input: 'Go',
      tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
    });
    const [code, message] = output;
    if (code?.type !== 'code_interpreter_call' || message?.type !== 'message') throw new Error('other items');
    const part = message.content[0];
    const annotation = part?.type === 'output_text' ? part.annotations[0] : undefined;
    if (annotation?.type !== 'container_file_citation') throw new Error('no container file citation');
    expect(text.slice(annotation.start_index, annotation.end_index)).toBe('sandbox:/mnt/data/x.csv');
    expect(annotation).toMatchObject({ container_id: code.container_id, filename: 'x.csv' });
    expect(annotation.file_id).toMatch(/^cfile_/);
    const content = await client.containers.files.content.retrieve(annotation.file_id, {
      container_id: annotation.container_id,
    });
    expect(await content.text()).toBe('a,b');
  });

  it('name a plot with start and end 0, after the text or before it', async () => {
    const sim = createSimulator();
    for (const at of ['start', 'end'] as const) {
      sim.script(
        turn(
          runCode({ code: '', files: [{ path: 'plot.png', content: new Uint8Array([1]) }] }),
          say('Here it is', { deltas: 1, files: [{ path: 'plot.png', at }] }),
        ),
      );
      const events = (await stream(sim)).filter(({ event }) => /text\.delta|annotation/.test(event));
      const kinds = events.map(({ event }) => event.split('.').at(-2));
      expect(kinds).toEqual(at === 'start' ? ['annotation', 'output_text'] : ['output_text', 'annotation']);
      const annotation = events.find(({ data }) => data.annotation)?.data.annotation;
      expect(annotation).toMatchObject({ start_index: 0, end_index: 0, filename: 'plot.png' });
    }
  });
});

describe('include decides what is sent (§4.3)', () => {
  const pieces = [
    reason('Hm'),
    searchFiles({ queries: ['x'], results: [{ file_id: 'file-1', filename: 'a.txt', text: 'b' }] }),
    runCode({ code: '1', logs: '1\n' }),
  ];

  async function output(include: string[]): Promise<Record<string, unknown>[]> {
    const sim = createSimulator();
    sim.script(turn(...pieces));
    const events = await stream(sim, { model: 'o4-mini', include });
    const done = events
      .filter(({ event }) => event === 'response.output_item.done')
      .map(({ data }) => data.item);
    const response = events.at(-1)?.data.response as { output: Record<string, unknown>[] };
    expect(done).toEqual(response.output);
    return response.output;
  }

  it('nothing without it', async () => {
    const [reasoning, search, code] = await output([]);
    expect(reasoning).not.toHaveProperty('encrypted_content');
    expect(search?.results).toBeNull();
    expect(code?.outputs).toBeNull();
  });

  it('each thing by its own name', async () => {
    expect((await output(['reasoning.encrypted_content']))[0]?.encrypted_content).toEqual(expect.any(String));
    expect((await output(['file_search_call.results']))[1]?.results).toEqual([
      { file_id: 'file-1', filename: 'a.txt', text: 'b', score: 0.9, attributes: {} },
    ]);
    expect((await output(['code_interpreter_call.outputs']))[2]?.outputs).toEqual([
      { type: 'logs', logs: '1\n' },
    ]);
  });
});

describe('usage', () => {
  it('is counted, the same for the same request', async () => {
    const numbers = async () => {
      const sim = createSimulator();
      sim.script(say('one two three'));
      return (await (await call(sim, 'POST', '/responses', { model: 'gpt-4o', input: 'Hi' })).json()).usage;
    };
    const counted = await numbers();
    expect(counted.output_tokens).toBe(4);
    expect(counted.input_tokens).toBeGreaterThan(0);
    expect(counted.total_tokens).toBe(counted.input_tokens + counted.output_tokens);
    expect(await numbers()).toEqual(counted);
  });

  it('can be scripted', async () => {
    const sim = createSimulator();
    sim.script(
      turn(
        say('x'),
        usage({ input_tokens: 1000, output_tokens: 500, cached_tokens: 10, reasoning_tokens: 7 }),
      ),
    );
    const response = await (await call(sim, 'POST', '/responses', { model: 'gpt-4o', input: 'Hi' })).json();
    expect(response.usage).toEqual({
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 10, cache_write_tokens: 0 },
      output_tokens: 500,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 1500,
    });
  });
});
