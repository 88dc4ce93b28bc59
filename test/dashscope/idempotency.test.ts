/** `Idempotency-Key` in DashScope's dialect: a POST that is sent again does nothing twice, and is answered as the first time. */
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { callFunctions, say, turn } from '../../src/simulator/index.ts';
import { framesIn, names } from './frames.ts';
import { type Rig, ready, rig } from './rig.ts';

const FUNCTION = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: {} } },
};

const post = (rigged: Rig, path: string, body: unknown, key: string, more: Record<string, string> = {}) =>
  rigged.call('POST', path, body, { 'idempotency-key': key, ...more });

/** All but the id of the request, which every request has for itself (§A.1). */
const withoutRequestId = ({ request_id: _, ...object }: { request_id: string }) => object;

describe('every POST with a key is carried out once', () => {
  it('whatever it creates or changes: the second answer is the first, with a request_id of its own', async () => {
    const rigged = rig();
    const { assistant_id, thread_id } = await ready(rigged, { tools: [FUNCTION] });
    rigged.sim.script(callFunctions({ name: 'f', arguments: {} }), turn(say('Done.')));
    const twice = async (path: string, body: unknown) => {
      const first = await post(rigged, path, body, path);
      const again = await post(rigged, path, body, path);
      expect([path, first.status, again.status]).toEqual([path, 200, 200]);
      expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
        null,
        'true',
      ]);
      expect(withoutRequestId(again.body)).toEqual(withoutRequestId(first.body));
      expect(again.body.request_id).not.toBe(first.body.request_id);
      expect(again.body.request_id).toBe(again.headers.get('x-request-id'));
      return first.body;
    };
    await twice('/assistants', { model: 'qwen-max' });
    await twice(`/assistants/${assistant_id}`, { name: 'renamed' });
    await twice('/threads', '""');
    await twice(`/threads/${thread_id}`, { metadata: { a: '1' } });
    const message = await twice(`/threads/${thread_id}/messages`, { role: 'user', content: 'once' });
    await twice(`/threads/${thread_id}/messages/${message.id}`, { metadata: { a: '1' } });
    const run = await twice(`/threads/${thread_id}/runs`, { assistant_id });
    const where = `/threads/${thread_id}/runs/${run.id}`;
    await rigged.wait(thread_id, run.id);
    await twice(where, { metadata: { a: '1' } });
    await twice(`${where}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: '', output: '1' }] });
    await rigged.wait(thread_id, run.id);
    rigged.sim.script(callFunctions({ name: 'f', arguments: {} }));
    const created = await twice('/threads/runs', {
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    await rigged.wait(created.thread_id, created.id);
    await twice(`/threads/${created.thread_id}/runs/${created.id}/cancel`, undefined);

    expect((await rigged.ok('GET', '/assistants')).data).toHaveLength(2);
    expect((await rigged.ok('GET', `/threads/${thread_id}/messages`)).data).toHaveLength(3);
    expect((await rigged.ok('GET', `/threads/${thread_id}/runs`)).data).toHaveLength(1);
    expect(rigged.sim.responsesRequests).toHaveLength(3);
  });

  it('the same form is the same request, whatever its boundary (§A.2)', async () => {
    const rigged = rig();
    const form = (text: string) => {
      const made = new FormData();
      made.append('files', new File([text], 'one.txt'));
      made.append('descriptions', 'first');
      return made;
    };
    const upload = async (text: string) => {
      const request = new Request('http://gateway.test/api/v1/files', {
        method: 'POST',
        headers: { authorization: 'Bearer sk-one', 'idempotency-key': 'upload' },
        body: form(text),
      });
      const response = await rigged.gateway.fetch(request);
      // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
      return { status: response.status, body: (await response.json()) as any };
    };
    const first = await upload('one');
    const again = await upload('one');
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body.data).toEqual(first.body.data);
    const other = await upload('two');
    expect([other.status, other.body.code]).toEqual([400, 'InvalidParameter']);
  });

  it('a stream is given again from its beginning, and nothing runs twice (§A.9)', async () => {
    const rigged = rig();
    const { assistant_id } = await ready(rigged);
    rigged.sim.script(turn(say('Only once.')));
    const body = { assistant_id, stream: true, thread: { messages: [{ role: 'user', content: 'Hi' }] } };
    const stream = async () => {
      const response = await rigged.raw('POST', '/threads/runs', body, { 'idempotency-key': 's' });
      return {
        replayed: response.headers.get('idempotent-replayed'),
        frames: framesIn(await response.text()),
      };
    };
    const first = await stream();
    const again = await stream();
    expect([first.replayed, again.replayed]).toEqual([null, 'true']);
    expect(names(again.frames)).toEqual(names(first.frames));
    expect(names(again.frames).slice(0, 2)).toEqual(['created', 'run.created']);
    expect(names(again.frames).at(-1)).toBe('done');
    const data = ({ frames }: typeof first) =>
      frames.map((one) => (one.event === 'done' ? one.data : withoutRequestId(one.data)));
    expect(data(again)).toEqual(data(first));
    expect(rigged.sim.responsesRequests).toHaveLength(1);
  });
});

describe('a key', () => {
  it.each([
    ['body', '/threads', { metadata: { a: '2' } }],
    ['path', '/assistants', { metadata: { a: '1' } }],
  ])('with another %s is a 400 in this dialect’s envelope (§A.11)', async (_, path, body) => {
    const rigged = rig();
    await post(rigged, '/threads', { metadata: { a: '1' } }, 'k');
    const refused = await post(rigged, path, body, 'k');
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual({
      code: 'InvalidParameter',
      message: expect.stringMatching(/^This Idempotency-Key was used for another request/),
      request_id: refused.headers.get('x-request-id'),
    });
  });

  it.each(['', 'x'.repeat(256), 'schlüssel'])('that is none is a 400: %j', async (key) => {
    const refused = await post(rig(), '/threads', {}, key);
    expect([refused.status, refused.body.code]).toEqual([400, 'InvalidParameter']);
  });

  it('of a request that was refused is free again', async () => {
    const rigged = rig();
    const { thread_id, assistant_id } = await ready(rigged, { tools: [FUNCTION] });
    rigged.sim.script(callFunctions({ name: 'f', arguments: {} }));
    const { id } = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, id);
    const message = { role: 'user', content: 'later' };
    expect((await post(rigged, `/threads/${thread_id}/messages`, message, 'k')).status).toBe(400);
    await rigged.ok('POST', `/threads/${thread_id}/runs/${id}/cancel`);
    const accepted = await post(rigged, `/threads/${thread_id}/messages`, message, 'k');
    expect([accepted.status, accepted.headers.get('idempotent-replayed')]).toEqual([200, null]);
  });

  it('gives no answer of the other dialect, whose objects look different', async () => {
    const rigged = rig();
    const openai = new Request('http://gateway.test/v1/threads', {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk-one',
        'openai-beta': 'assistants=v2',
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
      body: '{}',
    });
    expect((await rigged.gateway.fetch(openai)).status).toBe(200);
    expect((await post(rigged, '/threads', {}, 'k')).status).toBe(400);
  });

  it('finds what was made before a process died that could not note its answer', async () => {
    const data = new Map<string, unknown>();
    const rigged = rig({ options: { store: new Keyv({ store: data }) } });
    const set = data.set.bind(data);
    let failing = false;
    data.set = (key, value) => {
      if (failing && String(value).includes('"answer"')) throw new Error('disk full');
      return set(key, value);
    };
    const { thread_id, assistant_id } = await ready(rigged);
    const form = () => {
      const made = new FormData();
      made.append('files', new File(['one'], 'one.txt'));
      return made;
    };
    const requests: [string, () => unknown][] = [
      ['/assistants', () => ({ model: 'gpt-4o' })],
      ['/threads', () => ({ messages: [{ role: 'user', content: 'hi' }] })],
      [`/threads/${thread_id}/messages`, () => ({ role: 'user', content: 'once' })],
      [`/threads/${thread_id}/runs`, () => ({ assistant_id })],
      ['/threads/runs', () => ({ assistant_id, thread: { messages: [{ role: 'user', content: 'hi' }] } })],
      ['/files', form],
    ];
    const send = async (path: string, body: unknown) => {
      const request = new Request(`http://gateway.test/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-one', 'idempotency-key': path },
        body: body instanceof FormData ? body : JSON.stringify(body),
      });
      const response = await rigged.gateway.fetch(request);
      // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
      return { status: response.status, headers: response.headers, body: (await response.json()) as any };
    };
    for (const [path, body] of requests) {
      // Not messages that a run writes meanwhile.
      const counted = path.endsWith('/messages') ? /[/:]message\// : /[/:](assistant|thread|run|file)\//;
      const count = () => [...data.keys()].filter((key) => counted.test(key)).length;
      failing = true;
      expect([path, (await send(path, body())).status]).toEqual([path, 503]);
      failing = false;
      const before = count();
      expect(before).toBeGreaterThan(0);
      const retried = await send(path, body());
      expect([path, retried.status]).toEqual([path, 200]);
      expect([path, count()]).toEqual([path, before]);
      const id = retried.body.id ?? retried.body.data.uploaded_files[0].file_id;
      expect(JSON.stringify([...data.values()])).toContain(id.replace(/^message_/, 'msg_'));
      for (const run of (await rigged.ok('GET', `/threads/${thread_id}/runs`)).data) {
        await rigged.wait(thread_id, run.id);
      }
    }
  });
});

