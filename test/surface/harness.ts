/** A wrapped client of one SDK major with the simulator behind it; every answer it gets is checked. */
import { expect, onTestFinished } from 'vitest';
import { type Assistants, createAssistants, type RethreadOptions, withAssistants } from '../../src/index.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import type { StreamEvent } from '../translate/legal.ts';
import { type Beta, betaOf, type Client, type Major, newest } from './clients.ts';
import { type Watch, watched } from './watch.ts';

export const BASE_URL = 'http://simulator.test/v1';

export interface Rig extends Watch {
  sim: Simulator;
  client: Client;
  beta: Beta;
  assistants: Assistants;
  /** Sends a request as it is: for what no SDK would send. */
  raw(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Names of the events of the newest stream, without the `thread.` in front. */
  lastStream(): string[];
  /** Says that the answers of this test are not expected to be legal. */
  unchecked: boolean;
}

export interface RigOptions {
  major?: Major;
  options?: RethreadOptions;
  simulator?: SimulatorOptions | Simulator;
  /** @default BASE_URL */
  baseURL?: string;
  /** For a second client of the same store. */
  assistants?: Assistants;
}

export function rig({
  major = newest,
  options = {},
  simulator = {},
  assistants,
  baseURL = BASE_URL,
}: RigOptions = {}): Rig {
  const sim = 'fetch' in simulator ? simulator : createSimulator(simulator);
  const engine = assistants ?? createAssistants({ store: 'memory:', log: () => {}, ...options });
  const client = withAssistants(
    new major.SDK({ apiKey: 'sk-sim', baseURL, fetch: sim.fetch as typeof fetch }),
    engine,
  );
  const watch: Watch = { problems: [], answers: [] };
  const inside = client as unknown as { fetch: Parameters<typeof watched>[0] };
  inside.fetch = watched(inside.fetch, watch);
  const made: Rig = {
    ...watch,
    sim,
    client,
    beta: betaOf(major.major, client),
    assistants: engine,
    unchecked: false,
    raw: (method, path, body, headers = {}) =>
      inside.fetch(`${baseURL}${path}`, {
        method,
        headers: {
          authorization: 'Bearer sk-sim',
          'openai-beta': 'assistants=v2',
          'content-type': 'application/json',
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    lastStream: () => names(watch.answers.findLast(({ events }) => events.length > 0)?.events ?? []),
  };
  onTestFinished(async () => {
    await engine.close({ timeout: 0 });
    if (!made.unchecked) expect(made.problems).toEqual([]);
  });
  return made;
}

export const names = (events: readonly StreamEvent[]) =>
  events.map(({ event }) => event.replace(/^thread\./, ''));

/** The events of a stream, read to its end. */
export async function collect(
  stream: AsyncIterable<{ event: string; data: unknown }>,
): Promise<StreamEvent[]> {
  const events = [];
  // Copied at once: openai 4 and 5 go on adding deltas to objects that they have handed out.
  for await (const { event, data } of stream) events.push(structuredClone({ event, data }));
  return events;
}

/** An assistant and a thread with one message, to run. */
export async function ready(
  { beta }: Rig,
  assistant: Partial<Parameters<Beta['assistants']['create']>[0]> = {},
  content = 'Hello there',
) {
  const [{ id: assistant_id }, { id: thread_id }] = await Promise.all([
    beta.assistants.create({ model: 'gpt-4o', ...assistant }),
    beta.threads.create({ messages: [{ role: 'user', content }] }),
  ]);
  return { assistant_id, thread_id };
}

/** The error that a call ends with, as the fields that programs look at. */
export async function failure(call: PromiseLike<unknown>) {
  const error = await Promise.resolve(call).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!error) throw new Error('The call did not fail.');
  return error as Error & {
    status?: number;
    code?: string | null;
    type?: string;
    param?: string | null;
    request_id?: string;
    requestID?: string;
    error?: { message: string; type: string; param: string | null; code: string | null };
  };
}
