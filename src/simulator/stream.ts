import type { ResponseError, ResponseUsage } from 'openai/resources/responses/responses';
import {
  type Closing,
  type ItemContext,
  playCode,
  playFileSearch,
  playFunctionCall,
  playItem,
  playMessage,
  playReasoning,
  playWebSearch,
  send,
} from './items.ts';
import type { Malformation, Piece, ScriptedUsage, Turn } from './pieces.ts';
import { frame, project, type Step, type WireResponse } from './wire.ts';

/** What a turn needs to be played as a response. */
export interface StreamContext extends ItemContext {
  /** The response as the request defines it, `in_progress` and without output. */
  response: WireResponse;
  inputTokens: number;
  /** Unix seconds. */
  now(): number;
}

/** The pieces after which a response does not complete. */
function isEnding(piece: Piece | undefined): boolean {
  if (piece?.kind === 'cut') return isHere(piece);
  return piece !== undefined && ['incomplete', 'fail', 'stream_error', 'hang'].includes(piece.kind);
}

/** A cut without a place of its own happens where it stands in the turn. */
function isHere(piece: Extract<Piece, { kind: 'cut' }>): boolean {
  return piece.afterEvents === undefined && piece.afterBytes === undefined && !piece.beforeHeaders;
}

function closingOf(following: Piece | undefined): Closing {
  if (!isEnding(following)) return 'completed';
  return following?.kind === 'incomplete' ? 'incomplete' : 'open';
}

/** Kinds that do not happen at a place, so that they do not come between an item and the ending that cuts it off. */
function isPlaced(piece: Piece): boolean {
  if (piece.kind === 'cut') return isHere(piece);
  if (piece.kind === 'malformed') return piece.afterEvents === undefined;
  return piece.kind !== 'slow' && piece.kind !== 'usage' && piece.kind !== 'http_error';
}

/**
 * Plays a turn: the events of the real API in their order, from `response.created` to the terminal one. Pure but for
 * what its context does (ids, container files).
 *
 * @returns the response as it is at the end
 */
export function* playTurn(context: StreamContext, turn: Turn): Generator<Step, WireResponse> {
  const pieces = turn.pieces.filter(isPlaced);
  const scripted = turn.pieces.find((piece) => piece.kind === 'usage');

  const background = context.response.background === true;
  const first: WireResponse = background ? { ...context.response, status: 'queued' } : context.response;
  yield* send(context, { type: 'response.created', response: first });
  if (background) yield* send(context, { type: 'response.queued', response: first });
  yield* send(context, { type: 'response.in_progress', response: context.response });

  for (const [index, piece] of pieces.entries()) {
    const closing = closingOf(pieces[index + 1]);
    switch (piece.kind) {
      case 'message':
        yield* playMessage(context, piece, closing);
        break;
      case 'function_calls':
        for (const [position, call] of piece.calls.entries()) {
          yield* playFunctionCall(context, call, position === piece.calls.length - 1 ? closing : 'completed');
        }
        break;
      case 'file_search':
        yield* playFileSearch(context, piece, closing);
        break;
      case 'code':
        yield* playCode(context, piece, closing);
        break;
      case 'reasoning':
        yield* playReasoning(context, piece, closing);
        break;
      case 'web_search':
        yield* playWebSearch(context, piece, closing);
        break;
      case 'item':
        yield* playItem(context, piece.item, closing);
        break;
      case 'malformed':
        yield* playMalformed(context, piece.what);
        break;
      case 'incomplete':
        return yield* finish(
          context,
          { status: 'incomplete', incomplete_details: { reason: piece.reason } },
          scripted,
        );
      case 'fail':
        return yield* finish(
          context,
          { status: 'failed', error: { code: piece.code as ResponseError['code'], message: piece.message } },
          scripted,
        );
      case 'stream_error': {
        yield* playError(context, piece);
        const error: ResponseError = {
          code: piece.error.code === 'rate_limit_exceeded' ? 'rate_limit_exceeded' : 'server_error',
          message: piece.error.message,
        };
        if (!piece.thenFailed) return { ...context.response, status: 'failed', error };
        return yield* finish(context, { status: 'failed', error }, scripted);
      }
      case 'hang':
        yield { do: 'hang' };
        break;
      case 'cut':
        yield { do: 'break', clean: piece.clean ?? false, midEvent: piece.midEvent ?? false };
        break;
    }
  }
  return yield* finish(context, { status: 'completed' }, scripted);
}

function* finish(
  context: StreamContext,
  ending: Partial<WireResponse> & { status: 'completed' | 'incomplete' | 'failed' },
  scripted: ScriptedUsage | undefined,
): Generator<Step, WireResponse> {
  const response: WireResponse = {
    ...context.response,
    ...ending,
    completed_at: ending.status === 'completed' ? context.now() : null,
    output: context.output.map((item) => project(item, context.include)),
    usage: usageOf(context, scripted),
  };
  yield* send(context, { type: `response.${ending.status}`, response: response });
  return response;
}

function usageOf(context: StreamContext, scripted: ScriptedUsage = {}): ResponseUsage {
  const input_tokens = scripted.input_tokens ?? context.inputTokens;
  const output_tokens = scripted.output_tokens ?? context.outputTokens;
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: scripted.cached_tokens ?? 0, cache_write_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: scripted.reasoning_tokens ?? context.reasoningTokens },
    total_tokens: input_tokens + output_tokens,
  };
}

function* playError(
  context: StreamContext,
  { error, form }: Extract<Piece, { kind: 'stream_error' }>,
): Generator<Step, void> {
  const sequence_number = context.sequence++;
  const { message, code, param } = error;
  const event =
    form === 'nested'
      ? { type: 'error', sequence_number, error }
      : { type: 'error', sequence_number, code, message, param };
  yield { do: 'write', text: frame(event) };
}

/** The bytes of a malformation that does not use up an output index. */
export function malformedFrame(what: Exclude<Malformation, 'item'>, sequence_number: number): string {
  switch (what) {
    case 'json':
      return `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":${sequence_number},"delta":"bro\n\n`;
    case 'not_object':
      return 'event: response.output_text.delta\ndata: "just a string"\n\n';
    case 'html':
      return '<html><body><h1>502 Bad Gateway</h1></body></html>\n\n';
    case 'comment':
      return ': keep-alive\n\nretry: 3000\n\n';
    case 'event':
      return frame({ type: 'response.sparkle.delta', ...{ sequence_number, delta: 'new' } });
  }
}

function* playMalformed(context: StreamContext, what: Malformation): Generator<Step, void> {
  if (what === 'item') yield* playItem(context, { type: 'sparkle_call', sparkles: 3 }, 'completed');
  else
    yield {
      do: 'write',
      text: malformedFrame(what, what === 'event' ? context.sequence++ : context.sequence),
    };
}
