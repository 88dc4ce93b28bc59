/** Where the dialect is served, who sees what, and how errors look (docs/contracts/dashscope.md §A.1, §A.11, §B). */
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, createSimulator, httpError, say } from '../../src/simulator/index.ts';
import { PYTHON_HEADERS, ready, rig } from './rig.ts';

const FLAT = ['code', 'message', 'request_id'];
const FUNCTION = {
  type: 'function',
  function: { name: 'f', description: 'does', parameters: { type: 'object', properties: {} } },
};

describe('where it is served (§B)', () => {
  it('below /api/v1, beside OpenAI’s dialect at /v1, over the same objects', async () => {
    const { ok, gateway } = rig();
    const made = await ok('POST', '/assistants', { model: 'gpt-4o', top_k: 3, name: 'n' });
    const headers = { authorization: 'Bearer sk-one', 'openai-beta': 'assistants=v2' };
    const answer = await gateway.fetch(
      new Request(`http://gateway.test/v1/assistants/${made.id}`, { headers }),
    );
    expect(await answer.json()).toEqual({
      id: made.id,
      object: 'assistant',
      created_at: made.created_at / 1000,
      name: 'n',
      description: null,
      model: 'gpt-4o',
      instructions: null,
      tools: [],
      top_p: 1,
      temperature: 1,
      reasoning_effort: null,
      tool_resources: {},
      metadata: {},
      response_format: 'auto',
    });
  });

  it('at / for an SDK whose base URL lacks /api/v1, as its user agent tells', async () => {
    const { ok } = rig({ base: '' });
    expect((await ok('POST', '/threads', '""')).object).toBe('thread');
  });

  it('below /api/v1 OpenAI’s dialect is spoken to clients that say so', async () => {
    const { raw } = rig();
    const answer = await raw(
      'POST',
      '/threads',
      {},
      { 'openai-beta': 'assistants=v2', 'user-agent': 'curl' },
    );
    const thread = (await answer.json()) as { created_at: number };
    expect(String(thread.created_at)).toMatch(/^\d{10}$/);
    expect(thread).toHaveProperty('tool_resources');
  });

  it('by a handler that stands alone', async () => {
    const sim = createSimulator();
    const assistants = createAssistants({
      store: 'memory:',
      upstream: { baseURL: 'http://simulator.test/v1', apiKey: 'sk', fetch: sim.fetch as typeof fetch },
    });
    const answer = await assistants.fetch(
      new Request('http://app.test/api/v1/assistants', {
        method: 'POST',
        headers: { authorization: 'Bearer k', ...PYTHON_HEADERS },
        body: '{"model":"m"}',
      }),
    );
    expect(((await answer.json()) as { request_id: string }).request_id).toMatch(/^[0-9a-f-]{36}$/);
    await assistants.close();
  });

  it('another of DashScope’s APIs goes on to DashScope, where that is the upstream, and is a flat 404 elsewhere', async () => {
    const seen: Request[] = [];
    const gateway = createGateway(
      {
        store: 'memory:',
        log: () => {},
        trustKeys: true,
        upstream: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
      },
      async (url, init) => {
        seen.push(new Request(url, init));
        return Response.json({ output: {} });
      },
    );
    const send = (path: string, body: BodyInit = '{}') =>
      gateway.fetch(
        new Request(`http://gateway.test/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: 'Bearer sk-one', ...PYTHON_HEADERS, 'x-dashscope-workspace': 'ws' },
          body,
        }),
      );
    await send('/services/aigc/text-generation/generation');
    await send('/files');
    expect(seen.map(({ url }) => url)).toEqual([
      'https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation',
      'https://dashscope.aliyuncs.com/api/v1/files',
    ]);
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer sk-one');
    expect(seen[0]?.headers.get('x-dashscope-workspace')).toBe('ws');
    await gateway.close(0);

    const { status, body } = await rig().call('POST', '/services/aigc/text-generation/generation', {});
    expect([status, Object.keys(body), body.code]).toEqual([404, FLAT, 'NotFound']);
  });
});

describe('errors (§A.11)', () => {
  it('of a store that is away for a moment are a 503, which clients ask again after', async () => {
    const data = new Map<string, unknown>();
    const { ok, raw } = rig({ options: { store: new Keyv({ store: data }) } });
    const { id } = await ok('POST', '/threads', {});
    data.get = () => {
      throw new Error('connect ECONNREFUSED');
    };
    const answer = await raw('GET', `/threads/${id}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    const body = (await answer.json()) as Record<string, string>;
    expect(Object.keys(body).sort()).toEqual(FLAT);
    expect(body['message']).not.toContain('ECONNREFUSED');
  });

  it('are flat, with the request_id that is also a header', async () => {
    const { status, body, headers } = await rig().call('GET', '/assistants/asst_none');
    expect(status).toBe(404);
    expect(Object.keys(body)).toEqual(FLAT);
    expect(body.code).toBe('NotFound');
    expect(body.message).toMatch(/^No assistant found with id 'asst_none'\./);
    expect(headers.get('x-request-id')).toBe(body.request_id);
  });

  it.each([
    ['POST', '/assistants', '{', 400, 'InvalidParameter'],
    ['POST', '/assistants', '[]', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{}', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{"model":1}', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{"model":"m","tools":[{"type":"function"}]}', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{"model":"m","temperature":"hot"}', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{"model":"m","top_p":1.5}', 400, 'InvalidParameter'],
    ['POST', '/assistants', '{"model":"m","max_tokens":0}', 400, 'InvalidParameter'],
    ['POST', '/threads/', '{}', 400, 'InvalidParameter'],
    ['GET', '/threads//messages', undefined, 400, 'InvalidParameter'],
    ['GET', '/assistants/', undefined, 400, 'InvalidParameter'],
    ['PUT', '/assistants', '{}', 405, 'MethodNotAllowed'],
    ['DELETE', '/threads', undefined, 405, 'MethodNotAllowed'],
    ['GET', '/threads/t/nothing', undefined, 404, 'NotFound'],
    ['GET', '/nothing', undefined, 404, 'NotFound'],
    ['GET', '/threads/__proto__', undefined, 404, 'NotFound'],
    ['GET', `/threads/${'x'.repeat(5000)}`, undefined, 404, 'NotFound'],
  ])('%s %s %s is %i %s', async (method, path, body, expected, code) => {
    const { status, body: error } = await rig().call(method, path, body);
    expect([status, error.code, Object.keys(error)]).toEqual([expected, code, FLAT]);
  });

  it('a body that is too large is a 400 BadRequest.TooLarge', async () => {
    const { call } = rig({ options: { maxBodyBytes: 100 } });
    const { status, body } = await call('POST', '/assistants', { model: 'm', name: 'x'.repeat(200) });
    expect([status, body.code]).toEqual([400, 'BadRequest.TooLarge']);
  });

  it('no key, and one that nobody knows, is a 401 InvalidApiKey; nothing shows it', async () => {
    const { call } = rig({ options: { auth: 'keys', upstreamKey: 'sk-up', keys: ['gw-1'] } });
    for (const authorization of ['', 'Bearer sk-a-long-secret-key']) {
      const { status, body } = await call('GET', '/assistants', undefined, { authorization });
      expect([status, body.code, Object.keys(body)]).toEqual([401, 'InvalidApiKey', FLAT]);
      expect(JSON.stringify(body)).not.toContain('a-long-secret');
    }
  });

  it('a key that the upstream does not know is a 401 InvalidApiKey before anything is stored', async () => {
    const { call } = rig({ simulator: { apiKey: 'sk-other' } });
    const { status, body } = await call('POST', '/threads', '""');
    expect([status, body.code, Object.keys(body)]).toEqual([401, 'InvalidApiKey', FLAT]);
  });

  it('a model that the upstream does not know is a 404 ModelNotFound, and leaves the thread free', async () => {
    const rigged = rig();
    const { assistant_id, thread_id } = await ready(rigged, { model: 'no-such-model' });
    const { status, body } = await rigged.call('POST', `/threads/${thread_id}/runs`, { assistant_id });
    expect([status, body.code]).toEqual([404, 'ModelNotFound']);
    expect((await rigged.ok('GET', `/threads/${thread_id}/runs`)).data).toEqual([]);
  });

  it('a tool that nobody can run is refused when a run is made, by name', async () => {
    const rigged = rig();
    const { assistant_id, thread_id } = await ready(rigged, { tools: [{ type: 'unheard_of_plugin' }] });
    const { status, body } = await rigged.call('POST', `/threads/${thread_id}/runs`, { assistant_id });
    expect([status, body.code]).toEqual([400, 'InvalidParameter']);
    expect(body.message).toContain("'unheard_of_plugin'");
  });

  it('an upstream that answers 500 fails the run and never the request', async () => {
    const rigged = rig({ options: { maxRetries: 0 } });
    rigged.sim.script(httpError(500));
    const { assistant_id, thread_id } = await ready(rigged);
    const run = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    const failed = await rigged.wait(thread_id, run.id);
    expect(failed).toMatchObject({ status: 'failed', last_error: { code: 'InternalError' } });
  });

  it('a thread with an active run takes no other, and no message, until it is over', async () => {
    const rigged = rig();
    rigged.sim.script(callFunctions({ name: 'f', arguments: {} }));
    const { assistant_id, thread_id } = await ready(rigged, { tools: [FUNCTION] });
    const run = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, run.id);
    for (const [path, body] of [
      [`/threads/${thread_id}/runs`, { assistant_id }],
      [`/threads/${thread_id}/messages`, { role: 'user', content: 'x' }],
    ] as const) {
      const refused = await rigged.call('POST', path, body);
      expect([refused.status, refused.body.code]).toEqual([400, 'InvalidParameter']);
      expect(refused.body.message).toContain(run.id);
    }
  });
});

describe('tenants (§A.1)', () => {
  it('objects of another key, and of another workspace of the same key, are 404 in every route', async () => {
    const rigged = rig();
    const { ok, call, sim } = rigged;
    sim.script(callFunctions({ name: 'f', arguments: {} }));
    const { assistant_id, thread_id } = await ready(rigged, { tools: [FUNCTION], file_ids: ['file-1'] });
    const run = await ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, run.id);
    const runPath = `/threads/${thread_id}/runs/${run.id}`;
    const [step] = (await ok('GET', `${runPath}/steps`)).data;
    const [message] = (await ok('GET', `/threads/${thread_id}/messages`)).data;
    const routes: [string, string, unknown?][] = [
      ['GET', `/assistants/${assistant_id}`],
      ['POST', `/assistants/${assistant_id}`, { name: 'taken' }],
      ['DELETE', `/assistants/${assistant_id}`],
      ['GET', `/assistants/${assistant_id}/files`],
      ['POST', `/assistants/${assistant_id}/files`, { file_id: 'file-2' }],
      ['GET', `/assistants/${assistant_id}/files/file-1`],
      ['DELETE', `/assistants/${assistant_id}/files/file-1`],
      ['GET', `/threads/${thread_id}`],
      ['POST', `/threads/${thread_id}`, { metadata: {} }],
      ['DELETE', `/threads/${thread_id}`],
      ['GET', `/threads/${thread_id}/messages`],
      ['POST', `/threads/${thread_id}/messages`, { role: 'user', content: 'x' }],
      ['GET', `/threads/${thread_id}/messages/${message.id}`],
      ['POST', `/threads/${thread_id}/messages/${message.id}`, { metadata: {} }],
      ['GET', `/threads/${thread_id}/messages/${message.id}/files`],
      ['GET', `/threads/${thread_id}/messages/${message.id}/files/file-1`],
      ['GET', `/threads/${thread_id}/runs`],
      ['POST', `/threads/${thread_id}/runs`, { assistant_id }],
      ['POST', `/threads/${thread_id}/runs`, { assistant_id, stream: true }],
      ['POST', '/threads/runs', { assistant_id, thread: {} }],
      ['GET', runPath],
      ['POST', runPath, { metadata: {} }],
      ['POST', `${runPath}/cancel`],
      ['POST', `${runPath}/submit_tool_outputs`, { tool_outputs: [{ output: '' }] }],
      ['GET', `${runPath}/steps`],
      ['GET', `${runPath}/steps/${step.id}`],
    ];
    const others: Record<string, string>[] = [
      { authorization: 'Bearer sk-two' },
      { 'X-DashScope-WorkSpace': 'ws-2' },
    ];
    for (const headers of others) {
      for (const [method, path, body] of routes) {
        const { status, body: error } = await call(method, path, body, headers);
        expect([method, path, status, error.code]).toEqual([method, path, 404, 'NotFound']);
      }
      expect((await ok('GET', '/assistants', undefined, headers)).data).toEqual([]);
    }
    // Nothing of it has changed.
    expect((await ok('GET', runPath)).status).toBe('requires_action');
    expect((await ok('GET', `/assistants/${assistant_id}`)).name).toBe('');
  });
});

describe('one thread in two dialects (§D)', () => {
  it('is written in turns: ids and shapes are each dialect’s own, the conversation is one', async () => {
    const rigged = rig();
    const { ok, gateway, sim } = rigged;
    sim.script(say('from DashScope'), say('from OpenAI'));
    const openai = async (method: string, path: string, body?: object) => {
      const answer = await gateway.fetch(
        new Request(`http://gateway.test/v1${path}`, {
          method,
          headers: {
            authorization: 'Bearer sk-one',
            'openai-beta': 'assistants=v2',
            'content-type': 'application/json',
            'x-stainless-poll-helper': 'true',
          },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
      // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
      return (await answer.json()) as any;
    };
    const { assistant_id, thread_id } = await ready(rigged, { top_k: 2, max_tokens: 100 });
    const first = await ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, first.id);
    await openai('POST', `/threads/${thread_id}/messages`, { role: 'user', content: 'again' });
    const second = await openai('POST', `/threads/${thread_id}/runs`, { assistant_id });
    expect(second).not.toHaveProperty('dashscope');
    const done = await openai('GET', `/threads/${thread_id}/runs/${second.id}`);
    expect(done).toMatchObject({ status: 'completed', usage: { prompt_tokens: expect.any(Number) } });
    expect(done).not.toHaveProperty('dashscope');

    const seen = await ok('GET', `/threads/${thread_id}/messages?order=asc`);
    const theirs = await openai('GET', `/threads/${thread_id}/messages?order=asc`);
    const text = (message: { content: [{ text: { value: string } }] }) => message.content[0].text.value;
    expect(seen.data.map(text)).toEqual(['Hello there', 'from DashScope', 'again', 'from OpenAI']);
    expect(theirs.data.map(text)).toEqual(seen.data.map(text));
    expect(theirs.data.map(({ id }: { id: string }) => id.replace(/^msg_/, 'message_'))).toEqual(
      seen.data.map(({ id }: { id: string }) => id),
    );
    expect(await ok('GET', `/threads/${thread_id}/runs/${second.id}`)).toMatchObject({
      status: 'completed',
      usage: { input_tokens: done.usage.prompt_tokens, output_tokens: done.usage.completion_tokens },
    });
    // The assistant's own limit holds whichever dialect runs it.
    expect(sim.responsesRequests.map(({ body }) => body.max_output_tokens)).toEqual([100, 100]);
  });
});
