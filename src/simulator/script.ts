import type { ResponseError } from 'openai/resources/responses/responses';
import type { ErrorEnvelope } from './errors.ts';
import type {
  CodeRun,
  Cut,
  Delays,
  Deltas,
  FunctionCall,
  Malformation,
  Piece,
  RefusalPart,
  Repeated,
  ScriptedUsage,
  TextPart,
  Turn,
  TurnFunction,
} from './pieces.ts';
import type { SearchResult } from './search.ts';

/**
 * Puts pieces together, in the order in which they are to happen. Without an ending (`incomplete`, `fail`, `streamError`,
 * `cut`, `hang`) the response completes.
 *
 * @example
 * sim.script(turn(reason('Weather needs a lookup'), callFunctions({ name: 'get_weather', arguments: { city: 'Paris' } })));
 */
export function turn(...pieces: Piece[]): Turn {
  const times = pieces.reduce(
    (most, piece) => (piece.kind === 'http_error' ? Math.max(most, piece.times) : most),
    1,
  );
  return { kind: 'turn', pieces, times };
}

/**
 * The same turn for several requests in a row; `Infinity` for all that follow.
 *
 * @example
 * sim.script(repeat(3, say('Again')), repeat(2, ({ lastUserText }) => say(lastUserText)));
 */
export function repeat(times: number, what: Turn | Piece | TurnFunction): Repeated {
  return { kind: 'repeated', times, what };
}

/** A lone piece is a turn of one. */
export function asTurn(what: Turn | Piece): Turn {
  return what.kind === 'turn' ? what : turn(what);
}

/**
 * An assistant message. Several parts make several `output_text` parts of one message.
 *
 * @example
 * sim.script(say('Hello world', { deltas: 3 }));
 * sim.script(say('As the handbook says.', { citations: [{ at: 20, file_id: 'file-1', filename: 'handbook.txt' }] }));
 */
export function say(
  text: string | (string | TextPart | RefusalPart)[],
  options: Omit<TextPart, 'text'> & { deltas?: Deltas; phase?: 'commentary' | 'final_answer' } = {},
): Piece {
  const { deltas, phase, ...part } = options;
  const parts = (Array.isArray(text) ? text : [{ text, ...part }]).map((entry) =>
    typeof entry === 'string' ? { text: entry } : entry,
  );
  return { kind: 'message', parts, deltas, phase };
}

/**
 * A message whose only part is a refusal. The response itself completes.
 *
 * @example
 * sim.script(refuse('I cannot help with that.'));
 */
export function refuse(refusal: string, options: { deltas?: Deltas } = {}): Piece {
  return { kind: 'message', parts: [{ refusal }], deltas: options.deltas };
}

/**
 * Function calls made in parallel.
 *
 * @example
 * sim.script(callFunctions({ name: 'get_weather', arguments: { city: 'Paris' } }, { name: 'get_time' }), say('Done.'));
 */
export function callFunctions(...calls: FunctionCall[]): Piece {
  return { kind: 'function_calls', calls };
}

/**
 * A file search call with its results (sent only to those who ask with `include`).
 *
 * @example
 * sim.script(turn(
 *   searchFiles({ queries: ['holidays'], results: [{ file_id: 'file-1', filename: 'handbook.txt', text: '30 days.' }] }),
 *   say('You have 30 days.', { citations: [{ at: 16, file_id: 'file-1', filename: 'handbook.txt' }] }),
 * ));
 */
export function searchFiles(search: { queries: string[]; results?: SearchResult[] }): Piece {
  return { kind: 'file_search', queries: search.queries, results: search.results ?? [] };
}

/**
 * A code interpreter call. Its files appear in the container (`cfile_…`), and in the annotations of a message that
 * mentions them.
 *
 * @example
 * sim.script(turn(
 *   runCode({ code: 'df.to_csv("x.csv")', logs: 'done\n', files: [{ path: 'x.csv', content: 'a,b\n1,2\n' }] }),
 *   say('See [x](sandbox:/mnt/data/x.csv).'),
 * ));
 */
export function runCode(run: CodeRun): Piece {
  return { kind: 'code', ...run };
}

/**
 * A reasoning item. The summary is sent only when the request asks for one (`reasoning.summary`), the encrypted content
 * only when `include` names it.
 *
 * @example
 * sim.script(turn(reason('Let me think'), say('42')));
 */
export function reason(summary: string | string[] = [], options: { deltas?: Deltas } = {}): Piece {
  return {
    kind: 'reasoning',
    summary: typeof summary === 'string' ? [summary] : summary,
    deltas: options.deltas,
  };
}

/**
 * A web search call: a hosted tool that an Assistants client has no name for. The sources, URLs, are sent only to those
 * who ask with `include`.
 *
 * @example
 * sim.script(turn(searchWeb('news'), say('Nothing new.')));
 */
export function searchWeb(query: string, sources: string[] = []): Piece {
  return { kind: 'web_search', query, sources };
}

/**
 * An output item of any type, sent as it is (an `id` is added when it has none).
 *
 * @example
 * sim.script(turn(item({ type: 'sparkle_call', sparkles: 3 }), say('Still here.')));
 */
export function item(value: Record<string, unknown> & { type: string }): Piece {
  return { kind: 'item', item: value };
}

/**
 * The response ends `incomplete`; so does the item before it.
 *
 * @example
 * sim.script(turn(say('Once upon a'), incomplete('max_output_tokens')));
 */
