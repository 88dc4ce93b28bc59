/** Runs are looked after though nobody asks for them: taken up when their process goes, expired when their time is over. */
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import {
  callFunctions,
  createSimulator,
  hang,
  type Simulator,
  say,
  turn,
} from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { ready } from '../surface/harness.ts';
import { type Cluster, cluster, type Shared } from './cluster.ts';

const open: Cluster[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.clear()));
});

const calls = (sim: Simulator) => sim.requests.filter(({ path }) => path === '/responses').length;

async function started(shared: Shared) {
  const data = await cluster(shared);
  open.push(data);
  return data;
}

function recovers(shared: Shared) {
  it('a run whose process has gone is carried on by another that was asked for nothing', async () => {
    const data = await started(shared);
    const first = data.member();
    const { assistant_id, thread_id } = await ready(first);
    data.sim.script(turn(say('Half an ans'), hang()), say('A whole answer.'));
    const run = await first.beta.threads.runs.create(thread_id, { assistant_id });
    const second = data.member();
    // A client of the process has said where to call; of the run it says nothing.
    await second.beta.threads.create();
    await expect.poll(() => calls(data.sim)).toBe(1);
    await first.assistants.close({ timeout: 0 });
    await expect.poll(() => calls(data.sim), { timeout: 10_000 }).toBe(2);
    // Lists of messages look after nothing.
    const texts = async () =>
      (await second.beta.threads.messages.list(thread_id, { run_id: run.id })).data.map(
        ({ content: [part] }) => part?.type === 'text' && part.text.value,
      );
    await expect.poll(texts).toEqual(['A whole answer.']);
    const ended = await second.beta.threads.runs.retrieve(run.id, { thread_id });
    expect(ended.status).toBe('completed');
  });

  it('a process leaves nothing behind in the store when its runs have ended', async () => {
    const data = await started(shared);
    const member = data.member();
    const { assistant_id, thread_id } = await ready(member);
    await member.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    await member.assistants.close();
    const store = await openStore(data.options.store as string, {
      namespace: data.options.namespace as string,
      ...(data.options.queue && { locks: data.options.queue }),
    });
    const { openLog } = await import('../../src/store/log.ts');
    expect(await openLog(store, 'processes').all()).toEqual([]);
    await store.close();
  });
}

describe('on the file store', () => {
  recovers('file');

  it('a run that waits for outputs beyond its expiry ends without being asked about (§2.6)', async () => {
    const data = await cluster('file', { runExpiry: 3 });
    open.push(data);
    const { beta, sim } = data.member();
    const { assistant_id, thread_id } = await ready({ beta } as never, {
      tools: [{ type: 'function', function: { name: 'look' } }],
    });
    sim.script(callFunctions({ name: 'look', arguments: {} }));
    const run = await beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(run.status).toBe('requires_action');
    // Steps are read as they are stored.
    const statuses = async () =>
      (await beta.threads.runs.steps.list(run.id, { thread_id })).data.map(({ status }) => status);
    await expect.poll(statuses, { timeout: 10_000 }).toEqual(['expired']);
  });
});

describeWith(redis, 'on Redis', () => recovers('redis'));
describeWith(redis.missing ? redis : postgres, 'on PostgreSQL with Redis', () => recovers('postgres'));

describe('behind a gateway', () => {
  const call = (options: GatewayOptions, sim: Simulator, key: string) => {
    const gateway = createGateway(
      { upstream: 'http://simulator.test/v1', trustKeys: true, recoverAfter: 1, log: () => {}, ...options },
      sim.fetch,
    );
    const send = async (method: string, path: string, body?: unknown) => {
      const response = await gateway.fetch(
        new Request(`http://gateway.test/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${key}`, 'openai-beta': 'assistants=v2' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
      return response.json();
    };
    return { gateway, send };
  };

  async function abandoned(options: GatewayOptions, key: string) {
    const data = await started('file');
    const shared = { store: data.options.store as string, ...options };
    const sim = createSimulator();
    const first = call(shared, sim, key);
    const { id: assistant_id } = await first.send('POST', '/assistants', { model: 'gpt-4o' });
    sim.script(turn(say('Half'), hang()), say('All of it.'));
    const run = await first.send('POST', '/threads/runs', {
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'Go' }] },
    });
    await expect.poll(() => calls(sim)).toBe(1);
    await first.gateway.close(0);
    const second = call(shared, sim, key);
    await second.gateway.open();
    return { sim, run, second };
  }

  it('with --auth keys a run is taken up with the upstream key of its tenant, before the tenant comes', async () => {
    const tenants = {
      acme: { keys: ['gw-acme'], upstreamKey: 'sk-acme' },
      other: { keys: ['gw-other'], upstreamKey: 'sk-other' },
    };
    const { sim, second } = await abandoned({ auth: 'keys', tenants }, 'gw-acme');
    await expect.poll(() => calls(sim), { timeout: 10_000 }).toBe(2);
    expect(sim.requests.at(-1)?.headers['authorization']).toBe('Bearer sk-acme');
    await second.gateway.close(0);
  });

  it('with passthrough and no key of its own it waits for its owner, who finds it carried on', async () => {
    const { sim, run, second } = await abandoned({ auth: 'passthrough' }, 'sk-caller');
    // Each look takes up everything that it may: two of them have passed when a third has begun.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(calls(sim)).toBe(1);
    await second.send('GET', `/threads/${run.thread_id}/runs/${run.id}`);
    await expect.poll(() => calls(sim)).toBe(2);
    expect(sim.requests.at(-1)?.headers['authorization']).toBe('Bearer sk-caller');
    await second.gateway.close(0);
  });
});
