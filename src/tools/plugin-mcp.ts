/** A plugin that is an MCP server, spoken to through the protocol's official SDK: each of its tools is a function. */
import { MAX_OUTPUT, type Tool, type ToolContext, type ToolFunction } from './define.ts';
import { directFetch, pluginHeaders } from './plugin-call.ts';
import { PLUGIN_TIMEOUT_MS, type PluginOptions } from './plugin-options.ts';

type Server = NonNullable<PluginOptions['mcp']>;

/** Milliseconds for which the list of a server's tools is not asked for again. */
const LIST_MS = 60_000;

interface Listed {
  name: string;
  description?: string | undefined;
  inputSchema: Record<string, unknown>;
}

export function mcpPlugin(id: string, options: PluginOptions, server: Server): Tool {
  const timeout = options.timeout ?? PLUGIN_TIMEOUT_MS;
  const headersFor = (tool: ToolContext['tool']) => pluginHeaders(id, options, tool);
  /** By headers: a server may show each user other tools. */
  const lists = new Map<string, { at: number; tools: Listed[] }>();

  async function list(tool: ToolContext['tool'], signal: AbortSignal): Promise<Listed[]> {
    const headers = headersFor(tool);
    const key = JSON.stringify(headers);
    const known = lists.get(key);
    if (known && Date.now() - known.at < LIST_MS) return known.tools;
    const { tools } = await withClient(server, headers, { signal, timeout }, (client, limits) =>
      client.listTools(undefined, limits),
    );
    if (lists.size > 100) lists.clear();
    lists.set(key, { at: Date.now(), tools });
    return tools;
  }

  return {
    type: id,
    async functions(tool, signal) {
      return (await list(tool, signal)).map(
        ({ name, description, inputSchema }): ToolFunction => ({
          name: `${id}_${name}`,
          description: [description, options.description].filter(Boolean).join('\n') || name,
          parameters: inputSchema,
          timeout,
          maxOutput: options.maxOutput ?? MAX_OUTPUT,
          async call(args, context) {
            const given = (typeof args === 'object' && args !== null ? args : {}) as Record<string, unknown>;
            const limits = { signal: context.signal, timeout };
            const result = await withClient(server, headersFor(tool), limits, (client) =>
              client.callTool({ name, arguments: given }, undefined, limits),
            );
            const text = textOf(result);
            if (result['isError']) throw new Error(text || 'The plugin reports an error.');
            return text;
          },
        }),
      );
    },
  };
}

/** A connection for one exchange: nothing is kept open between runs. */
async function withClient<T>(
  server: Server,
  headers: Record<string, string>,
  limits: Limits,
  work: (client: InstanceType<Sdk['Client']>, limits: Limits) => Promise<T>,
): Promise<T> {
  const { Client } = await sdk(() => import('@modelcontextprotocol/sdk/client/index.js'));
  const client = new Client({ name: 'rethread', version: '1' });
  // The SDK's own classes do not fit its interface under exactOptionalPropertyTypes.
  await client.connect((await transportTo(server, headers)) as Parameters<typeof client.connect>[0], limits);
  try {
    return await work(client, limits);
  } finally {
    await client.close().catch(() => {});
  }
}

interface Limits {
  signal: AbortSignal;
  timeout: number;
}

type Sdk = typeof import('@modelcontextprotocol/sdk/client/index.js');

async function transportTo(server: Server, headers: Record<string, string>): Promise<unknown> {
  if ('command' in server) {
    const { StdioClientTransport } = await sdk(() => import('@modelcontextprotocol/sdk/client/stdio.js'));
    return new StdioClientTransport({
      command: server.command,
      ...(server.args && { args: server.args }),
      ...(server.env && { env: server.env }),
      stderr: 'ignore',
    });
  }
  const url = new URL(server.url);
  const init = { requestInit: { headers }, fetch: directFetch };
  if (server.transport === 'sse') {
    const { SSEClientTransport } = await sdk(() => import('@modelcontextprotocol/sdk/client/sse.js'));
    return new SSEClientTransport(url, init);
  }
  const { StreamableHTTPClientTransport } = await sdk(
    () => import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  );
  return new StreamableHTTPClientTransport(url, init);
}

async function sdk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw new Error('The package @modelcontextprotocol/sdk is not installed.');
  }
}

function textOf(result: Record<string, unknown>): string {
  const content = Array.isArray(result['content']) ? (result['content'] as Record<string, unknown>[]) : [];
  const texts = content.map((part) =>
    part['type'] === 'text' ? String(part['text']) : JSON.stringify(part),
  );
  if (texts.length > 0) return texts.join('\n');
  return JSON.stringify(result['structuredContent'] ?? result);
}
