/** `withAssistants`: the same client, in front of which only the Assistants routes are answered. */
import { describe, expect, test } from 'vitest';
import { createAssistants, OptionsError, type RethreadOptions, withAssistants } from '../../src/index.ts';
import { createSimulator, hang, httpError, rateLimit, say, turn } from '../../src/simulator/index.ts';
import { betaOf, type Client, majors, newest } from '../surface/clients.ts';

type ClientOptions = ConstructorParameters<(typeof newest)['SDK']>[0];
const BASE = { apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1' };
const CONFIG = { model: 'gpt-4o', instructions: 'x' };

function door(major = newest, client: ClientOptions = {}, options: RethreadOptions = {}) {
  const sim = createSimulator({ apiKey: ['sk-sim', 'sk-other'] });
  const assistants = createAssistants({ store: 'memory:', log: () => {}, ...options });
  const wrapped = withAssistants(
    new major.SDK({ ...BASE, fetch: sim.fetch as typeof fetch, ...client }),
    assistants,
  );
  return { sim, client: wrapped, beta: betaOf(major.major, wrapped) };
}

async function finished(beta: ReturnType<typeof betaOf>, assistant_id: string) {
  const { id: thread_id } = await beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  return beta.threads.runs.createAndPoll(thread_id, { assistant_id });
}

describe.each(majors)('openai $major', (major) => {
  test('the same client comes back; other requests go through the fetch that was there', async () => {
    const sim = createSimulator();
    const before = new major.SDK({ ...BASE, fetch: sim.fetch as typeof fetch });
    const after = withAssistants(before, { store: 'memory:', concurrency: 7 });
    expect(after).toBe(before);
    expect(after).toBeInstanceOf(major.SDK);
    await after.models.list();
    await betaOf(major.major, after).threads.create();
    expect(sim.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /models']);
  });

  test('the client’s key, organisation, project and headers go upstream; its beta header does not', async () => {
    const { sim, beta } = door(major, {
      organization: 'org-1',
      project: 'proj_1',
      defaultHeaders: { 'x-mine': 'yes' },
    });
    expect((await finished(beta, (await beta.assistants.create(CONFIG)).id)).status).toBe('completed');
    const headers = sim.responsesRequests[0]?.headers ?? {};
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-sim',
      'openai-organization': 'org-1',
      'openai-project': 'proj_1',
      'x-mine': 'yes',
    });
    expect(headers['openai-beta']).toBeUndefined();
  });

  test('other routes get no Idempotency-Key that the program has not asked for (§1.2)', async () => {
    const { sim, client } = door(major);
    await client.responses.create({ model: 'gpt-4o', input: 'hi' });
    expect(sim.requests.at(-1)?.headers['idempotency-key']).toBeUndefined();
    await client.responses.create({ model: 'gpt-4o', input: 'hi' }, { idempotencyKey: 'mine' });
    expect(sim.requests.at(-1)?.headers['idempotency-key']).toBe('mine');
  });

  test('errors are the SDK’s own classes, with status and request id (§2.9 no. 4)', async () => {
    const { beta } = door(major);
    const error = await beta.threads.retrieve('thread_nope').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(major.SDK.NotFoundError);
    expect(error).toMatchObject({ status: 404, message: "404 No thread found with id 'thread_nope'." });
    const { request_id, requestID } = error as { request_id?: string; requestID?: string };
    expect(request_id ?? requestID).toMatch(/^req_[0-9a-f]{32}$/);
  });

  test('a key that the upstream refuses fails the create call and leaves nothing behind (§4.6)', async () => {
    const { beta } = door(major, { apiKey: 'sk-wrong', maxRetries: 0 });
    const { id: assistant_id } = await beta.assistants.create(CONFIG);
    const { id: thread_id } = await beta.threads.create();
    const additional_messages = [{ role: 'user' as const, content: 'hi' }];
    const create = beta.threads.runs.create(thread_id, { assistant_id, additional_messages });
    await expect(create).rejects.toBeInstanceOf(major.SDK.AuthenticationError);
    expect((await beta.threads.runs.list(thread_id)).data).toEqual([]);
    expect((await beta.threads.messages.list(thread_id)).data).toEqual([]);
  });

  test('a rate limit upstream is waited out, a failing server tried again (§4.6)', async () => {
    const { sim, beta } = door(major);
    const { id } = await beta.assistants.create(CONFIG);
    sim.script(rateLimit({ retryAfterMs: 1, times: 1 }), turn(say('after')));
    expect((await finished(beta, id)).status).toBe('completed');
    sim.script(httpError(500, { message: 'boom' }, { times: 1 }), turn(say('after')));
    expect((await finished(beta, id)).status).toBe('completed');
  });

  test('a stream that is aborted ends for its reader, and the run goes on (§5.3)', async () => {
    const { sim, beta } = door(major);
    const { id: assistant_id } = await beta.assistants.create(CONFIG);
    const { id: thread_id } = await beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
    sim.script(turn(say('a b c d', { deltas: 4 })));
    const stream = beta.threads.runs.stream(thread_id, { assistant_id });
    stream.on('event', () => stream.abort());
    await stream.done().catch(() => {});
    const [run] = (await beta.threads.runs.list(thread_id)).data;
    expect((await beta.threads.runs.poll(run?.id as string, { thread_id })).status).toBe('completed');
  });

  test('Azure: its api-key and api-version go to its Responses API', async () => {
    const sim = createSimulator();
    const seen: { url: string; headers: Headers }[] = [];
    const azure = new major.Azure({
      apiKey: 'azure-key',
      endpoint: 'https://mine.openai.azure.com',
      apiVersion: '2025-04-01-preview',
      fetch: (async (url: string, init: RequestInit) => {
        seen.push({ url: String(url), headers: new Headers(init.headers) });
        const { pathname } = new URL(url);
        return sim.fetch(`http://simulator.test/v1${pathname.replace('/openai', '')}`, init);
      }) as typeof fetch,
    });
    const client = withAssistants(
      azure as unknown as Client,
      createAssistants({ store: 'memory:', log: () => {} }),
    );
    const beta = betaOf(major.major, client);
    expect((await finished(beta, (await beta.assistants.create(CONFIG)).id)).status).toBe('completed');
    expect(seen.map(({ url }) => url)).toEqual([
      'https://mine.openai.azure.com/openai/responses?api-version=2025-04-01-preview',
    ]);
    expect(seen[0]?.headers.get('api-key')).toBe('azure-key');
  });
});

