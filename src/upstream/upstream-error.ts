/** What an upstream's failure is to a run, and to a client. */
import { ApiError } from '../assistants/errors.ts';
import { maskSecrets } from '../translate/failure.ts';

/** What the upstream answered instead of what was asked for; `status` 0 where nothing was answered at all. */
export class UpstreamError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly type: string | null;
  readonly param: string | null;
  readonly headers: Headers | undefined;

  /** No cause is kept: what the SDK throws quotes the upstream's answer, and that may quote the key. */
  constructor(message: string, init: Partial<Omit<UpstreamError, 'message' | 'name' | 'cause'>> = {}) {
    super(maskSecrets(message));
    this.name = 'UpstreamError';
    this.status = init.status ?? 0;
    this.code = init.code ?? null;
    this.type = init.type ?? null;
    this.param = init.param ?? null;
    this.headers = init.headers;
  }

  /** The same failure as an HTTP answer to our own client, who may try again when the upstream says so. */
  toApiError(): ApiError {
    const status = this.status >= 400 ? this.status : 502;
    const said = ['retry-after', 'retry-after-ms', 'x-should-retry'].map(
      (name) => [name, this.headers?.get(name)] as const,
    );
    return new ApiError(this.message, {
      status,
      type: this.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: this.param,
      code: this.code,
      headers: Object.fromEntries(said.filter((header): header is [string, string] => Boolean(header[1]))),
      cause: this,
    });
  }
}
