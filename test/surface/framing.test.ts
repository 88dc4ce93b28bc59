/** What goes over the line in a stream (§3.1), and a stream that is taken up again after a disconnect. */
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, hang, say, slow, turn } from '../../src/simulator/index.ts';
import { parseStream } from '../faults/world.ts';
import { majors } from './clients.ts';
import { failure, names, type Rig, ready, rig } from './harness.ts';

const TOOL = { type: 'function' as const, function: { name: 'look' } };

/** A stream as it was sent, by a request of its own. */
async function sent(r: Rig, thread_id: string, body: object): Promise<Response> {
  return r.raw('POST', `/threads/${thread_id}/runs`, { ...body, stream: true });
}

describe('framing (§3.1)', () => {
  it('is one event line, one data line with the bare object, one empty line; and done at the end', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('Two\nlines\u2028 and\u0085 more\r\n', { deltas: 2 }));
    const answer = await sent(r, thread_id, { assistant_id });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await answer.text();
    expect(text).toMatch(/^(event: [a-z_.]+\ndata: \{.*\}\n\n)+event: done\ndata: \[DONE\]\n\n$/u);
    expect(text).not.toMatch(/[\r\u0085\u2028\u2029]/);
    const first = JSON.parse(/^event: thread\.run\.created\ndata: (.*)$/m.exec(text)?.[1] ?? '');
    expect(first).toMatchObject({ object: 'thread.run', status: 'queued' });
    const events = parseStream(text);
    const written = events
      .filter(({ event }) => event === 'thread.message.completed')
      .map(({ data }) => data);
    expect(written).toMatchObject([
      { content: [{ text: { value: 'Two\nlines\u2028 and\u0085 more\r\n' } }] },
    ]);
  });

  it.each([
    ['an unknown thread', 404, 'thread_none', {}],
    ['an unknown assistant', 404, undefined, { assistant_id: 'asst_none' }],
    ['a bad parameter', 400, undefined, { temperature: 3 }],
  ])('an error before the stream is plain JSON: %s', async (_, status, thread, params) => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    const answer = await sent(r, thread ?? thread_id, { assistant_id, ...params });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it.each(majors)('openai $major passes over the comments that keep an idle stream alive', async (major) => {
    const r = rig({ major, options: { keepAlive: 1 } });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('One two', { deltas: 2 }), slow({ beforeFirst: 20, betweenDeltas: 20 })));
    const stream = r.beta.threads.runs.stream(thread_id, { assistant_id });
    const [message] = await stream.finalMessages();
    expect(message?.content).toMatchObject([{ text: { value: 'One two' } }]);
    expect(r.answers.at(-1)?.text).toContain('\n\n: keep-alive\n\n');
  });

  it('sends no comments where they are switched off', async () => {
    const r = rig({ options: { keepAlive: 0 } });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('One two', { deltas: 2 }), slow({ betweenDeltas: 20 })));
    expect(await (await sent(r, thread_id, { assistant_id })).text()).not.toMatch(/^:/m);
  });

  it('a client that goes away does not end the run (§5.3)', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('One two three', { deltas: 3 })));
    const answer = await sent(r, thread_id, { assistant_id });
    await answer.body?.cancel();
    const [run] = (await r.beta.threads.runs.list(thread_id)).data;
    expect((await r.beta.threads.runs.poll(run?.id ?? '', { thread_id })).status).toBe('completed');
  });
});

/** The numbers and events of a stream with `id:` lines. */
function numbered(text: string) {
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  return { ids, events: parseStream(text.replaceAll(/^id: \d+\n/gm, '')) };
}

