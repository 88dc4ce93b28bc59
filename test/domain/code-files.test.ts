import { afterEach, describe, expect, it } from 'vitest';
import { createAssistants, withAssistants } from '../../src/index.ts';
import { createSimulator, runCode, say, turn } from '../../src/simulator/index.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';
import { betaOf, majors } from '../surface/clients.ts';

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

  it.each(['a message', 'a new thread', 'the vector_stores helper'] as const)(
    'goes to the upstream as a file when it is attached for file search by %s (§1.9)',
    async (how) => {
      open();
      world.sim.script(
        turn(
          runCode({ code: 'save()', files: [{ path: 'notes.txt', content: 'The garden opens at nine.' }] }),
          say('See sandbox:/mnt/data/notes.txt'),
        ),
      );
      const made = await prepare(world, CODE);
      const first = await run(made.runs, made.assistantId, made.threadId);
      const { body } = await world.call('GET', `/threads/${made.threadId}/messages?run_id=${first.id}`);
      const minted = body.data[0].content[0].text.annotations[0].file_path.file_id as string;

      const asked = { role: 'user', content: 'When does the garden open?' };
      const attached = { ...asked, attachments: [{ file_id: minted, tools: [{ type: 'file_search' }] }] };
      const searching = await world.call('POST', '/assistants', {
        model: 'gpt-4o',
        tools: [{ type: 'file_search' }],
      });
      let threadId = made.threadId;
      if (how === 'a message') {
        expect((await world.call('POST', `/threads/${threadId}/messages`, attached)).status).toBe(200);
      } else {
        const helper = { file_search: { vector_stores: [{ file_ids: [minted] }] } };
        const thread = await world.call(
          'POST',
          '/threads',
          how === 'a new thread' ? { messages: [attached] } : { messages: [asked], tool_resources: helper },
        );
        threadId = thread.body.id;
      }
      const found = await run(`/threads/${threadId}/runs`, searching.body.id, threadId);
      expect(found.status).toBe('completed');
      const { body: answer } = await world.call('GET', `/threads/${threadId}/messages?limit=1`);
      expect(answer.data[0].content[0].text.value).toContain('The garden opens at nine');
      const [cited] = answer.data[0].content[0].text.annotations;
      expect(cited.file_citation.file_id).not.toBe(minted);
      const upload = world.sim.requests.find(({ method, path }) => method === 'POST' && path === '/files');
      expect(upload?.body).toMatchObject({ purpose: 'assistants' });
    },
  );

  it.each(majors)(
    'goes into the container as bytes also through the fetch of SDK $major',
    async ({ major, SDK }) => {
      const sim = createSimulator();
      const server = await sim.listen();
      const assistants = createAssistants({ store: 'memory:', log: () => {} });
      try {
        const beta = betaOf(
          major,
          withAssistants(new SDK({ apiKey: 'sk-sim', baseURL: server.url, maxRetries: 0 }), assistants),
        );
        sim.script(PLOT, say('Rotated.'));
        const { id: assistant_id } = await beta.assistants.create({
          model: 'gpt-4o',
          tools: [{ type: 'code_interpreter' }],
        });
        const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'Plot it' }] });
        await beta.threads.runs.createAndPoll(thread.id, { assistant_id });
        const { data } = await beta.threads.messages.list(thread.id, { limit: 1 });
        const picture = data[0]?.content.find((part) => part.type === 'image_file');
        sim.expireContainers();
        await beta.threads.messages.create(thread.id, {
          role: 'user',
          content: 'Rotate it',
          attachments: [
            { file_id: picture?.image_file.file_id ?? '', tools: [{ type: 'code_interpreter' }] },
          ],
        });
        const run = await beta.threads.runs.createAndPoll(thread.id, { assistant_id });
        expect([run.status, run.last_error]).toEqual(['completed', null]);
        const put = sim.requests.findLast(({ path }) => /^\/containers\/.*\/files$/.test(path));
        const file = (put?.body as { file?: File })?.file;
        expect(file && new Uint8Array(await file.arrayBuffer())).toEqual(PNG);
      } finally {
        await assistants.close({ timeout: 0 });
        await server.close();
      }
    },
  );

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
