/** The gateway in process: who may come in, whose data they see, and what goes on to the upstream (§0.2, §1.2). */
import { describe, expect, test } from 'vitest';
import { createSimulator, repeat, say, turn } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';
import { gateway } from './rig.ts';

describe('auth', () => {
  test('passthrough: the caller’s own key goes upstream', async () => {
    const { json, simulator } = gateway();
    const assistant = await json('POST', '/v1/assistants', 'sk-one', { model: 'gpt-4o', instructions: 'x' });
    const run = await json('POST', '/v1/threads/runs', 'sk-one', { assistant_id: assistant.id });
    await json('GET', `/v1/threads/${run.thread_id}/runs/${run.id}`, 'sk-one', undefined, {
      'x-stainless-poll-helper': 'true',
    });
    expect(simulator.responsesRequests.at(-1)?.headers['authorization']).toBe('Bearer sk-one');
  });

  test('passthrough: a key the upstream does not know is a 401 in its words, before anything is stored', async () => {
    const { call } = gateway();
    const answer = await call('POST', '/v1/assistants', 'sk-nobody', { model: 'gpt-4o' });
    expect(answer.status).toBe(401);
    expect((await answer.json()).error.code).toBe('invalid_api_key');
  });

  test('passthrough: DashScope is asked at its own address, and its flat 401 told on (dashscope §C.9)', async () => {
    const dashscope = createSimulator({ personality: 'dashscope', apiKey: 'sk-one' });
    const asked: string[] = [];
    const fetch: Fetch = (url, init) => {
      asked.push(url);
      return dashscope.fetch(url, init);
    };
    const { call } = gateway({ profile: 'dashscope' }, fetch);
    const answer = await call('POST', '/v1/assistants', 'sk-nobody', { model: 'qwen-plus' });
    expect(answer.status).toBe(401);
    expect((await answer.json()).error).toMatchObject({
      message: 'Invalid API-key provided.',
      code: 'InvalidApiKey',
    });
    expect((await call('POST', '/v1/assistants', 'sk-one', { model: 'qwen-plus' })).status).toBe(200);
    expect(new Set(asked)).toEqual(new Set(['https://dashscope.aliyuncs.com/compatible-mode/v1/models']));
  });

  test('no key is a 401', async () => {
    const { call } = gateway();
    expect((await call('GET', '/v1/assistants', undefined)).status).toBe(401);
  });

  test('keys: a gateway key is a tenant, and the gateway’s own key goes upstream (§2.9 no. 27 for others)', async () => {
    const { call, json, simulator } = gateway({
      auth: 'keys',
      upstreamKey: 'sk-upstream',
      tenants: { acme: { keys: ['gw-1', 'gw-2'] } },
    });
    const { id } = await json('POST', '/v1/assistants', 'gw-1', { model: 'gpt-4o' });
    expect((await json('GET', `/v1/assistants/${id}`, 'gw-2')).id).toBe(id);
    const refused = await call('GET', `/v1/assistants/${id}`, 'gw-3-long-enough-to-mask');
    expect(refused.status).toBe(401);
    expect((await refused.json()).error.message).toBe(
      'Incorrect API key provided: gw-***mask. You can find your API key at https://platform.openai.com/account/api-keys.',
    );
    await call('GET', '/v1/models', 'gw-1');
    expect(simulator.requests.at(-1)?.headers['authorization']).toBe('Bearer sk-upstream');
  });

  test('organisation and project are part of the scope', async () => {
    const { call, json } = gateway();
    const { id } = await json('POST', '/v1/assistants', 'sk-one', { model: 'gpt-4o' });
    const other = await call('GET', `/v1/assistants/${id}`, 'sk-one', undefined, {
      'openai-project': 'proj_2',
    });
    expect(other.status).toBe(404);
  });

  test('a key that a tenant lists later brings its data along', async () => {
    const store = new Map();
    const { Keyv } = await import('keyv');
    const first = gateway({ store: new Keyv({ store }) });
    const { id } = await first.json('POST', '/v1/assistants', 'sk-one', { model: 'gpt-4o' });
    await first.made.close(0);
    const second = gateway({ store: new Keyv({ store }), tenants: { acme: { keys: ['sk-one', 'sk-two'] } } });
    expect((await second.json('GET', `/v1/assistants/${id}`, 'sk-two')).id).toBe(id);
  });
});

