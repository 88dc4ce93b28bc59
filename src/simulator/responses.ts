import type {
  ResponseCreateParams,
  ResponseIncludable,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import { startJob } from './background.ts';
import type { ContainerStore } from './containers.ts';
import type { ConversationStore, OpenConversation } from './conversations.ts';
import { brokenBody, type Connection, type Faults, playToEnd, sleep, streamBody } from './deliver.ts';
import { badRequest, simulatorObjection } from './errors.ts';
import { type App, jsonBody } from './exchange.ts';
import { beforeHeaders, faultsOf, find, scriptedError, streamErrorStatus } from './faults.ts';
import type { FileStore } from './files.ts';
import { createLedger } from './history.ts';
import { paginate } from './lists.ts';
import type { Model } from './models.ts';
import { newResponse } from './new-response.ts';
import type { Turn } from './pieces.ts';
import { createResponseStore } from './response-store.ts';
import type { Base, ScriptQueue } from './state.ts';
import { malformedFrame, playTurn, type StreamContext } from './stream.ts';
import { countInputTokens } from './tokens.ts';
import { readInput, type TurnRequest } from './turn-request.ts';
import { checkJsonWord, validateCount, validateCreate } from './validate.ts';
import type { VectorStores } from './vector-stores.ts';
import { project, type Step, type WireResponse } from './wire.ts';

/** What the routes need of the rest of the simulator. */
export interface ResponsesParts extends Base {
  queue: ScriptQueue;
  files: FileStore;
  containers: ContainerStore;
  vectorStores: VectorStores;
  conversations: ConversationStore;
}

/** The input as items: a string is a user message. */
function inputItems(input: ResponseCreateParams['input']): ResponseInputItem[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
}

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** How long after its beginning a background response can be streamed (§4.3). */
const STREAMABLE_MS = 5 * 60 * 1000;

/** POST, GET and DELETE /responses, with cancel, input_items and input_tokens. */
export function mountResponses(app: App, parts: ResponsesParts): void {
  const ledger = createLedger();
  const store = createResponseStore(parts.makeId);

  /** Everything the model reads, checked. */
  function readAll(
    body: ResponseCreateParams,
    model: Model,
    earlier: readonly ResponseInputItem[],
  ): { own: ResponseInputItem[]; all: ResponseInputItem[] } {
    const own = inputItems(body.input);
    const all = ledger.resolve([...earlier, ...own], model);
    checkFiles(all, parts.files);
    checkJsonWord(body, all);
    return { own, all };
  }

  const earlierItems = (body: ResponseCreateParams, conversation: OpenConversation | undefined) =>
    conversation?.history ?? (body.previous_response_id ? store.history(body.previous_response_id) : []);

  app.post('/responses/input_tokens', (c) => {
    const body = validateCount(jsonBody(c));
    const items = [...earlierItems(body, parts.conversations.requireOf(body)), ...inputItems(body.input)];
    const input_tokens = countInputTokens({ instructions: body.instructions, items, tools: body.tools });
    return c.json({ object: 'response.input_tokens', input_tokens });
  });

  app.post('/responses', async (c) => {
    const { body, model } = validateCreate(jsonBody(c), parts.models);
    const conversation = parts.conversations.requireOf(body);
    const { own, all } = readAll(body, model, earlierItems(body, conversation));
    const tools = useTools(body, parts);
    const inputTokens = countInputTokens({ instructions: body.instructions, items: all, tools: body.tools });
    if (inputTokens > model.contextWindow && body.truncation !== 'auto') {
      throw badRequest(
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        'input',
        'context_length_exceeded',
      );
    }
    const { connection, record } = c.env;
    const unlock = conversation?.lock();
    try {
      const turn = await parts.queue.next({
        body,
        headers: record.headers,
        reasoning: model.reasoning,
        input: all,
        ...readInput(all),
        search: tools.search,
      });
      const refused = find(turn, 'http_error');
      if (refused) {
        unlock?.();
        return scriptedError(refused);
      }
      if (find(turn, 'reasoning') && !model.reasoning) {
        throw simulatorObjection(
          `the script has a reasoning item, but ${model.name} does not reason.`,
          'script',
        );
      }
      await beforeHeaders(turn, connection);
      const context = contextOf(body, model, turn, inputTokens, tools.container);
      const steps = atEnd(playTurn(context, turn), (final) => {
        unlock?.();
        if (final?.status === 'completed' || final?.status === 'incomplete') {
          conversation?.append(all.slice(all.length - own.length), context.output);
        }
        if (!final?.store || body.background) return;
        store.save({
          response: final,
          output: context.output,
          input: own,
          previous: previousOf(body),
          job: undefined,
        });
      });
      if (body.background) return inBackground(body, context, turn, steps, own, connection);
      if (!body.stream) context.betweenDeltas = 0;
      return body.stream
        ? new Response(streamBody(steps, faultsOf(turn), connection), { headers: EVENT_STREAM })
        : await whole(steps, context, turn, connection);
    } catch (error) {
      unlock?.();
      throw error;
    }
  });

  function contextOf(
    body: ResponseCreateParams,
    model: Model,
    turn: Turn,
    inputTokens: number,
    container: Pick<StreamContext, 'openContainer' | 'writeFile' | 'listFiles'>,
  ): StreamContext {
    const response = newResponse(body, model, {
      id: parts.makeId('response'),
      created_at: parts.clock.seconds(),
    });
    return {
      response,
      inputTokens,
      now: parts.clock.seconds,
      makeId: parts.makeId,
      include: new Set(body.include ?? []),
      summaries: Boolean(body.reasoning?.summary),
      obfuscate: body.stream_options?.include_obfuscation ?? true,
      betweenDeltas: find(turn, 'slow')?.betweenDeltas ?? 0,
      encrypt: ledger.encrypt,
      ...container,
      output: [],
      onItem: ledger.recorder(response.store || Boolean(body.conversation)),
      nextIndex: 0,
      sequence: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    };
  }

  function inBackground(
    body: ResponseCreateParams,
    context: StreamContext,
    turn: Turn,
    steps: Iterator<Step, WireResponse>,
    input: ResponseInputItem[],
    connection: Connection,
  ): Response {
    const queued: WireResponse = { ...context.response, status: 'queued' };
    const job = startJob(queued, steps, parts.clock.elapsed());
    store.save({ response: queued, output: context.output, input, previous: previousOf(body), job });
    if (body.stream)
      return new Response(streamBody(job.follow(-1), faultsOf(turn), connection), { headers: EVENT_STREAM });
    return new Response(JSON.stringify(queued, null, 2), { headers: JSON_TYPE });
  }

  app.get('/responses/:id', (c) => {
    const stored = store.require(c.req.param('id'));
    const current = stored.job?.response ?? stored.response;
    const { search, connection } = c.env;
    if (search.get('stream') === 'true') {
      if (!stored.job) {
        throw badRequest('This response cannot be streamed because it was not created with background=true.');
      }
      if (parts.clock.elapsed() - stored.job.began > STREAMABLE_MS) {
        throw badRequest('This response can no longer be streamed because it is more than 5 minutes old.');
      }
      const after = Number(search.get('starting_after') ?? -1);
      const faults: Faults = { beforeFirst: 0 };
      return new Response(streamBody(stored.job.follow(after), faults, connection), {
        headers: EVENT_STREAM,
      });
    }
    const include = new Set([
      ...search.getAll('include'),
      ...search.getAll('include[]'),
    ] as ResponseIncludable[]);
    if (include.size === 0) return c.json(current);
    return c.json({ ...current, output: stored.output.map((item) => project(item, include)) });
  });

  app.delete('/responses/:id', (c) => {
    const { response, output, job } = store.require(c.req.param('id'));
    job?.cancel();
    // A conversation keeps its items.
    if (!response.conversation) ledger.forget(output);
    store.delete(response.id);
    return c.json({ id: response.id, object: 'response', deleted: true });
  });

  app.post('/responses/:id/cancel', (c) => {
    const { job } = store.require(c.req.param('id'));
    if (!job) throw badRequest('Cannot cancel a synchronous response.');
    job.cancel();
    return c.json(job.response);
  });

  app.get('/responses/:id/input_items', (c) => {
    const items = store.inputItems(store.require(c.req.param('id')));
    return c.json(paginate(items as { id: string }[], c.env.search));
  });
}

const previousOf = ({ previous_response_id }: ResponseCreateParams) => previous_response_id ?? undefined;

/** Passes a turn's steps on, and says once that they are over: with the response, or without when nobody wants the rest. */
function atEnd(
  steps: Generator<Step, WireResponse>,
  end: (response: WireResponse | undefined) => void,
): Iterator<Step, WireResponse> {
  let over = false;
  const once = (response: WireResponse | undefined) => {
    if (!over) end(response);
    over = true;
  };
  return {
    next() {
      const result = steps.next();
      if (result.done) once(result.value);
      return result;
    },
    return(value) {
      once(undefined);
      return steps.return(value as WireResponse);
    },
  };
}

/** The answer to a request that does not stream. */
async function whole(
  steps: Iterator<Step, WireResponse>,
  context: StreamContext,
  turn: Turn,
  connection: Connection,
): Promise<Response> {
  const error = find(turn, 'stream_error');
  if (error) throw streamErrorStatus(error);
  const delays = find(turn, 'slow');
  if (delays?.beforeFirst) await sleep(delays.beforeFirst, connection.signal);
  const response = await playToEnd(steps, connection.signal);
  const text = JSON.stringify(response === 'broken' ? context.response : response, null, 2);
  if (response === 'broken' || find(turn, 'cut')) {
    return new Response(brokenBody(text.slice(0, Math.floor(text.length / 2)), connection), {
      headers: JSON_TYPE,
    });
  }
  const malformed = find(turn, 'malformed')?.what;
  if (malformed === 'json') return new Response(text.slice(0, -2), { headers: JSON_TYPE });
  if (malformed === 'not_object') return new Response('"just a string"', { headers: JSON_TYPE });
  if (malformed === 'html')
    return new Response(malformedFrame('html', 0), { headers: { 'content-type': 'text/html' } });
  return new Response(text, { headers: JSON_TYPE });
}

/** Makes sure that what the tools name is there, and gives what a turn needs of it. @throws ApiError 400 or 404 */
function useTools(
  body: ResponseCreateParams,
  { containers, vectorStores }: ResponsesParts,
): {
  search: TurnRequest['search'];
  container: Pick<StreamContext, 'openContainer' | 'writeFile' | 'listFiles'>;
} {
  const searching = body.tools?.find((tool) => tool.type === 'file_search');
  if (searching) vectorStores.requireAll(searching.vector_store_ids);
  const coding = body.tools?.find((tool) => tool.type === 'code_interpreter');
  const container = containers.forTool(coding ?? { type: 'code_interpreter', container: { type: 'auto' } });
  let opened = coding && typeof coding.container === 'string' ? coding.container : undefined;
  return {
    search: (query) =>
      searching
        ? vectorStores.search(searching.vector_store_ids, query, {
            limit: searching.max_num_results,
            threshold: searching.ranking_options?.score_threshold,
          })
        : [],
    container: {
      openContainer() {
        opened ??= container.open();
        return opened;
      },
      writeFile: containers.write,
      listFiles: () => (opened ? containers.list(opened) : []),
    },
  };
}

/** Files that messages refer to must be there. @throws ApiError 404 */
function checkFiles(items: readonly ResponseInputItem[], files: FileStore): void {
  for (const item of items) {
    if (!('content' in item) || !Array.isArray(item.content)) continue;
    for (const part of item.content) {
      if ('file_id' in part && typeof part.file_id === 'string') files.require(part.file_id);
      if (part.type === 'input_image' && !part.file_id && !part.image_url) {
        throw badRequest("Missing required parameter: one of 'image_url' or 'file_id'.", 'input');
      }
    }
  }
}