describe('any client', () => {
  test('withOptions: the new client’s key goes upstream, its threads are the same', async () => {
    const { sim, client } = door();
    const other = client.withOptions({ apiKey: 'sk-other' });
    const { id } = await other.beta.assistants.create(CONFIG);
    expect((await finished(other.beta, id)).status).toBe('completed');
    expect(sim.responsesRequests.at(-1)?.headers['authorization']).toBe('Bearer sk-other');
    expect((await client.beta.assistants.retrieve(id)).id).toBe(id);
  });

  test('what programs hang onto client.beta stays there', () => {
    const { client } = door();
    const patched = client.beta.assistants as unknown as { swarm?: { size: number } };
    patched.swarm = { size: 3 };
    expect((client.beta.assistants as typeof patched).swarm?.size).toBe(3);
  });

  test('clients of equal options share their threads; wrapping twice changes nothing', async () => {
    const sim = createSimulator();
    const options = { store: 'memory:', concurrency: 11 };
    const make = (given: RethreadOptions) =>
      withAssistants(new newest.SDK({ ...BASE, fetch: sim.fetch as typeof fetch }), given);
    const { id } = await make({ ...options }).beta.threads.create();
    const twice = withAssistants(make({ ...options }), { ...options });
    expect((await twice.beta.threads.retrieve(id)).id).toBe(id);
    const apart = make({ ...options, concurrency: 12 });
    await expect(apart.beta.threads.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test('withResponse and asResponse give the answer’s headers (§1.2)', async () => {
    const { client } = door();
    const { data, response, request_id } = await client.beta.threads.create().withResponse();
    expect(response.headers.get('openai-version')).toBe('2020-10-01');
    expect(response.headers.get('x-request-id')).toBe(request_id);
    expect((await client.beta.threads.retrieve(data.id).asResponse()).status).toBe(200);
  });

  test('ChatKit’s threads are another API’s', async () => {
    const { sim, client } = door();
    await client.get('/chatkit/threads').catch(() => {});
    expect(sim.requests.at(-1)?.path).toBe('/chatkit/threads');
  });

  test('a store that cannot be opened is told in the answer', async () => {
    const { client } = door(newest, {}, { store: 'redis://127.0.0.1:1' });
    await expect(client.beta.threads.create()).rejects.toThrow(/500 .*cannot connect to the server/);
  });

  test('a mounted handler sends credentials upstream, and no cookies', async () => {
    const sim = createSimulator();
    const mounted = createAssistants({
      store: 'memory:',
      log: () => {},
      upstream: { baseURL: BASE.baseURL, fetch: sim.fetch as typeof fetch },
    });
    const post = async (path: string, body: unknown) => {
      const answer = await mounted.fetch(
        new Request(`http://mine.test/api/ai${path}`, {
          method: 'POST',
          headers: { authorization: 'Bearer sk-sim', cookie: 'session=1', 'openai-beta': 'assistants=v2' },
          body: JSON.stringify(body),
        }),
      );
      return answer.json();
    };
    const { id } = await post('/assistants', CONFIG);
    await post('/threads/runs', { assistant_id: id });
    expect(sim.responsesRequests[0]?.headers['authorization']).toBe('Bearer sk-sim');
    expect(sim.responsesRequests[0]?.headers['cookie']).toBeUndefined();
  });

  test.each([
    [{ store: 'floppy:' }, /store: expected memory:/],
    [{ runExpiry: -1 }, /runExpiry/],
    [{ sotre: 'memory:' }, /'sotre': no such option/],
    [{ assistants: { asst_1: { instructions: 'x' } } }, /assistants\.asst_1\.model/],
  ])('%j is refused with the field’s name', (options, message) => {
    expect(() => createAssistants(options as RethreadOptions)).toThrow(message);
  });

  test('what is no client is refused', () => {
    expect(() => withAssistants({} as never)).toThrow(OptionsError);
  });
});

describe('busyThread (§2.1, §2.9 no. 2)', () => {
  const held = async (options: RethreadOptions) => {
    const { sim, beta } = door(newest, {}, options);
    const { id: assistant_id } = await beta.assistants.create(CONFIG);
    const { id: thread_id } = await beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
    sim.script(turn(say('one'), hang()));
    const first = await beta.threads.runs.create(thread_id, { assistant_id });
    return { sim, beta, assistant_id, thread_id, first };
  };

  test('reject is the default: the original’s 400', async () => {
    const { beta, assistant_id, thread_id, first } = await held({});
    await expect(beta.threads.runs.create(thread_id, { assistant_id })).rejects.toMatchObject({
      status: 400,
      message: `400 Thread ${thread_id} already has an active run ${first.id}.`,
    });
    await beta.threads.runs.cancel(first.id, { thread_id });
  });

  test('interrupt cancels the active run', async () => {
    const { sim, beta, assistant_id, thread_id, first } = await held({ busyThread: 'interrupt' });
    sim.script(turn(say('two')));
    const second = await beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(second.status).toBe('completed');
    expect((await beta.threads.runs.retrieve(first.id, { thread_id })).status).toBe('cancelled');
  });

  test('enqueue waits until the thread is free', async () => {
    const { beta, thread_id, first } = await held({ busyThread: 'enqueue' });
    let added = false;
    const message = beta.threads.messages
      .create(thread_id, { role: 'user', content: 'later' })
      .then((made) => {
        added = true;
        return made;
      });
    await beta.threads.runs.retrieve(first.id, { thread_id });
    expect(added).toBe(false);
    await beta.threads.runs.cancel(first.id, { thread_id });
    expect((await message).thread_id).toBe(thread_id);
  });
});
