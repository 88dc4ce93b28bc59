/** `--runs-per-tenant` holds for all processes that share a queue: runs in line count, whoever took them in. */
import { afterEach, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { callFunctions, hang, say, turn } from '../../src/simulator/index.ts';
import { describeWith, redis } from '../services.ts';
import { type Cluster, cluster } from './cluster.ts';

const open: { data: Cluster; gateways: Gateway[] }[] = [];
afterEach(async () => {
  for (const { data, gateways } of open.splice(0)) {
    await Promise.all(gateways.map((one) => one.close(0)));
    await data.clear();
  }
});

async function limited(runsPerTenant: number) {
  const data = await cluster('redis');
  const gateways: Gateway[] = [];
  open.push({ data, gateways });
  const gateway = async (options: GatewayOptions = {}) => {
    const made = createGateway(
      {
        upstream: 'http://simulator.test/v1',
        auth: 'keys',
        keys: ['key-of-one', 'key-of-another'],
        upstreamKey: 'sk-own',
        runsPerTenant,
        log: () => {},
        ...data.options,
        ...options,
      },
      data.sim.fetch as never,
    );
    gateways.push(made);
    await made.open();
    return async (method: string, path: string, body?: unknown, key = 'key-of-one') => {
      const response = await made.fetch(
        new Request(`http://gateway.test/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${key}`, 'openai-beta': 'assistants=v2' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
      return { status: response.status, headers: response.headers, json: await response.json() };
    };
  };
  const one = await gateway({ apiOnly: true });
  const other = await gateway({ apiOnly: true });
  const assistantOf = async (key: string) =>
    (
      await one(
        'POST',
        '/assistants',
        { model: 'gpt-4o', tools: [{ type: 'function', function: { name: 'look' } }] },
        key,
      )
    ).json.id as string;
  const body = { assistant_id: await assistantOf('key-of-one'), thread: { messages: [GO] } };
  return { ...data, one, other, gateway, body, assistantOf };
}

const GO = { role: 'user', content: 'Go' };

describeWith(redis, 'two gateways that let a tenant have two runs', () => {
  it('refuse a third, wherever the two came in, until one of them has ended; other tenants are not concerned', async () => {
    const { one, other, body, assistantOf } = await limited(2);
    const { json: first } = await one('POST', '/threads/runs', body);
    expect((await one('POST', '/threads/runs', body)).status).toBe(200);
    for (const gateway of [one, other]) {
      const { status, headers, json } = await gateway('POST', '/threads/runs', body);
      expect(status).toBe(429);
      expect(headers.get('retry-after')).toBe('1');
      expect(json.error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' });
      expect(json.error.message).toContain('2 runs in progress');
    }
    const theirs = { ...body, assistant_id: await assistantOf('key-of-another') };
    expect((await other('POST', '/threads/runs', theirs, 'key-of-another')).status).toBe(200);
    await other('POST', `/threads/${first.thread_id}/runs/${first.id}/cancel`);
    await expect.poll(async () => (await other('POST', '/threads/runs', body)).status).toBe(200);
    expect((await one('POST', '/threads/runs', body)).status).toBe(429);
  });

  it('of ten that come at once let two in, and leave nothing of the others behind', async () => {
    const { one, other, body } = await limited(2);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => (at % 2 ? one : other)('POST', '/threads/runs', body)),
    );
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken.length).toBeLessThanOrEqual(2);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10 - taken.length);
    const { json: threads } = await one('GET', '/threads');
    expect(threads.data).toHaveLength(taken.length);
  });

  it('do not count a run that waits for its caller; one that a worker carries out they do (§2.2)', async () => {
    const { sim, one, other, gateway, body } = await limited(1);
    sim.script(callFunctions({ name: 'look', arguments: {} }), turn(say('Half'), hang()));
    const { json: run } = await one('POST', '/threads/runs', body);
    await gateway();
    const path = `/threads/${run.thread_id}/runs/${run.id}`;
    const status = async () => (await other('GET', path)).json.status;
    await expect.poll(status, { timeout: 10_000 }).toBe('requires_action');
    const { json: waiting } = await one('GET', path);
    const [call] = waiting.required_action.submit_tool_outputs.tool_calls;
    const { json: second } = await one('POST', '/threads/runs', body);
    expect(second.status).toBe('queued');
    await one('POST', `/threads/${second.thread_id}/runs/${second.id}/cancel`);
    const tool_outputs = [{ tool_call_id: call.id, output: 'a tree' }];
    expect((await other('POST', `${path}/submit_tool_outputs`, { tool_outputs })).status).toBe(200);
    await expect.poll(async () => (await other('POST', '/threads/runs', body)).status).toBe(429);
    await one('POST', `${path}/cancel`);
    await expect.poll(async () => (await one('POST', '/threads/runs', body)).status).toBe(200);
  });
});
