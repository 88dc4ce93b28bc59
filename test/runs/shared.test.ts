/** Processes that share PostgreSQL for their data and Redis for their locks: a thread has one active run, whoever is asked. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAssistants, OptionsError } from '../../src/index.ts';
import { hang, repeat, turn } from '../../src/simulator/index.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { failure, ready } from '../surface/harness.ts';
import { type Cluster, cluster } from './cluster.ts';

const open: Cluster[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.clear()));
});

describeWith(redis.missing ? redis : postgres, 'two processes on PostgreSQL and Redis', () => {
  it('a thread takes one of twenty runs that are started at once, the others are refused (§2.1, §2.9 #2)', async () => {
    const both = await cluster('postgres');
    open.push(both);
    const members = [both.member(), both.member()] as const;
    const { assistant_id, thread_id } = await ready(members[0]);
    both.sim.script(repeat(20, turn(hang())));
    const attempts = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const { beta } = members[at % 2] as (typeof members)[0];
        return beta.threads.runs
          .create(thread_id, { assistant_id })
          .then((run) => run.id)
          .catch((error: Error) => error.message);
      }),
    );
    const [winner] = attempts.filter((attempt) => attempt.startsWith('run_'));
    expect(attempts.filter((attempt) => attempt !== winner)).toEqual(
      Array(19).fill(`400 Thread ${thread_id} already has an active run ${winner}.`),
    );
    for (const { beta } of members) {
      const message = await failure(
        beta.threads.messages.create(thread_id, { role: 'user', content: 'And another thing' }),
      );
      expect(message.message).toContain(`while a run ${winner} is active.`);
    }
  });
});

describe('the option `queue`', () => {
  it.each(['memory:', 'sqlite://threads.db'])(
    'is refused for %s, which only one process can use',
    async (store) => {
      const assistants = createAssistants({ store, queue: 'redis://127.0.0.1:6379' });
      const response = await assistants.fetch(
        new Request('http://localhost/v1/threads', {
          method: 'POST',
          headers: { authorization: 'Bearer sk-x', 'openai-beta': 'assistants=v2' },
        }),
      );
      expect(response.status).toBe(500);
      expect((await response.json()).error.message).toMatch(/^queue: other processes cannot share the store/);
      await assistants.close();
    },
  );

  it('is an address of Redis', () => {
    expect(() => createAssistants({ queue: 'amqp://somewhere' })).toThrow(OptionsError);
  });
});
