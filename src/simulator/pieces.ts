import type { ResponseError } from 'openai/resources/responses/responses';
import type { ErrorEnvelope } from './errors.ts';
import type { SearchResult } from './search.ts';
import type { TurnRequest } from './turn-request.ts';

/** A place in the text at which a file is cited: the marker itself is not part of the text (§4.4). */
export interface Citation {
  /** Character position of the marker; the annotation comes before the text that follows it. */
  at: number;
  file_id: string;
  filename: string;
}

/** How a file that code interpreter made is mentioned. */
export interface FileMention {
  /** `x.csv` or `/mnt/data/x.csv`. */
  path: string;
  /**
   * A file whose `sandbox:/mnt/data/…` path is in the text is annotated there. Any other (a plot) is annotated with
   * start and end 0, before the text (`start`) or after it (`end`, default).
   */
  at?: 'start' | 'end';
}

/** One content part of an assistant message. */
export interface TextPart {
  text: string;
  citations?: Citation[];
  /** Default: every file made in this turn whose sandbox path is in the text. */
  files?: (string | FileMention)[];
  /** Annotations as they are, announced after the text. */
  annotations?: Record<string, unknown>[];
}

export interface RefusalPart {
  refusal: string;
}

/** Text is sent in this many deltas, or in exactly these; by default a word a delta. */
export type Deltas = number | string[];

interface MessagePiece {
  kind: 'message';
  parts: (TextPart | RefusalPart)[];
  deltas?: Deltas | undefined;
  phase?: 'commentary' | 'final_answer' | undefined;
}

/** A function call the model makes. */
export interface FunctionCall {
  name: string;
  /** An object is sent as JSON; a string as it is, so that broken JSON can be sent too. Default `{}`. */
  arguments?: Record<string, unknown> | string;
  /** Default: a fresh `call_…`. */
  call_id?: string;
  deltas?: Deltas;
}

interface FunctionCallsPiece {
  kind: 'function_calls';
  calls: FunctionCall[];
}

interface FileSearchPiece {
  kind: 'file_search';
  queries: string[];
  results: SearchResult[];
}

/** A file that code interpreter writes into its container. */
export interface MadeFile {
  /** `x.csv` or `/mnt/data/x.csv`. */
  path: string;
  content: string | Uint8Array;
}

/** A code interpreter call. */
export interface CodeRun {
  code: string;
  /** What the code printed; several entries make several outputs. */
  logs?: string | string[];
  /** Image outputs: URLs, or the bytes of a PNG (sent as a data URL). */
  images?: (string | Uint8Array)[];
  files?: MadeFile[];
  status?: 'completed' | 'failed';
  deltas?: Deltas;
}

interface CodePiece extends CodeRun {
  kind: 'code';
}

interface ReasoningPiece {
  kind: 'reasoning';
  summary: string[];
  deltas?: Deltas | undefined;
}

interface WebSearchPiece {
  kind: 'web_search';
  query: string;
  /** URLs that it found. */
  sources: string[];
}

interface ItemPiece {
  kind: 'item';
  item: Record<string, unknown> & { type: string };
}

interface IncompletePiece {
  kind: 'incomplete';
  reason: 'max_output_tokens' | 'content_filter';
}

interface FailPiece {
  kind: 'fail';
  /** Real ones are more than the SDK's type lists, `context_length_exceeded` among them. */
  code: ResponseError['code'] | 'context_length_exceeded';
  message: string;
}

interface StreamErrorPiece {
  kind: 'stream_error';
  error: { type: string; code: string | null; message: string; param: string | null };
  form: 'nested' | 'flat';
  thenFailed: boolean;
}

interface HangPiece {
  kind: 'hang';
  beforeHeaders: boolean;
}

/** Where a connection breaks. */
export interface Cut {
  /** After so many events. */
  afterEvents?: number;
  /** After so many bytes of the body. */
  afterBytes?: number;
  /** Send half of the next event before breaking. */
  midEvent?: boolean;
  /** Break before any header is sent: `fetch` itself fails. */
  beforeHeaders?: boolean;
  /** End the body in good order instead of breaking it: the stream is only too short. */
  clean?: boolean;
}

interface CutPiece extends Cut {
  kind: 'cut';
}

/** What is wrong with the stream; see {@link malformed}. */
export type Malformation = 'json' | 'event' | 'item' | 'comment' | 'not_object' | 'html';

interface MalformedPiece {
  kind: 'malformed';
  what: Malformation;
  afterEvents?: number | undefined;
}

/** Delays in milliseconds. */
export interface Delays {
  beforeHeaders?: number;
  /** Between the headers and the first event. */
  beforeFirst?: number;
  /** Before each delta. */
  betweenDeltas?: number;
}

interface SlowPiece extends Delays {
  kind: 'slow';
}

/** Usage numbers to report instead of counted ones. */
export interface ScriptedUsage {
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  reasoning_tokens?: number;
}

interface UsagePiece extends ScriptedUsage {
  kind: 'usage';
}

interface HttpErrorPiece {
  kind: 'http_error';
  status: number;
  body: ErrorEnvelope | string;
  headers: Record<string, string>;
  times: number;
}

/** One thing that happens in a turn. Made by the functions of this module, put together by {@link turn}. */
export type Piece =
  | MessagePiece
  | FunctionCallsPiece
  | FileSearchPiece
  | CodePiece
  | ReasoningPiece
  | WebSearchPiece
  | ItemPiece
  | IncompletePiece
  | FailPiece
  | StreamErrorPiece
  | HangPiece
  | CutPiece
  | MalformedPiece
  | SlowPiece
  | UsagePiece
  | HttpErrorPiece;

/** The answer to one POST /responses. */
export interface Turn {
  kind: 'turn';
  pieces: Piece[];
  /** How many requests it answers. */
  times: number;
}

/** A turn for several requests in a row; made by `repeat`. */
export interface Repeated {
  kind: 'repeated';
  times: number;
  what: Turn | Piece | TurnFunction;
}

/** A turn that looks at the request first. */
export type TurnFunction = (request: TurnRequest) => Turn | Piece | Promise<Turn | Piece>;

/** What a script is made of: a turn, a lone piece (a turn of one), a function that gives either, or these repeated. */
export type ScriptedTurn = Turn | Piece | TurnFunction | Repeated;
