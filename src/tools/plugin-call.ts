/** The request that a plugin is called with, and how much of its answer is read. */
import type { ToolContext } from './define.ts';
import type { PluginOptions } from './plugin-options.ts';

/** Bytes of an answer that are read; no model sees as much. */
const MAX_BYTES = 1_000_000;

/** The plugin's own headers, and a user's token where the run's tool has one (dashscope §A.10). */
export function pluginHeaders(
  id: string,
  { headers = {}, tokenHeader = 'x-dashscope-plugin' }: PluginOptions,
  tool: ToolContext['tool'],
): Record<string, string> {
  const token = (tool['auth'] as { user_token?: unknown } | null | undefined)?.user_token;
  if (typeof token !== 'string' || token === '') return headers;
  return { ...headers, [tokenHeader]: ascii(JSON.stringify({ [id]: { user_token: token } })) };
}

/** A header holds no other characters; JSON can say all of them in these. */
const ascii = (json: string) =>
  json.replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A fetch that goes nowhere else: an answer that leads to another address is a failure. */
export const directFetch: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'error' });

/** @throws Error that tells the model what the plugin said, or that it said nothing */
export async function callPlugin(url: URL, init: RequestInit, signal: AbortSignal): Promise<string> {
  const response = await directFetch(url, { ...init, signal }).catch((error: Error) => {
    signal.throwIfAborted();
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`The plugin cannot be reached: ${cause}`);
  });
  const text = await readText(response);
  if (response.ok) return text;
  throw new Error(`The plugin answered ${response.status}${text ? `: ${text.slice(0, 1000)}` : ''}`);
}

async function readText({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop closes the connection.
    if (bytes > MAX_BYTES) break;
  }
  return text;
}
