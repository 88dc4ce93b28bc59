/**
 * Errors that are not in OpenAI's envelope. The SDK reads no other, and would say "400 status code (no body)".
 */
import type { Fetch } from './fetch.ts';

/** A fetch whose JSON error bodies are in OpenAI's envelope: flat ones (dashscope §C.9) are put into it. */
export function withReadableErrors(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status < 400 || !/json/i.test(response.headers.get('content-type') ?? '')) return response;
    const text = await response.text();
    const headers = new Headers();
    for (const [name, value] of response.headers) {
      // Those describe the bytes that came, not the text that was read.
      if (!/^content-(encoding|length)$/i.test(name)) headers.append(name, value);
    }
    return new Response(enveloped(text), { status: response.status, headers });
  };
}

function enveloped(text: string): string {
  const body = parsed(text);
  if (body === undefined || body.error !== undefined) return text;
  const { code, message, type, param } = body;
  if (typeof message !== 'string') return text;
  return JSON.stringify({
    error: {
      message,
      type: type ?? null,
      param: param ?? null,
      code: typeof code === 'string' ? code : null,
    },
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
