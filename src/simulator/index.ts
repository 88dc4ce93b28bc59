/**
 * A scripted, strict Responses API for tests, demos and users' own tests, in process and over HTTP.
 *
 * @module
 */

import type { FileObject } from 'openai/resources/files';
import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import { mountContainers } from './containers.ts';
import { mountConversations } from './conversations.ts';
import { mountImageService } from './dashscope/image-service.ts';
import { dashscopeModels } from './dashscope/models.ts';
import { mountDashScopeResponses } from './dashscope/responses.ts';
import { dashscopeIds, dashscopeSurface } from './dashscope/surface.ts';
import { defaultModel } from './default-model.ts';
import type { RecordedRequest } from './exchange.ts';
import { mountFiles } from './files.ts';
import { listen, type SimulatorServer } from './http.ts';
import { CLOCK_START, createIds, type MakeId } from './ids.ts';
import { createModels, type ExtraModels, mountModels } from './models.ts';
import type { ScriptedTurn } from './pieces.ts';
import { mountResponses } from './responses.ts';
import { answer, type BetaHeaderRule, createApp, openaiSurface } from './server.ts';
import { type Base, type Clock, createQueue } from './state.ts';
import type { TurnRequest } from './turn-request.ts';
import { type Indexing, mountVectorStores } from './vector-stores.ts';

export type { ErrorEnvelope } from './errors.ts';
export type { RecordedRequest } from './exchange.ts';
export { followScript } from './follow-script.ts';
export type { SimulatorServer } from './http.ts';
export type { IdKind, MakeId } from './ids.ts';
export type { ModelInfo } from './models.ts';
export type * from './pieces.ts';
export {
  callFunctions,
  cut,
  fail,
  hang,
  httpError,
  incomplete,
  item,
  malformed,
  rateLimit,
  reason,
  refuse,
  repeat,
  runCode,
  say,
  searchFiles,
  searchWeb,
  slow,
  streamError,
  turn,
  usage,
} from './script.ts';
export type { SearchResult } from './search.ts';
export type { BetaHeaderRule } from './server.ts';
export type { ToolOutput, TurnRequest } from './turn-request.ts';
export type { Indexing } from './vector-stores.ts';
export { defaultModel };

/** Everything a simulator can be told; all of it is optional. */
export interface SimulatorOptions {
  /**
   * Whose Responses API it is: OpenAI's (default), or DashScope's, with its own parameters, streams, errors and paths
   * (docs/contracts/dashscope.md §C), and the image service beside it.
   */
  personality?: 'openai' | 'dashscope';
  /** DashScope's: what its file search finds, texts by file name, by the knowledge base's id. */
  knowledgeBases?: Record<string, Record<string, string>>;
  /** Turns to begin with; see {@link Simulator.script}. */
  script?: ScriptedTurn[];
  /** What answers when the script has run out. Default: {@link defaultModel}. */
  defaultScript?: (request: TurnRequest) => ScriptedTurn;
  /** Keys that are let in, any other is a 401. Default: every key. */
  apiKey?: string | string[];
  /** Models to add or to change; `false` takes one away. */
  models?: ExtraModels;
  /** How long files take to be indexed by a vector store. Default: until they are looked at. */
  indexing?: Indexing;
  /** Where the header `OpenAI-Beta: assistants=v2` is refused. */
  betaHeader?: BetaHeaderRule;
  /** Unix milliseconds. Default: starts at 2026-09-01T00:00:00Z and moves a millisecond a request. */
  clock?: () => number;
  /** Ids. Default: the shapes of the real ones, the same sequence for the same `seed`. */
  ids?: MakeId;
  /** Default 1. */
  seed?: number;
}

/** A POST /responses that was seen, its body as sent. */
export type RecordedResponsesRequest = RecordedRequest & { body: ResponseCreateParams };

