/** A gateway in process with the simulator behind it, called as DashScope's clients call it (docs/contracts/dashscope.md §A.1). */
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';
import { type Frame, framesIn } from './frames.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  body: any;
}

export interface Rig {
  sim: Simulator;
  gateway: Gateway;
  /** Sends a request as it is. A body that is no text goes as JSON. */
  raw(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The body of an answer that must be a 200. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  ok(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<any>;
  /** The frames of an answer that must be a stream. */
  frames(path: string, body: object): Promise<Frame[]>;
  /** The run as soon as it is over or waits for its caller. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  wait(threadId: string, runId: string): Promise<any>;
}

/** What the Python SDK sends with every call, streams included (§A.1). */
export const PYTHON_HEADERS = {
  accept: 'application/json; charset=utf-8',
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'dashscope/1.26.2; python/3.11.9; platform/Linux-x86_64; processor/',
};

export const BASE = '/api/v1';

export function rig({
  options = {},
  simulator = {},
  base = BASE,
}: {
  options?: GatewayOptions;
  simulator?: SimulatorOptions;
  base?: string;
} = {}): Rig {
  const sim = createSimulator(simulator);
  const gateway = createGateway({ store: 'memory:', log: () => {}, ...options }, sim.fetch as Fetch);
  onTestFinished(() => gateway.close(0));
  const raw: Rig['raw'] = (method, path, body, headers = {}) =>
    gateway.fetch(
      new Request(`http://gateway.test${base}${path}`, {
        method,
        headers: { authorization: 'Bearer sk-one', ...PYTHON_HEADERS, ...headers },
        ...(body !== undefined && {
          body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
        }),
      }),
    );
  const call: Rig['call'] = async (...args) => {
    const response = await raw(...args);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  };
  const ok: Rig['ok'] = async (...args) => {
    const { status, body } = await call(...args);
    if (status !== 200) throw new Error(`${args[0]} ${args[1]}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    sim,
    gateway,
    raw,
    call,
    ok,
    async frames(path, body) {
      const response = await raw('POST', path, body);
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      if (!type.includes('text/event-stream')) throw new Error(`no stream: ${text}`);
      return framesIn(text);
    },
    async wait(threadId, runId) {
      for (;;) {
        const run = await ok('GET', `/threads/${threadId}/runs/${runId}`);
        if (!['queued', 'in_progress', 'cancelling'].includes(run.status)) return run;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}

/** An assistant, and a thread with one message. */
export async function ready(
  { ok }: Rig,
  assistant: object = {},
  content = 'Hello there',
): Promise<{ assistant_id: string; thread_id: string }> {
  const { id: assistant_id } = await ok('POST', '/assistants', { model: 'gpt-4o', ...assistant });
  const { id: thread_id } = await ok('POST', '/threads', { messages: [{ role: 'user', content }] });
  return { assistant_id, thread_id };
}
