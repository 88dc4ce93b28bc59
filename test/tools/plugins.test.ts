import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PluginOptions } from '../../src/index.ts';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { createWorld, type World } from '../faults/world.ts';
import { inDashScope, inOpenAI } from './dialects.ts';
import { loopback } from './loopback.ts';

let world: World | undefined;
afterEach(() => world?.close());

const call = (name: string, args: Record<string, unknown>) => [
  callFunctions({ name, arguments: args }),
  say('Done.'),
];
const rooms = (url: string, rest: Partial<PluginOptions> = {}): Record<string, PluginOptions> => ({
  rooms: {
    description: 'Finds rooms.',
    http: {
      url: `${url}/find`,
      parameters: { type: 'object', properties: { beds: { type: 'integer' } }, required: ['beds'] },
    },
    ...rest,
  },
});

async function run(
  plugins: Record<string, PluginOptions>,
  name: string,
  args: Record<string, unknown>,
  tool: Record<string, unknown> = {},
) {
  const [id = ''] = Object.keys(plugins);
  const made = await inOpenAI([{ ...tool, type: id }], call(name, args), { plugins });
  world = made.world;
  return made;
}
interface Offered {
  name: string;
  description: string;
  parameters: object;
}
const offered = () =>
  (world?.sim.responsesRequests[0]?.body as { tools?: Offered[] } | undefined)?.tools ?? [];

describe('a plugin that is an HTTP endpoint (dashscope §A.10)', () => {
  it('gets the arguments as JSON, and its answer is what the model reads', async () => {
    const server = await loopback(() => new Response('Room 7'));
    const { shown } = await run(rooms(server.url, { headers: { 'x-key': 'k' } }), 'rooms', { beds: 2 });
    expect(shown).toEqual({ name: 'rooms', arguments: '{"beds":2}', output: 'Room 7' });
    expect(server.asked[0]).toMatchObject({ method: 'POST', path: '/find', body: '{"beds":2}' });
    expect(server.asked[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': 'k' });
  });

  it('gets them as query parameters of a GET; zod parameters do as well', async () => {
    const server = await loopback(() => new Response('ok'));
    const parameters = z.object({ name: z.string(), tags: z.array(z.string()) });
    await run(
      { rooms: { description: 'd', http: { url: `${server.url}/find?v=1`, method: 'GET', parameters } } },
      'rooms',
      { name: 'a&b', tags: ['x'] },
    );
    expect(server.asked[0]?.path).toBe('/find?v=1&name=a%26b&tags=%5B%22x%22%5D');
  });

  it("gets a user's token in a header of the form {id: {user_token}}; the model does not, even if the plugin says it", async () => {
    const server = await loopback(() => new Response('You are täken-9'));
    const auth = { type: 'user_http', user_token: 'täken-9' };
    const { shown, run: made } = await run(rooms(server.url), 'rooms', { beds: 1 }, { auth });
    const header = String(server.asked[0]?.headers['x-dashscope-plugin']);
    expect(JSON.parse(header)).toEqual({ rooms: { user_token: 'täken-9' } });
    expect(shown.output).toBe('You are ***');
    expect(made.tools).toEqual([{ type: 'rooms', auth }]);
  });

  for (const [what, answer, output] of [
    [
      'that fails',
      () => new Response('No beds.', { status: 409 }),
      'Error: The plugin answered 409: No beds.',
    ],
    ['that does not answer', () => undefined, 'Error: The tool did not answer within 0.2 seconds.'],
    [
      'that leads to another host',
      () => new Response('', { status: 307, headers: { location: 'http://169.254.169.254/latest' } }),
      expect.stringContaining('Error: The plugin cannot be reached: '),
    ],
  ] as const) {
    it(`${what} is told to the model and recorded in the step; the run goes on`, async () => {
      const server = await loopback(answer);
      const { shown } = await run(rooms(server.url, { timeout: 200 }), 'rooms', { beds: 1 });
      expect(shown.output).toEqual(output);
    });
  }

  it('is not called with arguments that it does not take', async () => {
    const server = await loopback(() => new Response('ok'));
    const { shown } = await run(rooms(server.url), 'rooms', { beds: 'two' });
    expect(shown.output).toContain('Error: The arguments are not what the tool takes.');
    expect(server.asked).toEqual([]);
  });

  it("in DashScope's dialect is keyed by its id", async () => {
    const server = await loopback(() => new Response('Room 7'));
    const { entry } = await inDashScope([{ type: 'rooms' }], call('rooms', { beds: 2 }), {
      plugins: rooms(server.url),
    });
    expect(entry).toMatchObject({ type: 'rooms', rooms: { arguments: '{"beds":2}', output: 'Room 7' } });
  });
});

describe('a plugin that is an OpenAPI document', () => {
  const document = (url: string) => ({
    openapi: '3.0.3',
    info: { title: 'Rooms', version: '1' },
    servers: [{ url: `${url}/api` }],
    paths: {
      '/rooms/{id}/book': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        post: {
          operationId: 'book',
          summary: 'Books a room.',
          parameters: [{ name: 'nights', in: 'query', schema: { type: 'integer' } }],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Guest' } } },
          },
          responses: { 200: { description: 'ok' } },
        },
        get: { responses: { 200: { description: 'ok' } } },
      },
    },
    components: { schemas: { Guest: { type: 'object', properties: { name: { type: 'string' } } } } },
  });

  it('offers each operation as a function, with parameters and body in one schema', async () => {
    const server = await loopback(() => Response.json({ booked: true }));
    const { shown } = await run({ hotel: { openapi: { document: document(server.url) } } }, 'hotel_book', {
      id: 'a/b',
      nights: 2,
      body: { name: 'Ada' },
    });
    expect(
      offered()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['hotel_book', 'hotel_get__rooms__id__book']);
    expect(offered().find(({ name }) => name === 'hotel_book')).toMatchObject({
      description: 'Books a room.',
      parameters: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          nights: { type: 'integer' },
          body: { type: 'object', properties: { name: { type: 'string' } } },
        },
        required: ['id', 'body'],
      },
    });
    expect(server.asked[0]).toMatchObject({
      method: 'POST',
      path: '/api/rooms/a%2Fb/book?nights=2',
      body: '{"name":"Ada"}',
    });
    expect(shown).toMatchObject({ name: 'hotel', output: '{"booked":true}' });
  });

  it('keeps the model on its paths: an argument never leads elsewhere', async () => {
    const server = await loopback(() => new Response('ok'));
    const plugins = { hotel: { openapi: { document: document(server.url) } } };
    const { shown } = await run(plugins, 'hotel_book', { id: '..', body: {} });
    expect(shown.output).toBe("Error: The argument 'id' is missing.");
    await world?.close();
    await run(plugins, 'hotel_book', { id: '//evil.example/../..', body: {} });
    expect(server.asked.map(({ path }) => path)[0]).toBe('/api/rooms/%2F%2Fevil.example%2F..%2F../book');
  });

  it('whose document cannot be read is told to the model when it tries', async () => {
    const plugins = { hotel: { openapi: { document: '/no/such/file.json' } } };
    const { shown } = await run(plugins, 'hotel', {});
    expect(shown.output).toContain('Error: The tool is not available: ');
  });
});

