import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { expect, onTestFinished } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';

/** The SDK majors; all are used through the types of version 6, whose calls here are the same in each. */
export const majors = {
  openai4: OpenAI4 as unknown as typeof OpenAI6,
  openai5: OpenAI5 as unknown as typeof OpenAI6,
  openai6: OpenAI6,
  openai7: OpenAI7 as unknown as typeof OpenAI6,
} as const;

export type Major = keyof typeof majors;
export const doors = ['in process', 'over HTTP'] as const;
export type Door = (typeof doors)[number];

/** A client of a simulator, without retries unless asked for. */
export async function connect(
  sim: Simulator,
  options: { major?: Major; door?: Door; maxRetries?: number; apiKey?: string } = {},
): Promise<OpenAI6> {
  const { major = 'openai7', door = 'in process', maxRetries = 0, apiKey = 'sk-sim' } = options;
  const Client = majors[major];
  if (door === 'in process') {
    return new Client({ apiKey, maxRetries, baseURL: 'http://simulator.test/v1', fetch: sim.fetch });
  }
  const server = await sim.listen();
  onTestFinished(server.close);
  return new Client({ apiKey, maxRetries, baseURL: server.url });
}

/** A raw request, as no SDK would send it. */
export async function call(
  sim: Simulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return sim.fetch(`http://simulator.test/v1${path}`, {
    method,
    headers: { authorization: 'Bearer sk-sim', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** POST /responses, expected to be refused: the status and the error of its envelope. */
export async function refused(
  body: Record<string, unknown>,
  sim: Simulator = createSimulator(),
): Promise<{ status: number; message: string; type: string; param: string | null; code: string | null }> {
  const response = await call(sim, 'POST', '/responses', body);
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string | null };
  };
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  return { status: response.status, ...error };
}

/** Events of a raw stream: name lines, data and all. */
export function parseFrames(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const match = /^event: (\S+)\ndata: (.*)$/.exec(frame);
      if (!match) throw new Error(`not a frame of the real API: ${frame}`);
      return { event: match[1] as string, data: JSON.parse(match[2] as string) };
    });
}

/** The events a stream of the given body brings. */
export async function stream(
  sim: Simulator,
  body: Record<string, unknown> = {},
): Promise<{ event: string; data: Record<string, unknown> }[]> {
  const response = await call(sim, 'POST', '/responses', {
    model: 'gpt-4o-mini',
    input: 'Hi',
    stream: true,
    ...body,
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return parseFrames(text);
}
