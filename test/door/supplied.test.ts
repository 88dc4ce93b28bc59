/** A client whose SDK has `beta.assistants` and `beta.threads` no more gets them from rethread, and stays itself in all else. */
import { describe, expect, test } from 'vitest';
import { createAssistants, withAssistants } from '../../src/index.ts';
import { createSimulator, httpError, type Simulator, say, turn } from '../../src/simulator/index.ts';
import { type Client, type Major, majors } from '../surface/clients.ts';

type Beta = { assistants?: unknown; threads?: unknown };

/** The SDK of a later day: neither a client nor a clone of one comes with the two resources. */
function laterSdk<SDK extends new (...args: never[]) => object>(SDK: SDK): SDK {
  // biome-ignore lint/suspicious/noExplicitAny: a class that extends another takes any arguments
  return class extends (SDK as any) {
    // biome-ignore lint/suspicious/noExplicitAny: the same
    constructor(...args: any[]) {
      super(...args);
      const { beta } = this as unknown as { beta: Beta };
      for (const name of ['assistants', 'threads'] as const) {
        Object.defineProperty(beta, name, { value: undefined, writable: true, configurable: true });
      }
    }
  } as unknown as SDK;
}

const CONFIG = { model: 'gpt-4o', instructions: 'x' };

function supplied({ SDK }: Major, sim: Simulator, options: object = {}) {
  const Later = laterSdk(SDK);
  const client = new Later({
    apiKey: 'sk-sim',
    baseURL: 'http://simulator.test/v1',
    fetch: sim.fetch as typeof fetch,
    ...options,
  });
  expect((client.beta as Beta).threads).toBeUndefined();
  return withAssistants(client, createAssistants({ store: 'memory:', log: () => {}, maxRetries: 0 }));
}

/** The supplied resources are those of rethread's own SDK, whatever the client's major. */
async function streamed({ beta }: Client, assistant_id: string) {
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  const stream = beta.threads.runs.stream(id, { assistant_id });
  return { threadId: id, run: await stream.finalRun(), messages: await stream.finalMessages() };
}

describe.each(majors)('openai $major without the two resources', (major) => {
  test('creates, lists, polls, streams and deletes', async () => {
    const sim = createSimulator();
    const client = supplied(major, sim);
    const { id: assistant_id } = await client.beta.assistants.create(CONFIG);
    const { threadId, run, messages } = await streamed(client, assistant_id);
    expect(run.status).toBe('completed');
    expect(messages).toHaveLength(1);
    const polled = await client.beta.threads.runs.createAndPoll(threadId, { assistant_id });
    expect(polled.status).toBe('completed');
    const listed: string[] = [];
    for await (const { role } of client.beta.threads.messages.list(threadId, { order: 'asc', limit: 1 }))
      listed.push(role);
    expect(listed).toEqual(['user', 'assistant', 'assistant']);
    expect((await client.beta.threads.delete(threadId)).deleted).toBe(true);
    expect(sim.responsesRequests.at(-1)?.headers['authorization']).toBe('Bearer sk-sim');
  });

  test('throws the client’s own error classes', async () => {
    const client = supplied(major, createSimulator());
    const error = await client.beta.threads.retrieve('thread_nope').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(major.SDK.NotFoundError);
    expect(error).toMatchObject({ status: 404, message: "404 No thread found with id 'thread_nope'." });
  });

  test('the client’s own retries are in force', async () => {
    const sim = createSimulator();
    const client = supplied(major, sim, { maxRetries: 0 });
    sim.script(httpError(403, { message: 'no' }, { times: 1 }), turn(say('fine')));
    const { id: assistant_id } = await client.beta.assistants.create(CONFIG);
    const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
    const error = await client.beta.threads.runs
      .create(id, { assistant_id })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(major.SDK.PermissionDeniedError);
    expect(sim.responsesRequests).toHaveLength(1);
  });

  test('Azure: the client’s own key header and api-version are sent', async () => {
    const sim = createSimulator();
    const seen: { url: string; key: string | null }[] = [];
    const Later = laterSdk(major.Azure);
    const azure = new Later({
      apiKey: 'azure-key',
      endpoint: 'https://mine.openai.azure.com',
      apiVersion: '2025-04-01-preview',
      fetch: (async (url: string, init: RequestInit) => {
        seen.push({ url: String(url), key: new Headers(init.headers).get('api-key') });
        return sim.fetch(`http://simulator.test/v1${new URL(url).pathname.replace('/openai', '')}`, init);
      }) as typeof fetch,
    });
    const client = withAssistants(
      azure as unknown as Client,
      createAssistants({ store: 'memory:', log() {} }),
    );
    const { id } = await client.beta.assistants.create(CONFIG);
    expect((await streamed(client, id)).run.status).toBe('completed');
    expect(seen).toEqual([
      {
        url: 'https://mine.openai.azure.com/openai/responses?api-version=2025-04-01-preview',
        key: 'azure-key',
      },
    ]);
  });
});

describe.each(majors.filter(({ major }) => major > 4))('openai $major without the two resources', (major) => {
  test('a key that is a function is asked for, as for any other call', async () => {
    const sim = createSimulator({ apiKey: ['sk-1', 'sk-2'] });
    let calls = 0;
    const client = supplied(major, sim, { apiKey: async () => `sk-${++calls > 3 ? 2 : 1}` });
    const { id } = await client.beta.assistants.create(CONFIG);
    await streamed(client, id);
    await streamed(client, id);
    expect(sim.responsesRequests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer sk-1',
      'Bearer sk-2',
    ]);
  });

  test('a clone by withOptions has them too, and calls as itself', async () => {
    const sim = createSimulator({ apiKey: ['sk-sim', 'sk-clone'] });
    const client = supplied(major, sim);
    const clone = client.withOptions({ apiKey: 'sk-clone' });
    const again = clone.withOptions({ maxRetries: 0 });
    const { id } = await again.beta.assistants.create(CONFIG);
    expect((await streamed(clone, id)).run.status).toBe('completed');
    expect(sim.responsesRequests.at(-1)?.headers['authorization']).toBe('Bearer sk-clone');
    expect((await client.beta.assistants.retrieve(id)).id).toBe(id);
  });
});
