/** A whole rethread with everything in reach: the simulator behind it, a store that can be looked into, and its log. */
import { inspect } from 'node:util';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { createAssistants } from '../../src/create-assistants.ts';
import type { RethreadOptions, UpstreamAddress } from '../../src/options.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { checkEvent, checkResponse } from '../schemas.ts';
import type { StreamEvent } from '../translate/legal.ts';

/** No prefix that a pattern could know: it is found only by who looks for this very key. */
export const KEY = 'qv7Lw2zTestKeyOfNoKnownShape90';

export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON body, checked against the contract's schemas. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of object
  body: any;
}

export interface World {
  sim: Simulator;
  /** The store's own keys and serialized values. */
  entries: Map<string, string>;
  /** Everything that was logged, at any level. */
  logs: { level: string; message: string; details: Record<string, unknown> }[];
  fetch(request: Request): Promise<Response>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A POST with `stream: true`, read to its end. */
  stream(path: string, body: object): Promise<StreamEvent[]>;
  /** Throws if the key stands anywhere in the store or the log. */
  assertNoKey(): void;
  close(options?: { timeout?: number }): Promise<void>;
}

export interface WorldOptions extends Omit<RethreadOptions, 'store' | 'log'> {
  /** A store that outlives this world. */
  entries?: Map<string, string>;
  /** What the store is made of, where a plain Map is too simple. */
  adapter?: (entries: Map<string, string>) => KeyvStoreAdapter;
  sim?: Simulator;
  simulator?: SimulatorOptions;
  fetch?: UpstreamAddress['fetch'];
}

export function createWorld({
  entries = new Map(),
  adapter,
  sim: given,
  simulator,
  fetch,
  ...options
}: WorldOptions = {}): World {
  const sim = given ?? createSimulator(simulator);
  const logs: World['logs'] = [];
  const assistants = createAssistants({
    maxRetries: 0,
    ...options,
    store: new Keyv({ store: adapter?.(entries) ?? entries }),
    log: (level, message, details = {}) => void logs.push({ level, message, details }),
    upstream: {
      baseURL: 'http://upstream.test/v1',
      apiKey: KEY,
      fetch: fetch ?? (sim.fetch as typeof globalThis.fetch),
    },
  });

  const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    new Request(`http://rethread.test/v1${path}`, {
      method,
      headers: {
        'openai-beta': 'assistants=v2',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  return {
    sim,
    entries,
    logs,
    fetch: (one) => assistants.fetch(one),
    async call(method, path, body, headers) {
      const response = await assistants.fetch(request(method, path, body, headers));
      const text = await response.text();
      const json = JSON.parse(text);
      checkResponse(method, path, response.status, json);
      return { status: response.status, headers: response.headers, body: json };
    },
    async stream(path, body) {
      const response = await assistants.fetch(request('POST', path, { ...body, stream: true }));
      const type = response.headers.get('content-type') ?? '';
      const text = await response.text();
      if (!type.startsWith('text/event-stream')) throw new Error(`no stream but ${response.status} ${text}`);
      return parseStream(text);
    },
    assertNoKey() {
      for (const [key, value] of entries) {
        if (key.includes(KEY) || value.includes(KEY)) throw new Error(`The key stands in the store: ${key}`);
      }
      const told = inspect(logs, {
        depth: Number.POSITIVE_INFINITY,
        maxArrayLength: null,
        maxStringLength: null,
        showHidden: true,
      });
      if (told.includes(KEY)) throw new Error(`The key stands in the log: ${told}`);
    },
    close: (how) => assistants.close(how),
  };
}

/** The events of a finished stream, each checked, and that it ends with `done` (§3.1). */
export function parseStream(text: string): StreamEvent[] {
  const frames = text.split('\n\n').filter((frame) => frame !== '' && !frame.startsWith(':'));
  const events = frames.map((frame) => {
    const event = /^event: (.*)$/m.exec(frame)?.[1] ?? '';
    const data = /^data: (.*)$/m.exec(frame)?.[1] ?? '';
    return { event, data: data === '[DONE]' ? data : JSON.parse(data) };
  });
  const last = events.pop();
  if (last?.event !== 'done' || last.data !== '[DONE]')
    throw new Error(`The stream ends with ${last?.event}, not with done`);
  for (const { event, data } of events) checkEvent(event, data);
  return events;
}

/** An assistant and a thread with one user message. */
export async function prepare(
  world: World,
  assistant: object = {},
  messages: object[] = [{ role: 'user', content: 'Hello' }],
) {
  const made = await world.call('POST', '/assistants', { model: 'gpt-4o', ...assistant });
  const thread = await world.call('POST', '/threads', { messages });
  if (made.status !== 200 || thread.status !== 200) throw new Error(JSON.stringify([made.body, thread.body]));
  return {
    assistantId: made.body.id as string,
    threadId: thread.body.id as string,
    runs: `/threads/${thread.body.id}/runs`,
  };
}

const WAITS = ['queued', 'in_progress', 'cancelling'];

/** The run when it is over or waits for its caller, by polling as the SDK does. */
export async function settledRun(world: World, threadId: string, runId: string): Promise<Answer['body']> {
  for (;;) {
    const { status, body } = await world.call('GET', `/threads/${threadId}/runs/${runId}`, undefined, {
      'x-stainless-poll-helper': 'true',
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    if (!WAITS.includes(body.status)) return body;
  }
}

/** What a stored thread must always be: no run in between, nothing open behind a run that is over. */
export async function assertAtRest(world: World, threadId: string): Promise<void> {
  const runs = await world.call('GET', `/threads/${threadId}/runs?limit=100`);
  for (const run of runs.body.data) {
    if (WAITS.includes(run.status)) throw new Error(`run ${run.id} is ${run.status}`);
    const over = run.status !== 'requires_action';
    const steps = await world.call('GET', `/threads/${threadId}/runs/${run.id}/steps?limit=100`);
    const messages = await world.call('GET', `/threads/${threadId}/messages?limit=100&run_id=${run.id}`);
    for (const { id, status } of [...steps.body.data, ...messages.body.data]) {
      if (over && status === 'in_progress')
        throw new Error(`${id} of the ${run.status} run ${run.id} is open`);
    }
  }
}