describe('a dropped stream is taken up again (DESIGN decision 9)', () => {
  const resume = (
    r: Rig,
    thread_id: string,
    run_id: string,
    query = '',
    headers: Record<string, string> = {},
  ) => r.raw('GET', `/threads/${thread_id}/runs/${run_id}?stream=true${query}`, undefined, headers);

  async function streamed(r: Rig) {
    const { assistant_id, thread_id } = await ready(r, { tools: [TOOL] });
    r.sim.script(
      turn(say('One two three', { deltas: 3 }), callFunctions({ name: 'look', call_id: 'call_1' })),
      say('Seen.'),
    );
    const { ids, events } = numbered(await (await sent(r, thread_id, { assistant_id })).text());
    const { id: run_id } = (events.at(-1) as { data: unknown }).data as { id: string };
    return { thread_id, run_id, ids, events };
  }

  it('numbers its events from 1 where `streamEventIds` says so, and says where it begins', async () => {
    const r = rig({ options: { streamEventIds: true } });
    const { ids, events } = await streamed(r);
    expect(ids).toEqual(events.map((_, at) => at + 1));
  });

  it.each([
    ['starting_after', (seen: number) => [`&starting_after=${seen}`, {}] as const],
    ['Last-Event-ID', (seen: number) => ['', { 'last-event-id': String(seen) }] as const],
  ])('from the last event seen, by %s: what is missing, and nothing twice', async (_, by) => {
    const r = rig({ options: { streamEventIds: true } });
    const { thread_id, run_id, events } = await streamed(r);
    for (let seen = 0; seen <= events.length - 1; seen++) {
      const [query, headers] = by(seen);
      const answer = await resume(r, thread_id, run_id, query, headers);
      expect(answer.headers.get('rethread-stream-position')).toBe(String(seen));
      const again = numbered(await answer.text());
      expect(again.events).toEqual(events.slice(seen));
      expect(again.ids[0]).toBe(seen + 1);
    }
  });

  it('counts on in the submit stream, from which it can be taken up as well', async () => {
    const r = rig({ options: { streamEventIds: true } });
    const { thread_id, run_id, events } = await streamed(r);
    const submitted = await r.raw('POST', `/threads/${thread_id}/runs/${run_id}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: 'call_1', output: 'it' }],
      stream: true,
    });
    const second = numbered(await submitted.text());
    expect(second.ids[0]).toBe(events.length + 1);
    const at = second.ids[2] as number;
    const again = numbered(await (await resume(r, thread_id, run_id, `&starting_after=${at}`)).text());
    expect(again.events).toEqual(second.events.slice(3));
  });

  it('while the run goes on: what has been said, then what is being said', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('One two three four', { deltas: 4 }), slow({ betweenDeltas: 10 })));
    const first = await sent(r, thread_id, { assistant_id });
    const reader = (first.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('thread.message.delta'))
      text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    const begun = text.match(/^event: /gm)?.length ?? 0;
    const [run] = (await r.beta.threads.runs.list(thread_id)).data;
    const answer = await resume(r, thread_id, run?.id ?? '', `&starting_after=${begun}`);
    const rest = numbered(await answer.text());
    expect(rest.ids[0]).toBe(begun + 1);
    expect(names(rest.events).slice(-3)).toEqual([
      'message.completed',
      'run.step.completed',
      'run.completed',
    ]);
  });

  it('after a restart of the process: whole from the beginning, with the stored objects', async () => {
    const store = new Keyv({ store: new Map() });
    const before = rig({ options: { store } });
    const { thread_id, run_id } = await streamed(before);
    await before.assistants.close();
    const after = rig({
      simulator: before.sim,
      assistants: createAssistants({ store, log: () => {} }),
    });
    const events = parseStream(await (await resume(after, thread_id, run_id)).text());
    expect(names(events)).toEqual([
      'run.created',
      'run.queued',
      'run.in_progress',
      'run.step.created',
      'run.step.in_progress',
      'message.created',
      'message.in_progress',
      'message.delta',
      'message.completed',
      'run.step.completed',
      'run.step.created',
      'run.step.in_progress',
      'run.step.delta',
      'run.requires_action',
    ]);
    expect(events.at(-1)?.data).toEqual(await after.beta.threads.runs.retrieve(run_id, { thread_id }));
    // Nobody knows any more what number 5 was: only ends are told, which carry the whole objects.
    const ends = parseStream(await (await resume(after, thread_id, run_id, '&starting_after=5')).text());
    expect(names(ends)).toEqual(['message.completed', 'run.step.completed', 'run.requires_action']);
  });

  it('after a restart in the middle of the run: the run is carried out again, and the stream tells its end', async () => {
    const store = new Keyv({ store: new Map() });
    const before = rig({ options: { store } });
    const { assistant_id, thread_id } = await ready(before);
    before.sim.script(turn(say('Lost'), hang()), say('Found'));
    const answer = await sent(before, thread_id, { assistant_id });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('thread.message.delta'))
      text += new TextDecoder().decode((await reader.read()).value);
    const [run] = (await before.beta.threads.runs.list(thread_id)).data;
    before.unchecked = true;
    await before.assistants.close({ timeout: 0 });

    const after = rig({
      simulator: before.sim,
      assistants: createAssistants({ store, log: () => {} }),
    });
    const events = parseStream(await (await resume(after, thread_id, run?.id ?? '')).text());
    expect(names(events).at(-1)).toBe('run.completed');
    const { data } = await after.beta.threads.messages.list(thread_id);
    expect(data.map(({ content }) => (content[0] as { text: { value: string } }).text.value)).toEqual([
      'Found',
      'Hello there',
    ]);
  });

  it('a run that is unknown is a 404, a position that is none a 400', async () => {
    const r = rig();
    const { thread_id, run_id } = await streamed(r);
    expect((await resume(r, thread_id, 'run_none')).status).toBe(404);
    const answer = await resume(r, thread_id, run_id, '&starting_after=soon');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'starting_after' } });
    await expect(failure(r.beta.threads.runs.retrieve('run_none', { thread_id }))).resolves.toMatchObject({
      status: 404,
    });
  });
});

describe('an error in the middle of a stream (§3.2)', () => {
  it.each(majors)('is an APIError in openai $major, read raw and through the helper', async (major) => {
    for (const read of ['raw', 'helper'] as const) {
      const r = rig({ major });
      r.unchecked = true;
      const { assistant_id, thread_id } = await ready(r);
      r.sim.script(turn(say('One'), hang()));
      const closing = () => void r.assistants.close({ timeout: 0 });
      let thrown: unknown;
      if (read === 'raw') {
        const stream = await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
        try {
          for await (const { event } of stream) if (event === 'thread.message.delta') closing();
        } catch (error) {
          thrown = error;
        }
      } else {
        const stream = r.beta.threads.runs.stream(thread_id, { assistant_id });
        stream.once('textDelta', closing);
        thrown = await stream.finalRun().catch((error: unknown) => error);
      }
      expect(thrown).toBeInstanceOf(major.SDK.APIError);
      expect(String(thrown)).toContain('rethread is closing.');
      expect(r.answers.at(-1)?.text).toMatch(
        /\n\nevent: error\ndata: \{"error":\{"message":"rethread is closing\.","type":"server_error","param":null,"code":null\}\}\n\nevent: done\n/,
      );
    }
  });
});