export function incomplete(reason: 'max_output_tokens' | 'content_filter'): Piece {
  return { kind: 'incomplete', reason };
}

/**
 * The response ends `failed`. An item before it stays open, as it does when a model breaks off.
 *
 * @example
 * sim.script(turn(say('Once upon'), fail('server_error', 'The model broke off.')));
 */
export function fail(
  code: ResponseError['code'] | 'context_length_exceeded' = 'server_error',
  message = 'The server had an error.',
): Piece {
  return { kind: 'fail', code, message };
}

/**
 * An `error` event in the middle of the stream (§4.6), followed by `response.failed` unless `thenFailed` is false. To a
 * request without `stream` it is an HTTP 500.
 *
 * @param error.form `nested` (`{type, error: {…}}`, recorded) or `flat` (`{type, code, message, param}`, the SDK's type)
 * @example
 * sim.script(turn(say('One'), streamError({ code: 'rate_limit_exceeded', message: 'Slow down', type: 'tokens' })));
 */
export function streamError(
  error: {
    message?: string;
    code?: string | null;
    type?: string;
    param?: string | null;
    form?: 'nested' | 'flat';
    thenFailed?: boolean;
  } = {},
): Piece {
  return {
    kind: 'stream_error',
    error: {
      type: error.type ?? 'server_error',
      code: error.code === undefined ? 'server_error' : error.code,
      message: error.message ?? 'The server had an error while processing your request.',
      param: error.param ?? null,
    },
    form: error.form ?? 'nested',
    thenFailed: error.thenFailed ?? true,
  };
}

/**
 * An HTTP error instead of a response, for as many requests as `times` says.
 *
 * @param envelope the error, its parts defaulted from the status; or a string, sent as it is (an HTML page of a proxy, say)
 * @example
 * sim.script(httpError(503, { message: 'Overloaded', type: 'server_error' }, { times: 2 }), say('Better now.'));
 */
export function httpError(
  status: number,
  envelope: Partial<ErrorEnvelope['error']> | string = {},
  options: { times?: number; headers?: Record<string, string> } = {},
): Piece {
  const body =
    typeof envelope === 'string'
      ? envelope
      : {
          error: {
            message: envelope.message ?? `Scripted error ${status}.`,
            type: envelope.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
            param: envelope.param ?? null,
            code: envelope.code ?? null,
          },
        };
  return { kind: 'http_error', status, body, headers: options.headers ?? {}, times: options.times ?? 1 };
}

/**
 * A 429 before the stream.
 *
 * @param options.retryAfterMs sent as `retry-after-ms`, and as `retry-after` in whole seconds
 * @param options.quota an exhausted quota (`insufficient_quota`) instead of a rate limit
 * @example
 * sim.script(rateLimit({ retryAfterMs: 20, times: 2 }), say('Through at last.'));
 */
export function rateLimit(
  options: { retryAfterMs?: number; times?: number; quota?: boolean; message?: string } = {},
): Piece {
  const headers: Record<string, string> = {};
  if (options.retryAfterMs !== undefined) {
    headers['retry-after-ms'] = String(options.retryAfterMs);
    headers['retry-after'] = String(Math.ceil(options.retryAfterMs / 1000));
  }
  const error = options.quota
    ? {
        message:
          'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }
    : {
        message:
          'Rate limit reached for gpt-4o in organization org-simulator on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      };
  return httpError(
    429,
    { ...error, message: options.message ?? error.message },
    { times: options.times ?? 1, headers },
  );
}

/**
 * Delays. They apply to the whole turn, wherever the piece stands.
 *
 * @example
 * sim.script(turn(slow({ beforeFirst: 20, betweenDeltas: 5 }), say('Easy does it.')));
 */
export function slow(delays: Delays): Piece {
  return { kind: 'slow', ...delays };
}

/**
 * The connection breaks: at the piece's own place in the turn, or where the options say. The item before it stays open.
 *
 * @example
 * sim.script(turn(say('Once upon a time'), cut({ afterEvents: 6, midEvent: true })));
 */
export function cut(where: Cut = {}): Piece {
  return { kind: 'cut', ...where };
}

/**
 * Something a client has to survive, at the piece's own place or after so many events:
 * `json` a data line with broken JSON; `not_object` a data line that is no object; `html` a body that is no event stream;
 * `event` an event of an unknown type; `item` an output item of an unknown type; `comment` comment and retry lines.
 * The last three are harmless, and the turn goes on.
 *
 * @example
 * sim.script(turn(malformed('event'), say('Fine.'), malformed('json')));
 */
export function malformed(what: Malformation = 'json', options: { afterEvents?: number } = {}): Piece {
  return { kind: 'malformed', what, afterEvents: options.afterEvents };
}

/**
 * Nothing more comes, and the connection stays open until the client goes away. The item before it stays open.
 *
 * @example
 * sim.script(turn(say('Wait for it'), hang()));
 */
export function hang(options: { beforeHeaders?: boolean } = {}): Piece {
  return { kind: 'hang', beforeHeaders: options.beforeHeaders ?? false };
}

/**
 * Usage numbers to report, for tests of token budgets. What is left out is counted.
 *
 * @example
 * sim.script(turn(say('Short.'), usage({ input_tokens: 1000, output_tokens: 500 })));
 */
export function usage(numbers: ScriptedUsage): Piece {
  return { kind: 'usage', ...numbers };
}