/** A Responses API of one's own. */
export interface Simulator {
  /** Answers like the real thing; give it to a client as its `fetch`. */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Queues turns. Each answers the next POST /responses that the simulator accepts, first in, first out; a request it
   * refuses takes none. When the queue is empty the default script answers.
   */
  script(...turns: ScriptedTurn[]): void;
  /** Everything that was asked, newest last. */
  readonly requests: readonly RecordedRequest[];
  /** The POST /responses among them. */
  readonly responsesRequests: readonly RecordedResponsesRequest[];
  /** Turns that are still queued. */
  readonly pending: number;
  /** Forgets requests and script. */
  reset(): void;
  /** Moves the clock forward (milliseconds): containers and stores grow old. */
  advance(ms: number): void;
  /** Uploads a file without a request. */
  addFile(filename: string, content: string | Uint8Array, purpose?: FileObject['purpose']): FileObject;
  /** Expires all containers: code interpreter and file requests answer `Container is expired.` */
  expireContainers(): void;
  /** Expires all vector stores. */
  expireVectorStores(): void;
  /** Serves the same simulator over HTTP. */
  listen(options?: { port?: number; host?: string }): Promise<SimulatorServer>;
}

/**
 * Makes a simulator.
 *
 * @example
 * const sim = createSimulator();
 * sim.script(say('Hello world', { deltas: 3 }));
 * const client = new OpenAI({ apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1', fetch: sim.fetch });
 * const response = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
 * response.output_text; // 'Hello world'
 */
export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const records: RecordedRequest[] = [];
  let offset = 0;
  const clock: Clock = {
    now: () => (options.clock ? options.clock() : CLOCK_START + records.length) + offset,
    seconds: () => Math.floor(clock.now() / 1000),
    elapsed: () => (options.clock ? options.clock() : performance.now()) + offset,
  };
  const isDashScope = options.personality === 'dashscope';
  const base: Base = {
    makeId: options.ids ?? (isDashScope ? dashscopeIds : createIds)(options.seed),
    clock,
    models: (isDashScope ? dashscopeModels : createModels)(options.models),
  };
  const surface = isDashScope ? dashscopeSurface : openaiSurface;
  const queue = createQueue(options.defaultScript ?? defaultModel);
  queue.add(options.script ?? []);

  const keys = typeof options.apiKey === 'string' ? [options.apiKey] : options.apiKey;
  const rules = { keys, betaHeader: options.betaHeader ?? 'except_vector_stores' } as const;
  const app = createApp(base, rules, surface);
  // DashScope has no routes for files, containers and vector stores (dashscope §C.1).
  const inside = isDashScope ? createApp(base, rules, surface) : app;
  mountModels(app, base);
  const files = mountFiles(inside, base);
  const containers = mountContainers(inside, base, files);
  const vectorStores = mountVectorStores(inside, base, files, options.indexing ?? {});
  const conversations = mountConversations(app, base);
  if (isDashScope) {
    const knowledgeBases = options.knowledgeBases ?? {};
    mountDashScopeResponses(app, { ...base, queue, containers, conversations, knowledgeBases });
    mountImageService(app, base);
  } else {
    mountResponses(app, { ...base, queue, files, containers, vectorStores, conversations });
  }

  const never = new AbortController().signal;
  const simulatorFetch: Simulator['fetch'] = async (input, init = {}) => {
    const request = typeof input === 'object' && 'url' in input ? input : undefined;
    const signals = [init.signal, request?.signal].filter((signal) => signal instanceof AbortSignal);
    const headers = new Headers(request?.headers);
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    return answer(app, surface.basePath, records, {
      method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
      url: request?.url ?? String(input),
      headers,
      body: init.body ?? request?.body ?? null,
      signal: signals.length > 1 ? AbortSignal.any(signals) : (signals[0] ?? never),
    });
  };

  return {
    fetch: simulatorFetch,
    script: (...turns) => queue.add(turns),
    requests: records,
    get responsesRequests() {
      return records.filter(
        (record): record is RecordedResponsesRequest =>
          record.method === 'POST' && record.path === '/responses',
      );
    },
    get pending() {
      return queue.length;
    },
    reset() {
      records.length = 0;
      queue.clear();
    },
    advance(ms) {
      offset += ms;
    },
    addFile: (filename, content, purpose = 'assistants') => files.add(filename, content, purpose).object,
    expireContainers: containers.expireAll,
    expireVectorStores: vectorStores.expireAll,
    listen: (where = {}) =>
      listen({ ...where, path: surface.path }, (incoming) =>
        answer(app, surface.basePath, records, incoming),
      ),
  };
}
