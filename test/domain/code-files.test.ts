import { afterEach, describe, expect, it } from 'vitest';
import { runCode, say, turn } from '../../src/simulator/index.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';

let world: World;
const open = (options: WorldOptions = {}) => {
  world = createWorld(options);
  return world;
};
afterEach(() => world.close());

const CODE = { tools: [{ type: 'code_interpreter' }] };
const PNG = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 1, 2, 3]);
const PLOT = turn(
  runCode({ code: 'plot()', files: [{ path: 'plot.png', content: PNG }] }),
  say('Here it is.', { files: [{ path: 'plot.png' }] }),
);

async function run(runs: string, assistantId: string, threadId: string) {
  const { status, body } = await world.call('POST', runs, { assistant_id: assistantId });
  expect([status, body.error]).toEqual([200, undefined]);
  return settledRun(world, threadId, body.id);
}

/** The body of a call for a response, as loosely as a test looks at it. */
function sent<T>(at: number): T {
  const request = world.sim.responsesRequests.at(at);
  if (!request) throw new Error(`no call for a response at ${at}`);
  return request.body as T;
}
const containerOf = (at: number) =>
  sent<{ tools: { type: string; container: string }[] }>(at).tools.find(
    ({ type }) => type === 'code_interpreter',
  )?.container;
const filesPutInto = (container: string | undefined) =>
  world.sim.requests
    .filter(({ method, path }) => method === 'POST' && path === `/containers/${container}/files`)
    .map(({ body }) => (body as { file_id: string }).file_id);

describe('the container of a thread (§4.3)', () => {
  it('keeps its files from run to run, and gets what is attached meanwhile', async () => {
    open();
    const [one, two] = [world.sim.addFile('one.csv', '1'), world.sim.addFile('two.csv', '2')];
    const attach = (id: string) => [{ file_id: id, tools: [{ type: 'code_interpreter' }] }];
    const { assistantId, threadId, runs } = await prepare(world, CODE, [
      { role: 'user', content: 'Sum it', attachments: attach(one.id) },
    ]);
    expect((await run(runs, assistantId, threadId)).status).toBe('completed');
    await world.call('POST', `/threads/${threadId}/messages`, {
      role: 'user',
      content: 'And this',
      attachments: attach(two.id),
    });
    expect((await run(runs, assistantId, threadId)).status).toBe('completed');
    expect(containerOf(1)).toBe(containerOf(0));
    expect(filesPutInto(containerOf(0))).toEqual([one.id, two.id]);
  });

  for (const [when, attachedMeanwhile] of [
    ['when the call finds it expired', false],
    ['when a new file finds it expired', true],
  ] as const) {
    it(`is made again with all its files ${when}`, async () => {
      open();
      const [one, two] = [world.sim.addFile('one.csv', '1'), world.sim.addFile('two.csv', '2')];
      const attach = (id: string) => [{ file_id: id, tools: [{ type: 'code_interpreter' }] }];
      const { assistantId, threadId, runs } = await prepare(world, CODE, [
        { role: 'user', content: 'Sum it', attachments: attach(one.id) },
      ]);
      await run(runs, assistantId, threadId);
      world.sim.expireContainers();
      if (attachedMeanwhile) {
        await world.call('POST', `/threads/${threadId}/messages`, {
          role: 'user',
          content: 'And',
          attachments: attach(two.id),
        });
      }
      expect((await run(runs, assistantId, threadId)).status).toBe('completed');
      expect(containerOf(-1)).not.toBe(containerOf(0));
      expect(filesPutInto(containerOf(-1))).toEqual(attachedMeanwhile ? [one.id, two.id] : [one.id]);
    });
  }
});

describe('a file that code interpreter makes (§4.4)', () => {
  it('travels in the request when it comes back as a picture of a user: the upstream does not know it', async () => {
    open();
    world.sim.script(PLOT, say('A plot.'));
    const { assistantId, threadId, runs } = await prepare(world, CODE);
    const plotted = await run(runs, assistantId, threadId);
    const { body } = await world.call('GET', `/threads/${threadId}/messages?run_id=${plotted.id}`);
    const picture = body.data[0].content.find((part: { type: string }) => part.type === 'image_file');
    const asked = await world.call('POST', `/threads/${threadId}/messages`, {
      role: 'user',
      content: [
        { type: 'text', text: 'What is that?' },
        { type: 'image_file', image_file: { file_id: picture.image_file.file_id } },
      ],
    });
    expect(asked.status).toBe(200);
    expect((await run(runs, assistantId, threadId)).status).toBe('completed');
    const { input } = sent<{ input: { content: object[] }[] }>(-1);
    expect(input.at(-1)?.content).toEqual([
      { type: 'input_text', text: 'What is that?' },
      {
        type: 'input_image',
        image_url: `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`,
        detail: 'auto',
      },
    ]);
  });

  it('goes into the container as bytes when it is attached again', async () => {
    open();
    world.sim.script(PLOT);
    const { assistantId, threadId, runs } = await prepare(world, CODE);
    const plotted = await run(runs, assistantId, threadId);
    const { body } = await world.call('GET', `/threads/${threadId}/messages?run_id=${plotted.id}`);
    const picture = body.data[0].content.find((part: { type: string }) => part.type === 'image_file');
    world.sim.expireContainers();
    await world.call('POST', `/threads/${threadId}/messages`, {
      role: 'user',
      content: 'Rotate it',
      attachments: [{ file_id: picture.image_file.file_id, tools: [{ type: 'code_interpreter' }] }],
    });
    expect((await run(runs, assistantId, threadId)).status).toBe('completed');
    const upload = world.sim.requests.findLast(({ path }) => path === `/containers/${containerOf(-1)}/files`);
    const file = (upload?.body as { file?: File })?.file;
    expect(file && new Uint8Array(await file.arrayBuffer())).toEqual(PNG);
  });

  it('that cannot be copied does not take the answer away: its id is there, its content is not', async () => {
    const sim = createWorld().sim;
    open({
      sim,
      fetch: async (input, init) =>
        String(input).includes('/containers/') && (init?.method ?? 'GET').toUpperCase() === 'GET'
          ? Response.json({ error: { message: 'Gone.', type: 'server_error' } }, { status: 500 })
          : sim.fetch(input as string, init),
    });
    sim.script(PLOT);
    const { assistantId, threadId, runs } = await prepare(world, CODE);
    expect((await run(runs, assistantId, threadId)).status).toBe('completed');
    const { body } = await world.call('GET', `/threads/${threadId}/messages`);
    const picture = body.data[0].content.find((part: { type: string }) => part.type === 'image_file');
    const missing = await world.fetch(
      new Request(`http://rethread.test/v1/files/${picture.image_file.file_id}/content`),
    );
    expect(missing.status).toBe(404);
    expect(world.logs).toMatchObject([
      { level: 'error', message: 'A file that the run made could not be copied.' },
    ]);
    world.assertNoKey();
  });
});
