import type {
  ResponseCreateParams,
  ResponseIncludable,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import type { ContainerStore } from '../containers.ts';
import type { ConversationStore, OpenConversation } from '../conversations.ts';
import { playToEnd, streamBody } from '../deliver.ts';
import { ApiError } from '../errors.ts';
import { type App, jsonBody } from '../exchange.ts';
import { beforeHeaders, faultsOf, find, scriptedError } from '../faults.ts';
import { newResponse } from '../new-response.ts';
import type { Turn } from '../pieces.ts';
import { createResponseStore } from '../response-store.ts';
import { fail, reason, turn as turnOf } from '../script.ts';
import { rank, type SearchResult, splitIntoChunks } from '../search.ts';
import type { Base, ScriptQueue } from '../state.ts';
import { playTurn, type StreamContext } from '../stream.ts';
import { countInputTokens } from '../tokens.ts';
import { readInput } from '../turn-request.ts';
import type { WireResponse } from '../wire.ts';
import { asDashScope, frame } from './events.ts';
import { type DashScopeResponse, responseOf } from './response.ts';
import { invalidParameter } from './surface.ts';
import { type Checked, validateCreate } from './validate.ts';

/** What the routes need of the rest of the simulator. */
export interface DashScopeParts extends Base {
  queue: ScriptQueue;
  containers: ContainerStore;
  conversations: ConversationStore;
  /** Texts by file name, by id. */
  knowledgeBases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A response id lives this long (§C.8). */
const LIFETIME_SECONDS = 7 * 24 * 3600;
/** Tokens from which a session cache is made (§C.8). */
const LEAST_CACHED_TOKENS = 1024;
const EVENT_STREAM = { 'content-type': 'text/event-stream;charset=UTF-8' };

/** Everything is always sent: `include` is ignored (§C.3). */
const EVERYTHING: ReadonlySet<ResponseIncludable> = new Set<ResponseIncludable>([
  'file_search_call.results',
  'web_search_call.action.sources',
  'code_interpreter_call.outputs',
]);

/** POST, GET and DELETE /responses with input_items (§C.1). There is no cancel, no input_tokens, no list. */
export function mountDashScopeResponses(app: App, parts: DashScopeParts): void {
  const store = createResponseStore(parts.makeId);

  /** @throws ApiError 404, nested as the page about deleting shows it (§C.9) */
  function stored(id: string) {
    const found = store.find(id);
    if (!found || parts.clock.seconds() - found.response.created_at > LIFETIME_SECONDS) return undefined;
    return found;
  }
  const unknown = (id: string) =>
    Response.json(
      { error: { message: `Response with id '${id}' not found.`, type: 'InvalidParameter' } },
      { status: 404 },
    );

  function earlierItems(
    { previous_response_id: previous }: ResponseCreateParams,
    conversation: OpenConversation | undefined,
  ): readonly ResponseInputItem[] {
    if (conversation) return conversation.history;
    if (!previous) return [];
    if (!stored(previous)) throw invalidParameter(`Not found previous_response_id: ${previous}`);
    return store.history(previous);
  }

  app.post('/responses', async (c) => {
    const { record, connection } = c.env;
    const cache = record.headers['x-dashscope-session-cache'];
    if (cache !== undefined && cache !== 'enable' && cache !== 'disable') {
      throw invalidParameter(`x-dashscope-session-cache: '${cache}' is neither enable nor disable.`);
    }
    const checked = validateCreate(jsonBody(c), parts.models);
    const { body, ignored } = checked;
    record.ignored = ignored;
    const conversation = parts.conversations.requireOf(body);
    const earlier = earlierItems(body, conversation);
    const own: ResponseInputItem[] =
      typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? []);
    const all = [...earlier, ...own];
    const search = searchIn(body, parts.knowledgeBases);
    const scripted = await parts.queue.next({
      body,
      headers: record.headers,
      reasoning: checked.effort !== 'none',
      input: all,
      ...readInput(all),
      search,
    });
    const turn = thinking(limited(scripted), checked);
    const refused = find(turn, 'http_error');
    if (refused) {
      if (typeof refused.body === 'string') return scriptedError(refused);
      const { message, ...detail } = refused.body.error;
      throw new ApiError(refused.status, message, { ...detail, headers: refused.headers });
    }
    await beforeHeaders(turn, connection);

    const inputTokens = countInputTokens({ instructions: body.instructions, items: all, tools: body.tools });
    const cached =
      cache === 'enable' && body.previous_response_id && inputTokens >= LEAST_CACHED_TOKENS
        ? countInputTokens({ items: [...earlier] })
        : 0;
    const context = contextOf(checked, turn, inputTokens, parts);
    const extra = (response: WireResponse): Partial<DashScopeResponse> => ({
      metadata: body.metadata ?? {},
      ...(cached > 0 && response.usage && { usage: cachedUsage(responseOf(response).usage, cached) }),
    });
    const steps = asDashScope(kept(playTurn(context, turn)), extra);

    function* kept(playing: ReturnType<typeof playTurn>): ReturnType<typeof playTurn> {
      const final = yield* playing;
      if (final.status === 'completed' || final.status === 'incomplete') {
        conversation?.append(own, context.output);
      }
      if (final.store && final.status !== 'failed') {
        const previous = body.previous_response_id ?? undefined;
        store.save({ response: final, output: context.output, input: own, previous, job: undefined });
      }
      return final;
    }

    if (body.stream)
      return new Response(streamBody(steps, faultsOf(turn), connection, frame), { headers: EVENT_STREAM });
    context.betweenDeltas = 0;
    const final = await playToEnd(steps, connection.signal);
    if (final === 'broken') throw new ApiError(500, 'The connection broke.', { code: 'InternalError' });
    // Failed or not, it is an HTTP 200 (§C.7).
    return c.json({ ...responseOf(final), ...extra(final) });
  });

  app.get('/responses/:id', (c) => {
    const found = stored(c.req.param('id'));
    return found ? c.json({ ...responseOf(found.response), metadata: {} }) : unknown(c.req.param('id'));
  });

  app.delete('/responses/:id', (c) => {
    const id = c.req.param('id');
    if (!stored(id)) return unknown(id);
    store.delete(id);
    return c.json({ id, deleted: true });
  });

  app.get('/responses/:id/input_items', (c) => {
    const found = stored(c.req.param('id'));
    if (!found) return unknown(c.req.param('id'));
    const items = store.inputItems(found);
    const { search } = c.env;
    const from = items.findIndex(({ id }) => id === search.get('after')) + 1;
    const limit = Number(search.get('limit') ?? 20);
    const data = items.slice(from, from + limit);
    return c.json({
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: items.length > from + limit,
      id: found.response.id,
      model: found.response.model,
      // In milliseconds, unlike the response itself (§C.1).
      created_at: found.response.created_at * 1000,
      previous_response_id: found.previous ?? null,
    });
  });
}

/** A rate limit is a response that failed, inside an HTTP 200 (§C.7); other statuses stay what they are. */
function limited(turn: Turn): Turn {
  const refused = find(turn, 'http_error');
  if (refused?.status !== 429 || typeof refused.body === 'string') return turn;
  const { code, message } = refused.body.error;
  if (code !== 'rate_limit_exceeded') return turn;
  return turnOf(
    fail(
      'server_error',
      /rate limit exceeded/i.test(message)
        ? message
        : 'Requests rate limit exceeded, please try again later.',
    ),
  );
}

/** A model that was not told how much to think thinks at length (§C.3); one that was told not to does not. */
function thinking(turn: Turn, { effort, body }: Checked): Turn {
  const thinks = turn.pieces.some(({ kind }) => kind === 'reasoning');
  if (thinks && effort === 'none') {
    return { ...turn, pieces: turn.pieces.filter(({ kind }) => kind !== 'reasoning') };
  }
  if (thinks || effort === 'none' || body.reasoning?.effort) return turn;
  return { ...turn, pieces: [reason('Let me think about this at length. '.repeat(40)), ...turn.pieces] };
}

function contextOf(
  { body, model }: Checked,
  turn: Turn,
  inputTokens: number,
  { makeId, clock, containers }: DashScopeParts,
): StreamContext {
  let container: string | undefined;
  return {
    response: newResponse(body, model, { id: makeId('response'), created_at: clock.seconds() }),
    inputTokens,
    now: clock.seconds,
    makeId,
    include: EVERYTHING,
    summaries: true,
    obfuscate: false,
    betweenDeltas: find(turn, 'slow')?.betweenDeltas ?? 0,
    encrypt: () => '',
    openContainer() {
      container ??= containers.forTool({ type: 'code_interpreter', container: { type: 'auto' } }).open();
      return container;
    },
    writeFile: containers.write,
    // Files stay inside: there are no citations (§C.6).
    listFiles: () => [],
    output: [],
    onItem: () => {},
    nextIndex: 0,
    sequence: 0,
    outputTokens: 0,
    reasoningTokens: 0,
  };
}

function cachedUsage(usage: unknown, cached_tokens: number): object {
  return { ...(usage as object), input_tokens_details: { cached_tokens } };
}

function searchIn(
  body: ResponseCreateParams,
  bases: DashScopeParts['knowledgeBases'],
): (query: string) => SearchResult[] {
  const tool = body.tools?.find(({ type }) => type === 'file_search') as
    | { vector_store_ids: string[] }
    | undefined;
  const files = Object.entries((tool && bases[tool.vector_store_ids[0] ?? '']) ?? {});
  const chunks = files.flatMap(([filename, content], at) =>
    splitIntoChunks(content).map((text) => ({ file_id: `file_${at}`, filename, text, attributes: {} })),
  );
  return (query) => rank(query, chunks);
}