describe('pass-through', () => {
  test('what is not the Assistants API goes to the upstream, without the beta header of one that is gone (§0.2)', async () => {
    const seen: { url: string; headers: Headers; body: string }[] = [];
    const { call } = gateway({ trustKeys: true }, async (url, init) => {
      const request = new Request(url, init);
      seen.push({ url: request.url, headers: request.headers, body: await request.text() });
      return new Response('data: one\n\ndata: two\n\n', {
        headers: { 'content-type': 'text/event-stream', 'set-cookie': 'a=b', 'x-request-id': 'req_up' },
      });
    });
    const answer = await call(
      'POST',
      '/v1/chat/completions?x=1',
      'sk-one',
      { stream: true },
      { cookie: 'c=d' },
    );
    expect(await answer.text()).toBe('data: one\n\ndata: two\n\n');
    expect(answer.headers.get('x-request-id')).toBe('req_up');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(seen).toHaveLength(1);
    expect(seen[0]?.url).toBe('https://api.openai.com/v1/chat/completions?x=1');
    expect(seen[0]?.body).toBe('{"stream":true}');
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer sk-one');
    expect(seen[0]?.headers.get('openai-beta')).toBeNull();
    expect(seen[0]?.headers.get('cookie')).toBeNull();
  });

  test('no path leads to another host, and no redirect is followed', async () => {
    const hosts: string[] = [];
    const { made, call } = gateway({ trustKeys: true }, async (url, init) => {
      hosts.push(new URL(url).host);
      expect(init?.redirect).toBe('manual');
      return new Response(null, { status: 302, headers: { location: 'https://elsewhere.test/' } });
    });
    for (const path of [
      '/v1//elsewhere.test/x',
      '/v1/@elsewhere.test',
      '/v1/%2f%2felsewhere.test',
      '/v1/https://elsewhere.test',
    ]) {
      expect((await call('GET', path, 'sk-one')).status).toBe(302);
    }
    const outside = await made.fetch(
      new Request('http://elsewhere.test/other', {
        headers: { authorization: 'Bearer sk-one', host: 'elsewhere.test' },
      }),
    );
    expect(outside.status).toBe(404);
    expect(new Set(hosts)).toEqual(new Set(['api.openai.com']));
  });

  test('an upstream that cannot be reached is a 502 with the envelope', async () => {
    const { call } = gateway({ trustKeys: true }, async () => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    });
    const answer = await call('GET', '/v1/models', 'sk-one');
    expect(answer.status).toBe(502);
    expect((await answer.json()).error.message).toBe(
      'The upstream could not be reached: connect ECONNREFUSED',
    );
  });
});

describe('limits and operators', () => {
  test('more streams than a tenant may have are a 429 with retry-after, until one ends', async () => {
    const { call, json, simulator } = gateway({ streamsPerTenant: 1 });
    const { id } = await json('POST', '/v1/assistants', 'sk-one', { model: 'gpt-4o', instructions: 'x' });
    simulator.script(turn(say('one')), turn(say('two')));
    const first = await call('POST', '/v1/threads/runs', 'sk-one', { assistant_id: id, stream: true });
    const second = await call('POST', '/v1/threads/runs', 'sk-one', { assistant_id: id, stream: true });
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(second.headers.get('retry-after')).toBe('1');
    expect((await second.json()).error.code).toBe('rate_limit_exceeded');
    await first.text();
    expect(
      (await call('POST', '/v1/threads/runs', 'sk-one', { assistant_id: id, stream: true })).status,
    ).toBe(200);
  });

  test('of requests that come all at once no more are answered with streams than a tenant may have', async () => {
    const { call, json, simulator } = gateway({ streamsPerTenant: 3 });
    const { id } = await json('POST', '/v1/assistants', 'sk-one', { model: 'gpt-4o', instructions: 'x' });
    simulator.script(repeat(10, say('one')));
    const body = { assistant_id: id, stream: true };
    const ask = () => call('POST', '/v1/threads/runs', 'sk-one', body);
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    // A run that is not streamed takes none, and one that is refused gives back what was taken for it.
    expect((await call('POST', '/v1/threads/runs', 'sk-one', { ...body, stream: false })).status).toBe(200);
    await Promise.all(answers.map((answer) => answer.text()));
    const unknown = { ...body, assistant_id: 'asst_none' };
    for (let n = 0; n < 4; n++)
      expect((await call('POST', '/v1/threads/runs', 'sk-one', unknown)).status).toBe(404);
    expect((await ask()).status).toBe(200);
  });

  test('healthz, readyz and metrics answer without a key; metrics name routes, never ids', async () => {
    const { call } = gateway();
    await call('GET', '/v1/threads/thread_secret', 'sk-one');
    expect(await (await call('GET', '/healthz', undefined)).json()).toEqual({ status: 'ok' });
    expect(await (await call('GET', '/readyz', undefined)).json()).toEqual({
      status: 'ready',
      store: 'memory',
    });
    const metrics = await (await call('GET', '/metrics', undefined)).text();
    expect(metrics).toContain(
      'rethread_http_request_duration_seconds_count{method="GET",route="/threads/:thread",status="404"} 1',
    );
    expect(metrics).not.toContain('secret');
  });

  test('metrics ask for their key where one is set', async () => {
    const { call } = gateway({ metricsKey: 'm-1' });
    expect((await call('GET', '/metrics', undefined)).status).toBe(401);
    expect((await call('GET', '/metrics', 'm-1')).status).toBe(200);
  });
});
