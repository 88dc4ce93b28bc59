/**
 * The one error class of rethread, and the texts of the Assistants API that clients match on
 * (docs/contracts/openai.md §2.9; the numbers are those of its table).
 */

export interface ApiErrorInit {
  status: number;
  type?: string;
  param?: string | null;
  code?: string | null;
  /** Sent with the answer, e.g. `retry-after` or `x-should-retry`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A failure that a client is told of. A dialect turns it into its own envelope; anything else that is thrown is a 500. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Record<string, string>;

  constructor(message: string, init: ApiErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'ApiError';
    this.status = init.status;
    this.type = init.type ?? 'invalid_request_error';
    this.param = init.param ?? null;
    this.code = init.code ?? null;
    this.headers = init.headers ?? {};
  }
}

/** A 400 of type `invalid_request_error`. */
export function badRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError {
  return new ApiError(message, { status: 400, param, code });
}

function notFound(message: string): ApiError {
  return new ApiError(message, { status: 404 });
}

/** Python's list repr of strings, as the original printed ids. */
const pythonList = (ids: readonly string[]) => `[${ids.map((id) => `'${id}'`).join(', ')}]`;

/** Each function gives the error of one row of §2.9, byte for byte. */
export const errors = {
  /** #1 */
  messageWhileActive: (threadId: string, runId: string) =>
    badRequest(`Can't add messages to ${threadId} while a run ${runId} is active.`),
  /** #2 */
  runWhileActive: (threadId: string, runId: string) =>
    badRequest(`Thread ${threadId} already has an active run ${runId}.`),
  /** #3, and how to bring the assistant along: the first sentence is the original's, byte for byte. */
  noAssistant: (id: string) =>
    notFound(
      `No assistant found with id '${id}'. If it was made before the Assistants API was shut down, declare it: ` +
        `withAssistants(client, { assistants: { '${id}': { model, instructions, tools } } }), ` +
        'or in rethread.config (see MIGRATION.md, "Bring your assistants along").',
    ),
  /** #4 */
  noThread: (id: string) => notFound(`No thread found with id '${id}'.`),
  /** #5 */
  noStep: (id: string) => notFound(`No run step found with id '${id}'.`),
  /** #6 */
  noRun: (id: string) => notFound(`No run found with id '${id}'.`),
  /** #6 */
  noMessage: (id: string) => notFound(`No message found with id '${id}'.`),
  /** #7 */
  outputsNotAccepted: (status: string) =>
    badRequest(`Runs in status "${status}" do not accept tool outputs.`),
  /** #8 */
  outputsExpected: (expected: readonly string[], got: readonly string[]) =>
    badRequest(`Expected tool outputs for call_ids ${pythonList(expected)}, got ${pythonList(got)}`),
  /** #9 */
  notCancellable: (status: string) => badRequest(`Cannot cancel run with status '${status}'.`),
  /** #11 */
  nothingToRun: () =>
    badRequest(
      'Run creation requires a Thread with a user message or an assistant with instructions.',
      null,
      'invalid_thread',
    ),
  /** #23 */
  unsupportedModel: (model: string) =>
    badRequest(
      `The requested model '${model}' cannot be used with the Assistants API.`,
      'model',
      'unsupported_model',
    ),
};

/** A client that tries again may find another process, or the next one. */
export const closing = () =>
  new ApiError('rethread is closing.', {
    status: 503,
    type: 'server_error',
    headers: { 'retry-after': '1' },
  });
