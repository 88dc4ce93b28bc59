/** What a client or a model can say makes rethread call nobody but the upstream and what is configured. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { createWorld, prepare, settledRun, type World } from '../faults/world.ts';
import { loopback } from './loopback.ts';

/** Every connection of this process, by fetch or by hand. */
const connected: string[] = [];
const note = (message: unknown) => {
  const { connectParams, socket } = message as {
    connectParams?: { host: string };
    socket?: { on(event: string, listener: (...found: unknown[]) => void): void };
  };
  if (connectParams) connected.push(connectParams.host);
  socket?.on('lookup', (_error, _address, _family, host) => connected.push(String(host)));
};
const CHANNELS = ['undici:client:beforeConnect', 'net.client.socket'];

let world: World;
let direct: typeof globalThis.fetch;
const fetched: string[] = [];
beforeEach(() => {
  connected.length = 0;
  fetched.length = 0;
  for (const channel of CHANNELS) subscribe(channel, note);
  direct = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    fetched.push(new URL(input instanceof Request ? input.url : input).host);
    return direct(input, init);
  };
});
afterEach(async () => {
  for (const channel of CHANNELS) unsubscribe(channel, note);
  globalThis.fetch = direct;
  await world.close();
});

const INSIDE = 'http://169.254.169.254/latest/meta-data';

async function run(tools: object[], messages?: object[]) {
  const { assistantId, threadId, runs } = await prepare(world, { tools }, messages);
  const { status, body } = await world.call('POST', runs, { assistant_id: assistantId });
  expect([status, body.error]).toEqual([200, undefined]);
  return settledRun(world, threadId, body.id);
}

describe('no request makes rethread call another host', () => {
  it('not by what a tool is given in an assistant: addresses there are settings of nobody', async () => {
    const plugin = await loopback(() => new Response('ok'));
    world = createWorld({
      plugins: {
        rooms: {
          description: 'd',
          http: { url: `${plugin.url}/find`, parameters: { type: 'object', properties: {} } },
        },
      },
    });
    world.sim.script(
      callFunctions({ name: 'rooms', arguments: { url: INSIDE, baseURL: INSIDE } }),
      say('ok'),
    );
    const evil = {
      url: INSIDE,
      baseURL: INSIDE,
      http: { url: INSIDE },
      mcp: { url: INSIDE },
      server_url: INSIDE,
    };
    expect((await run([{ type: 'rooms', ...evil }])).status).toBe('completed');
    expect(plugin.asked.map(({ path }) => path)).toEqual(['/find']);
    expect(new Set(fetched)).toEqual(new Set([new URL(plugin.url).host]));
    expect(new Set(connected)).toEqual(new Set([new URL(plugin.url).host]));
  });

  it('not by what a model writes into the arguments of any tool', async () => {
    const github = await loopback(() => Response.json({ total_count: 0, items: [] }));
    world = createWorld({ toolSettings: { github_search: { baseURL: github.url } }, publicURL: INSIDE });
    const types = ['calculator', 'generate_qrcode', 'github_search'];
    world.sim.script(
      callFunctions(
        { name: 'calculator', arguments: { payload__input__text: `import("${INSIDE}")` } },
        { name: 'generate_qrcode', arguments: { text: INSIDE } },
        { name: 'github_search', arguments: { query: INSIDE, baseUrl: INSIDE } },
        { name: 'github_search', arguments: { query: `//${new URL(INSIDE).host}/../x` } },
      ),
      say('ok'),
    );
    expect((await run(types.map((type) => ({ type, baseURL: INSIDE })))).status).toBe('completed');
    expect(new Set(connected)).toEqual(new Set([new URL(github.url).host]));
    expect(new Set(github.asked.map(({ path }) => path.split('?')[0]))).toEqual(
      new Set(['/search/repositories']),
    );
  });

  it('not by images in messages: the upstream gets their addresses as they are', async () => {
    world = createWorld();
    const image = { type: 'image_url', image_url: { url: `${INSIDE}.png` } };
    expect((await run([], [{ role: 'user', content: [image] }])).status).toBe('completed');
    expect([fetched, connected]).toEqual([[], []]);
  });
});
