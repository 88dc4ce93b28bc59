/** Gateways that put their runs in line, and workers that carry them out (`rethread serve --queue`, `rethread worker`). */
import { afterEach, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { callFunctions, hang, httpError, say, turn } from '../../src/simulator/index.ts';
import { describeWith, redis } from '../services.ts';
import { type Cluster, cluster } from './cluster.ts';

const open: { data: Cluster; gateways: Gateway[] }[] = [];
afterEach(async () => {
  for (const { data, gateways } of open.splice(0)) {
    await Promise.all(gateways.map((one) => one.close(0)));
    await data.clear();
  }
});

async function started() {
  const data = await cluster('redis');
  const gateways: Gateway[] = [];
  open.push({ data, gateways });
  const gateway = async (options: GatewayOptions = {}) => {
    const made = createGateway(
      {
        upstream: 'http://simulator.test/v1',
        auth: 'none',
        upstreamKey: 'sk-own',
        log: () => {},
        ...data.options,
        ...options,
      },
      data.sim.fetch as never,
    );
    gateways.push(made);
    await made.open();
    const send = async (method: string, path: string, body?: unknown, headers = {}) => {
      const response = await made.fetch(
        new Request(`http://gateway.test${path}`, {
          method,
          headers: { authorization: 'Bearer sk-any', 'openai-beta': 'assistants=v2', ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
    };
    return { made, send };
  };
  const api = await gateway({ apiOnly: true });
  const { json: assistant } = await api.send('POST', '/v1/assistants', {
    model: 'gpt-4o',
    tools: [{ type: 'function', function: { name: 'look' } }],
  });
  const body = { assistant_id: assistant.id, thread: { messages: [{ role: 'user', content: 'Go' }] } };
  return { ...data, api, gateway, body };
}

type Api = Awaited<ReturnType<typeof started>>['api'];

const ended = async ({ send }: Api, run: { id: string; thread_id: string }) => {
  const path = `/v1/threads/${run.thread_id}/runs/${run.id}`;
  const { json } = await send('GET', path, undefined, { 'x-stainless-poll-helper': 'true' });
  return json;
};

describeWith(redis, 'a gateway that leaves its runs to workers', () => {
  it('answers with a queued run, which a worker carries out when there is one; both phases, streamed here', async () => {
    const { sim, api, gateway, body } = await started();
    sim.script(callFunctions({ name: 'look', arguments: {} }), say('Seen.'));
    const { json: run } = await api.send('POST', '/v1/threads/runs', body);
    expect(run.status).toBe('queued');
    expect(sim.requests.filter(({ path }) => path === '/responses')).toHaveLength(0);
    await gateway();
    const waiting = await ended(api, run);
    expect(waiting.status).toBe('requires_action');
    const [call] = waiting.required_action.submit_tool_outputs.tool_calls;
    const { text } = await api.send(
      'POST',
      `/v1/threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`,
      {
        tool_outputs: [{ tool_call_id: call.id, output: 'a tree' }],
        stream: true,
      },
    );
    expect(text).toContain('event: thread.message.delta');
    expect(text).toContain('event: thread.run.completed');
  });

  it('tells its caller when the upstream does not know the model, and leaves nothing of the request behind (§4.6)', async () => {
    const { sim, api, gateway, body } = await started();
    await gateway();
    sim.script(httpError(404, { code: 'model_not_found', message: 'No such model.' }));
    const { status, json } = await api.send('POST', '/v1/threads/runs', body);
    expect(status).toBe(400);
    expect(json.error.code).toBe('unsupported_model');
    expect((await api.send('GET', '/v1/threads')).json.data).toEqual([]);
  });

  it('cancels a run that stands in line, and one that a worker carries out (§2.5)', async () => {
    const { sim, api, gateway, body } = await started();
    const cancel = async (run: { id: string; thread_id: string }) => {
      const path = `/v1/threads/${run.thread_id}/runs/${run.id}`;
      expect((await api.send('POST', `${path}/cancel`)).json.status).toBe('cancelling');
      expect((await api.send('GET', path)).json.status).toBe('cancelled');
    };
    const { json: first } = await api.send('POST', '/v1/threads/runs', body);
    await cancel(first);
    await gateway();
    sim.script(turn(say('Busy'), hang()));
    const { json: second } = await api.send('POST', '/v1/threads/runs', body);
    await expect.poll(() => sim.requests.at(-1)?.path).toBe('/responses');
    await cancel(second);
    await expect.poll(() => sim.requests.at(-1)?.aborted).toBe(true);
    expect(sim.requests.filter(({ path }) => path === '/responses')).toHaveLength(1);
  });

  it('a run that a worker left is carried on by another', async () => {
    const { sim, api, gateway, body } = await started();
    const first = await gateway();
    sim.script(turn(say('Half'), hang()), say('All of it.'));
    const { json: run } = await api.send('POST', '/v1/threads/runs', body);
    await expect.poll(() => sim.requests.at(-1)?.path).toBe('/responses');
    await gateway();
    await first.made.close(0);
    expect((await ended(api, run)).status).toBe('completed');
    const { json: messages } = await api.send('GET', `/v1/threads/${run.thread_id}/messages`);
    expect(messages.data.map(({ role }: { role: string }) => role)).toEqual(['assistant', 'user']);
  });

  it('with passthrough a run is carried out where it came in, with its caller’s key', async () => {
    const { sim, gateway, body, api } = await started();
    const own = await gateway({ auth: 'passthrough', trustKeys: true, apiOnly: true });
    const { json: assistant } = await own.send('POST', '/v1/assistants', { model: 'gpt-4o' });
    const { json: run } = await own.send('POST', '/v1/threads/runs', { ...body, assistant_id: assistant.id });
    expect((await ended(own, run)).status).toBe('completed');
    expect(sim.requests.at(-1)?.headers['authorization']).toBe('Bearer sk-any');
    expect((await api.send('GET', `/v1/threads/${run.thread_id}`)).status).toBe(404);
  });

  it('/readyz says whether the queue answers', async () => {
    const { api } = await started();
    expect((await api.send('GET', '/readyz')).json).toEqual({
      status: 'ready',
      store: 'redis',
      queue: 'redis',
    });
  });
});