describe('tool outputs that are submitted again (§A.7.1)', () => {
  const ASK = (id: string) => callFunctions({ name: 'f', call_id: id, arguments: {} });

  async function waiting(rigged: Rig) {
    const { thread_id, assistant_id } = await ready(rigged, { tools: [FUNCTION] });
    const { id } = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, id);
    const submit = (tool_outputs: object[], more = {}) =>
      rigged.call('POST', `/threads/${thread_id}/runs/${id}/submit_tool_outputs`, { tool_outputs, ...more });
    return { id, submit, where: `/threads/${thread_id}/runs/${id}`, wait: () => rigged.wait(thread_id, id) };
  }

  it.each([
    ['with its id', { tool_call_id: 'call_one', output: '1' }],
    ['with an empty id', { tool_call_id: '', output: '1' }],
    ['without an id', { output: '1' }],
  ])('get the run as it is by then, %s', async (_, output) => {
    const rigged = rig();
    rigged.sim.script(ASK('call_one'), turn(say('Done.')));
    const { id, submit, wait, where } = await waiting(rigged);
    expect((await submit([output])).status).toBe(200);
    const soon = await submit([output]);
    expect([soon.status, soon.body.id]).toEqual([200, id]);
    await wait();
    const late = await submit([output]);
    expect([late.status, late.body.id, late.body.status]).toEqual([200, id, 'completed']);
    const others = await submit([{ ...output, output: '2' }]);
    expect(others).toMatchObject({
      status: 400,
      body: {
        code: 'InvalidParameter',
        message: 'Runs in status "completed" do not accept tool outputs.',
      },
    });
    const { data } = await rigged.ok('GET', `${where}/steps?order=asc`);
    expect(data[0].step_details.tool_calls[0].function.output).toBe('1');
    expect(rigged.sim.responsesRequests).toHaveLength(2);
  });

  it('get the stream of what came after them (§A.9)', async () => {
    const rigged = rig();
    rigged.sim.script(ASK('call_one'), turn(say('Done.')));
    const { where } = await waiting(rigged);
    const body = { tool_outputs: [{ tool_call_id: '', output: '1' }], stream: true };
    const first = await rigged.frames(`${where}/submit_tool_outputs`, body);
    const again = await rigged.frames(`${where}/submit_tool_outputs`, body);
    expect(names(again)).toEqual(names(first));
    expect(names(again).slice(0, 3)).toEqual(['run.step.completed', 'run.queued', 'run.in_progress']);
    expect(names(again).at(-1)).toBe('done');
  });

  it('do not answer the run’s next calls when they name the last ones', async () => {
    const rigged = rig();
    rigged.sim.script(ASK('call_one'), ASK('call_two'), turn(say('Done.')));
    const { submit, wait } = await waiting(rigged);
    const output = { tool_call_id: 'call_one', output: '1' };
    await submit([output]);
    await wait();
    const again = await submit([output]);
    expect(again).toMatchObject({ status: 200, body: { status: 'requires_action' } });
    const [call] = again.body.required_action.submit_tool_outputs.tool_calls;
    expect(call.id).toBe('call_two');
    expect((await wait()).status).toBe('requires_action');
    expect((await submit([{ ...output, output: '2' }])).status).toBe(400);
    await submit([{ tool_call_id: 'call_two', output: '2' }]);
    expect((await wait()).status).toBe('completed');
  });
});
