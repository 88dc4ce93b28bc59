import { afterEach, describe, expect, it } from 'vitest';
import { callFunctions, createSimulator, say } from '../../src/simulator/index.ts';
import { createWorld, prepare, type World } from '../faults/world.ts';
import { inDashScope, inOpenAI } from './dialects.ts';
import { loopback } from './loopback.ts';

let world: World | undefined;
afterEach(() => world?.close());

const PNG = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const draw = (prompt: string, type = 'text_to_image', rest: object = {}) => [
  callFunctions({ name: type, arguments: { prompt, ...rest } }),
  say('There.'),
];
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);

/** The simulator, with OpenAI's Images API in front. */
function withImages(asked: unknown[]) {
  const sim = createSimulator();
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    if (!String(input).endsWith('/v1/images/generations')) return sim.fetch(String(input), init);
    asked.push(JSON.parse(String(init?.body)));
    return Response.json({ created: 1, data: [{ b64_json: PNG.toString('base64') }] });
  };
  return { sim, fetch: fetch as typeof globalThis.fetch };
}

describe('text_to_image over OpenAI (dashscope §D)', () => {
  it("draws with the Images API and answers with DashScope's task object (§A.10)", async () => {
    const asked: unknown[] = [];
    const tools = [{ type: 'text_to_image' }];
    const made = await inOpenAI(tools, draw('a cat', 'text_to_image', { size: '720*1280', style: 'ink' }), {
      ...withImages(asked),
      publicURL: 'https://rethread.example',
    });
    world = made.world;
    expect(asked[0]).toEqual({ model: 'gpt-image-1', prompt: 'a cat\nStyle: ink', n: 1, size: '1024x1536' });
    const task = JSON.parse(made.shown.output);
    expect(task.output).toEqual({
      task_id: task.request_id,
      task_status: 'SUCCEEDED',
      submit_time: TIME,
      scheduled_time: TIME,
      end_time: TIME,
      results: [
        {
          url: expect.stringMatching(/^https:\/\/rethread\.example\/rethread\/images\//),
          file_id: expect.any(String),
        },
      ],
      task_metrics: { TOTAL: 1, SUCCEEDED: 1, FAILED: 0 },
    });
    const [{ url, file_id }] = task.output.results;
    const image = await made.world.fetch(new Request(url));
    expect(Buffer.from(await image.arrayBuffer())).toEqual(PNG);
    const file = await made.world.fetch(new Request(`http://rethread.test/v1/files/${file_id}/content`));
    expect(Buffer.from(await file.arrayBuffer())).toEqual(PNG);
  });

  it('tells the model what the Images API refuses', async () => {
    const sim = createSimulator();
    const refusing = async (input: string | URL | Request, init?: RequestInit) =>
      String(input).endsWith('/images/generations')
        ? Response.json({ error: { message: 'Not that.', type: 'invalid_request_error' } }, { status: 400 })
        : sim.fetch(String(input), init);
    const made = await inOpenAI([{ type: 'text_to_image' }], draw('x'), {
      sim,
      fetch: refusing as typeof fetch,
    });
    world = made.world;
    expect(made.shown.output).toBe('Error: Not that.');
  });
});

describe('text_to_image where the upstream is not known to have images (profile `generic`)', () => {
  for (const type of ['text_to_image', 'wanx']) {
    it(`${type} is refused when the run is created, as tools are that nobody can run`, async () => {
      world = createWorld({ profile: 'generic' });
      const { assistantId, runs } = await prepare(world, { tools: [{ type }] });
      const { status, body } = await world.call('POST', runs, { assistant_id: assistantId });
      expect([status, body.error.code, body.error.param]).toEqual([400, 'unsupported_tool', 'tools']);
      expect(body.error.message).toContain(`'${type}'`);
      expect(world.sim.requests).toEqual([]);
    });
  }

  it('draws where its settings say', async () => {
    const images = await loopback(() =>
      Response.json({ created: 1, data: [{ b64_json: PNG.toString('base64') }] }),
    );
    const sim = createSimulator();
    const fetch = (input: string | URL | Request, init?: RequestInit) =>
      String(input).startsWith(images.url) ? globalThis.fetch(input, init) : sim.fetch(String(input), init);
    const made = await inOpenAI([{ type: 'text_to_image' }], draw('a cat'), {
      sim,
      fetch: fetch as typeof globalThis.fetch,
      profile: 'generic',
      toolSettings: { text_to_image: { baseURL: `${images.url}/v1` } },
    });
    world = made.world;
    expect(JSON.parse(made.shown.output).output.task_status).toBe('SUCCEEDED');
    expect(images.asked[0]?.path).toBe('/v1/images/generations');
  });

  it('and with a profile that has images', async () => {
    const made = await inOpenAI([{ type: 'text_to_image' }], draw('a cat'), {
      ...withImages([]),
      profile: { extends: 'generic', tools: { image_generation: true } },
    });
    world = made.world;
    expect(JSON.parse(made.shown.output).output.task_status).toBe('SUCCEEDED');
  });
});

describe("text_to_image over DashScope's image service (§D)", () => {
  for (const type of ['text_to_image', 'wanx']) {
    it(`as ${type} submits, looks until it is done, and hands the task over as it is`, async () => {
      const { made, entry } = await inDashScope([{ type }], draw('a cat', type, { n: 2 }));
      const task = JSON.parse(entry[type].output);
      expect(task.output).toMatchObject({
        task_status: 'SUCCEEDED',
        task_metrics: { TOTAL: 2, SUCCEEDED: 2, FAILED: 0 },
      });
      expect(task.output.results).toHaveLength(2);
      const [submit] = made.sim.requests.filter(
        ({ method, path }) => method === 'POST' && /image-synthesis/.test(path),
      );
      expect(submit?.headers['x-dashscope-async']).toBe('enable');
      expect(submit?.body).toMatchObject({
        model: 'wan2.2-t2i-flash',
        input: { prompt: 'a cat' },
        parameters: { n: 2 },
      });
    });
  }

  it('hands over a task that failed, too: the model reads why', async () => {
    const { entry } = await inDashScope([{ type: 'text_to_image' }], draw('forbidden'));
    expect(JSON.parse(entry.text_to_image.output).output).toMatchObject({
      task_status: 'FAILED',
      code: 'DataInspectionFailed',
    });
  });

  it('elsewhere, with a key of its own: the caller’s key does not go there', async () => {
    const service = await loopback(({ method }) =>
      Response.json(
        method === 'POST'
          ? { request_id: 'r', output: { task_id: 't/1', task_status: 'PENDING' } }
          : {
              request_id: 'r',
              output: {
                task_id: 't/1',
                task_status: 'SUCCEEDED',
                results: [{ url: 'https://i.example/1.png' }],
              },
            },
      ),
    );
    const sim = createSimulator();
    const fetch = (input: string | URL | Request, init?: RequestInit) =>
      String(input).startsWith(service.url) ? globalThis.fetch(input, init) : sim.fetch(String(input), init);
    const made = await inOpenAI([{ type: 'text_to_image' }], draw('a cat'), {
      sim,
      fetch: fetch as typeof globalThis.fetch,
      toolSettings: {
        text_to_image: { service: 'dashscope', baseURL: `${service.url}/api/v1`, apiKey: 'sk-images' },
      },
    });
    world = made.world;
    expect(JSON.parse(made.shown.output).output.results).toEqual([{ url: 'https://i.example/1.png' }]);
    expect(service.asked.map(({ path }) => path).slice(0, 2)).toEqual([
      '/api/v1/services/aigc/text2image/image-synthesis',
      '/api/v1/tasks/t%2F1',
    ]);
    expect(new Set(service.asked.map(({ headers }) => headers['authorization']))).toEqual(
      new Set(['Bearer sk-images']),
    );
  });
});
