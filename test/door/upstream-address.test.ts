/** Where a handler that stands alone calls: `createAssistants({ upstream })`, then OPENAI_BASE_URL. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAssistants, OptionsError, type UpstreamAddress } from '../../src/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';

const MINE = 'http://mine.test/v1';

afterEach(() => vi.unstubAllEnvs());

function handler(upstream: UpstreamAddress = {}) {
  const sim = createSimulator();
  const assistants = createAssistants({
    store: 'memory:',
    log: () => {},
    upstream: { fetch: sim.fetch as typeof fetch, ...upstream },
  });
  const post = async (path: string, body: object) => {
    const answer = await assistants.fetch(
      new Request(`${MINE}${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-sim', 'openai-beta': 'assistants=v2' },
        body: JSON.stringify(body),
      }),
    );
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  return { sim, post };
}

async function run({ post, sim }: ReturnType<typeof handler>) {
  const { body: assistant } = await post('/assistants', { model: 'gpt-4o', instructions: 'x' });
  await post('/threads/runs', { assistant_id: assistant.id });
  return sim.responsesRequests.length;
}

describe('the upstream of a handler that stands alone', () => {
  test('is that of OPENAI_BASE_URL, unless the options name one', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://simulator.test/v1/');
    expect(await run(handler())).toBe(1);
    vi.stubEnv('OPENAI_BASE_URL', 'http://nowhere.test/');
    expect(await run(handler({ baseURL: 'http://simulator.test/v1' }))).toBe(1);
  });

  test.each([
    ['the environment', MINE, {}, 'OPENAI_BASE_URL'],
    ['the environment, with a slash', `${MINE}/`, {}, 'OPENAI_BASE_URL'],
    ['its options', '', { baseURL: MINE }, 'upstream.baseURL'],
  ])('is never the handler itself, though %s says so', async (_, env, upstream, source) => {
    vi.stubEnv('OPENAI_BASE_URL', env);
    const { post, sim } = handler(upstream);
    const { status, headers, body } = await post('/threads', {});
    expect(status).toBe(500);
    expect(headers.get('x-should-retry')).toBe('false');
    expect(body.error).toMatchObject({
      type: 'server_error',
      message: expect.stringMatching(new RegExp(`^${source} is the address of this handler itself\\. Set `)),
    });
    expect(sim.requests).toEqual([]);
  });

  test('an OPENAI_BASE_URL that is none is told of', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'api.openai.com/v1');
    const { status, body } = await handler().post('/threads', {});
    expect([status, body.error.message]).toEqual([
      500,
      "OPENAI_BASE_URL: expected a URL, got 'api.openai.com/v1'",
    ]);
  });

  test.each([
    [
      { baseURL: 'api.openai.com' },
      'options.upstream: baseURL: expected a URL, as in https://api.openai.com/v1',
    ],
    [
      { baseURL: 'ftp://x.test' },
      'options.upstream: baseURL: expected a URL, as in https://api.openai.com/v1',
    ],
    [{ apiKey: '' }, 'options.upstream: apiKey: expected a key, got an empty string'],
    [{ headers: { 'x-a': 1 } }, 'options.upstream: headers.x-a: '],
    [{ fetch: 'node-fetch' }, 'options.upstream: fetch: expected a function'],
    [{ url: 'https://x.test' }, "options.upstream: 'url': no such option"],
  ])('%j is refused with the field’s name', (upstream, message) => {
    const make = () => createAssistants({ store: 'memory:', upstream: upstream as UpstreamAddress });
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(message);
  });
});
