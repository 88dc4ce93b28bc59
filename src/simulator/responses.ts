import type {
  ResponseCreateParams,
  ResponseIncludable,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import {
  brokenBody,
  type Connection,
  connectionReset,
  type Faults,
  hangUntilGone,
  playToEnd,
  sleep,
  streamBody,
} from './deliver.ts';
import { ApiError } from './errors.ts';
import { type App, jsonBody } from './exchange.ts';
import { newResponse } from './new-response.ts';
import type { Piece, Turn } from './script.ts';
import type { Base, ScriptQueue } from './state.ts';
import { malformedFrame, playTurn, type StreamContext } from './stream.ts';
import { countInputTokens } from './tokens.ts';
import { readInput, type TurnRequest } from './turn-request.ts';

/** What the routes need of the rest of the simulator. */
export interface ResponsesParts extends Base {
  queue: ScriptQueue;
}

/** The input as items: a string is a user message. */
export function inputItems(input: ResponseCreateParams['input']): ResponseInputItem[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
}

function find<K extends Piece['kind']>(turn: Turn, kind: K): Extract<Piece, { kind: K }> | undefined {
  return turn.pieces.find((piece): piece is Extract<Piece, { kind: K }> => piece.kind === kind);
}

/** What a turn does to the connection instead of answering. @throws what `fetch` or the handler is to fail with */
async function beforeHeaders(turn: Turn, connection: Connection): Promise<void> {
  const delays = find(turn, 'slow');
  if (delays?.beforeHeaders) await sleep(delays.beforeHeaders, connection.signal);
  if (find(turn, 'hang')?.beforeHeaders) await hangUntilGone(connection.signal);
  if (find(turn, 'cut')?.beforeHeaders) {
    if (connection.reset) {
      connection.reset();
      await hangUntilGone(connection.signal);
    }
    throw connectionReset();
  }
}

/** The scripted HTTP error of a turn as a response. */
function scriptedError({ status, body, headers }: Extract<Piece, { kind: 'http_error' }>): Response {
  return typeof body === 'string'
    ? new Response(body, { status, headers: { 'content-type': 'text/html', ...headers } })
    : Response.json(body, { status, headers });
}

/** POST /responses */
export function mountResponses(app: App, parts: ResponsesParts): void {
  app.post('/responses', async (c) => {
    const body = jsonBody(c) as unknown as ResponseCreateParams;
    const model = parts.models.find(body.model as string);
    const input = inputItems(body.input);
    const request: TurnRequest = {
      body,
      headers: c.env.record.headers,
      input,
      ...readInput(input),
      search: () => [],
    };
    const { connection } = c.env;

    const turn = await parts.queue.next(request);
    const refused = find(turn, 'http_error');
    if (refused) return scriptedError(refused);
    await beforeHeaders(turn, connection);

    const delays = find(turn, 'slow');
    const context: StreamContext = {
      response: newResponse(body, model, {
        id: parts.makeId('response'),
        created_at: parts.clock.seconds(),
      }),
      inputTokens: countInputTokens({ instructions: body.instructions, items: input, tools: body.tools }),
      now: parts.clock.seconds,
      makeId: parts.makeId,
      include: new Set<ResponseIncludable>(body.include ?? []),
      summaries: Boolean(body.reasoning?.summary),
      obfuscate: body.stream_options?.include_obfuscation ?? true,
      betweenDeltas: body.stream ? (delays?.betweenDeltas ?? 0) : 0,
      encrypt: (id, text) => `gAAAA${btoa(encodeURIComponent(`${id}:${text}`))}`,
      openContainer: () => parts.makeId('container'),
      writeFile: (container_id, path) => ({ container_id, path, file_id: parts.makeId('container_file') }),
      listFiles: () => [],
      output: [],
      nextIndex: 0,
      sequence: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    };
    const steps = playTurn(context, turn);
    const malformed = find(turn, 'malformed');

    if (body.stream) {
      const faults: Faults = {
        beforeFirst: delays?.beforeFirst ?? 0,
        cut: find(turn, 'cut'),
        malformed:
          malformed?.afterEvents === undefined
            ? undefined
            : { what: malformed.what, afterEvents: malformed.afterEvents },
      };
      return new Response(streamBody(steps, faults, connection), {
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
      });
    }

    const streamError = find(turn, 'stream_error');
    if (streamError) {
      const { message, ...rest } = streamError.error;
      throw new ApiError(rest.code === 'rate_limit_exceeded' ? 429 : 500, message, rest);
    }
    if (delays?.beforeFirst) await sleep(delays.beforeFirst, connection.signal);
    const response = await playToEnd(steps, connection.signal);
    const text = JSON.stringify(response === 'broken' ? context.response : response, null, 2);
    const headers = { 'content-type': 'application/json' };
    if (response === 'broken' || find(turn, 'cut')) {
      return new Response(brokenBody(text.slice(0, Math.floor(text.length / 2)), connection), { headers });
    }
    if (malformed && ['json', 'html', 'not_object'].includes(malformed.what)) {
      const broken = malformed.what === 'json' ? text.slice(0, -2) : malformedFrame('html', 0);
      return new Response(broken, { headers });
    }
    return new Response(text, { headers });
  });
}
