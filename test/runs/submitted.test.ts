/** A process that is killed while it takes tool outputs: the retry gets the run, and the outputs are taken once (§2.2, §6). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '../../src/assistants/domain.ts';
import type { RunRecord } from '../../src/assistants/runs.ts';
import { Service } from '../soak/programs.ts';
import { type Answer, ask, ground } from '../soak/services.ts';

/**
 * Points at which the process dies: around the writes of a submit, and at the call upstream that it leads to. What it
 * looks after when it starts has points too, so that one number is not always the same place.
 */
const POINTS = [6, 2, 7, 5, 8, 4, 9, 3, 10, 1];

describe('a process is killed at the n-th point of a submit', () => {
  let place: Awaited<ReturnType<typeof ground>>;
  let service: Service;
  /** Where the next life of the process ends. */
  let diesAt = 0;
  beforeAll(async () => {
    place = await ground('file');
    service = await Service.start(place, () => {
      const at = diesAt;
      diesAt = 0;
      return { diesAt: at };
    });
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    await place.clear();
  });

  const must = ({ status, body }: Answer) => {
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const get = async (path: string) => must(await ask([service], 'GET', path));
  const post = async (path: string, body: unknown) => must(await ask([service], 'POST', path, body));

  /** Resolves when the process has died `kills` times, or after a while. */
  async function died(kills: number): Promise<boolean> {
    const deadline = Date.now() + 5_000;
    while (service.kills < kills && Date.now() < deadline) await new Promise((r) => setTimeout(r, 20));
    return service.kills >= kills;
  }

  it.each([
    ['with its Idempotency-Key', true],
    ['without one', false],
  ])(
    'and it is sent again %s: the run goes on, with these outputs and nothing doubled',
    async (_, keyed) => {
      const { id: assistant_id } = await post('/assistants', {
        model: 'gpt-4o',
        tools: [{ type: 'function', function: { name: 'look' } }],
      });
      let takenBefore = 0;
      for (const point of POINTS) {
        if (takenBefore > 0) break;
        const thread = { messages: [{ role: 'user', content: `at ${point}` }] };
        const { id, thread_id } = await post('/threads/runs', { assistant_id, thread });
        const where = `/threads/${thread_id}/runs/${id}`;
        await expect.poll(async () => (await get(where)).status, { timeout: 20_000 }).toBe('requires_action');
        const { required_action: action } = await get(where);
        const tool_outputs = action.submit_tool_outputs.tool_calls.map((call: { id: string }) => ({
          tool_call_id: call.id,
          output: 'seen',
        }));
        diesAt = point;
        const before = service.kills;
        service.kill();
        await died(before + 1);
        await expect
          .poll(() => fetch(service.url).then(Boolean, () => false), { timeout: 20_000 })
          .toBe(true);

        const key = randomUUID();
        const submit = () =>
          fetch(`${service.url}${where}/submit_tool_outputs`, {
            method: 'POST',
            headers: {
              'openai-beta': 'assistants=v2',
              'content-type': 'application/json',
              ...(keyed && { 'idempotency-key': key }),
            },
            body: JSON.stringify({ tool_outputs }),
          });
        const first = await submit().catch(() => undefined);
        if (!first) {
          const record = await place.data.get<RunRecord>(keys.run(thread_id, id));
          const taken = record?.submitted !== undefined;
          await expect
            .poll(() => fetch(service.url).then(Boolean, () => false), { timeout: 20_000 })
            .toBe(true);
          const again = await submit();
          const body = await again.json();
          expect({ point, taken, status: again.status, body }).toMatchObject({ status: 200, body: { id } });
          // Not answered out of what was noted: the process died before it could note anything.
          if (taken && !again.headers.has('idempotent-replayed')) takenBefore += 1;
        }
        await expect.poll(async () => (await get(where)).status, { timeout: 20_000 }).toBe('completed');
        const texts = (await get(`/threads/${thread_id}/messages?order=asc`)).data.map(
          (message: { content: { text: { value: string } }[] }) => message.content[0]?.text.value,
        );
        expect(texts).toEqual([`at ${point}`, `Answer to at ${point}`]);
        const [step] = (await get(`${where}/steps?order=asc`)).data;
        expect(step.step_details.tool_calls).toMatchObject([{ function: { output: 'seen' } }]);
      }
      expect(takenBefore).toBeGreaterThan(0);
    },
    180_000,
  );
});
