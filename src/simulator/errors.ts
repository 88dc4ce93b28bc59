/** The error envelope every OpenAI endpoint answers with (§2.9). */
export interface ErrorEnvelope {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** An error that ends a request with an HTTP status and the envelope of §2.9. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    detail: {
      type?: string;
      param?: string | null;
      code?: string | null;
      headers?: Record<string, string>;
    } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = detail.type ?? 'invalid_request_error';
    this.param = detail.param ?? null;
    this.code = detail.code ?? null;
    this.headers = detail.headers ?? {};
  }

  /** The body that goes over the wire. */
  get envelope(): ErrorEnvelope {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** A 400 `invalid_request_error`, the answer to most mistakes. */
export function badRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError {
  return new ApiError(400, message, { param, code });
}

/** A 404 `invalid_request_error`: the id or route is not known. */
export function notFound(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError(404, message, { param, code });
}

/**
 * A 400 of the simulator's own kind: the real API would let it pass, but it is always a bug of the caller, and the
 * simulator is there to catch it. Its `code` begins with `simulator_`.
 */
export function simulatorObjection(message: string, code: string, param: string | null = null): ApiError {
  return new ApiError(400, `Simulator: ${message}`, {
    type: 'simulator_error',
    param,
    code: `simulator_${code}`,
  });
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`: how the real validator lists values (§2.9 #16). */
export function quoteList(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  if (quoted.length <= 1) return quoted.join('');
  if (quoted.length === 2) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}