describe('a plugin that is an MCP server', () => {
  it('offers its tools, and calls them through the official SDK with the token in a header', async () => {
    const tokens: unknown[] = [];
    const http = createServer(async (request, response) => {
      tokens.push(request.headers['x-dashscope-plugin']);
      const server = new McpServer({ name: 'rooms', version: '1' });
      server.registerTool(
        'find',
        { description: 'Finds rooms.', inputSchema: { beds: z.number() } },
        async ({ beds }) =>
          beds > 9
            ? { isError: true, content: [{ type: 'text', text: 'Too many beds.' }] }
            : { content: [{ type: 'text', text: `Room with ${beds}` }] },
      );
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined } as never);
      response.on('close', () => void transport.close());
      await server.connect(transport as Parameters<typeof server.connect>[0]);
      await transport.handleRequest(request, response);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
      const auth = { type: 'user_http', user_token: 'tok-1' };
      const found = await run({ rooms: { mcp: { url } } }, 'rooms_find', { beds: 2 }, { auth });
      expect(found.shown).toEqual({ name: 'rooms', arguments: '{"beds":2}', output: 'Room with 2' });
      expect(offered()[0]).toMatchObject({ name: 'rooms_find', description: 'Finds rooms.' });
      expect(tokens).toContain('{"rooms":{"user_token":"tok-1"}}');
      await world?.close();
      const refused = await run({ rooms: { mcp: { url } } }, 'rooms_find', { beds: 10 });
      expect(refused.shown.output).toBe('Error: Too many beds.');
    } finally {
      http.closeAllConnections();
      http.close();
    }
  });
});

describe('an MCP server that never answers', () => {
  it('does not hold the run up: the model is told when it tries', async () => {
    const server = await loopback(() => undefined);
    const plugins = { rooms: { mcp: { url: server.url }, timeout: 200 } };
    const { shown, run: ended } = await run(plugins, 'rooms', {});
    expect([ended.status, shown.name]).toEqual(['completed', 'rooms']);
    expect(shown.output).toContain('Error: The tool is not available: ');
  });
});

describe('the option plugins', () => {
  for (const [what, plugins, message] of [
    ['without a kind', { rooms: {} }, 'plugins.rooms: expected one of http, openapi and mcp'],
    [
      'with a URL that is none',
      { rooms: { description: 'd', http: { url: 'file:///etc/passwd', parameters: {} } } },
      'plugins.rooms.http.url: expected an http(s) URL',
    ],
    [
      'with the name of a tool of the API',
      { function: { mcp: { url: 'http://x.test' } } },
      'is a tool of the API itself',
    ],
  ] as const) {
    it(`refuses one ${what}, with its name`, () => {
      expect(() => createWorld({ plugins: plugins as never })).toThrow(message);
    });
  }
});
