/** Errors as DashScope sends them: a flat `{"code","message","request_id"}` (§A.11). */
import { ApiError } from '../../assistants/errors.ts';
import { outage } from '../outage.ts';
import { idsOut } from './ids.ts';

export interface FlatError {
  code: string;
  message: string;
  request_id: string;
}

/** A UUID with dashes, as all ids of this dialect. */
export const newRequestId = (): string => crypto.randomUUID();

/** What every answer says of the request. */
export const responseHeaders = ({ requestId }: { requestId: string }) => ({ 'x-request-id': requestId });

/** DashScope's code for a status (§A.11). */
const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidParameter',
  401: 'InvalidApiKey',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  429: 'Throttling.RateQuota',
  502: 'ModelServingError',
  503: 'ModelUnavailable',
};

/** A DashScope upstream's own code, which is handed on as it came: `Arrearage`, `Throttling.BurstRate`. */
const VENDOR_CODE = /^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)*$/;

function told(error: ApiError): { status: number; code: string } {
  const { status, code } = error;
  if (status === 413) return { status: 400, code: 'BadRequest.TooLarge' };
  if (code === 'unsupported_model') return { status: 404, code: 'ModelNotFound' };
  if (code && VENDOR_CODE.test(code)) return { status, code };
  return { status, code: CODES[status] ?? (status >= 500 ? 'InternalError' : 'InvalidParameter') };
}

const knownOf = (error: unknown) => (error instanceof ApiError ? error : (outage(error) ?? internal()));

const internal = () =>
  new ApiError('An internal error has occurred. Try again, or ask the operator with this request_id.', {
    status: 500,
  });

/** The object that goes over the wire, also after `data:` of a stream's `error` event (§A.9). Of an unknown error nothing is told. */
export function flatError(error: unknown, requestId: string): FlatError {
  const known = knownOf(error);
  return { code: told(known).code, message: idsOut(known.message), request_id: requestId };
}

/** A complete answer for anything that was thrown. */
export function errorResponse(error: unknown, requestId: string): Response {
  const known = knownOf(error);
  return Response.json(flatError(known, requestId), {
    status: told(known).status,
    headers: { ...known.headers, 'x-request-id': requestId },
  });
}

/** Codes of a run's or step's `last_error`, which the domain has in OpenAI's words. */
const RUN_CODES: ReadonlyMap<string, string> = new Map([
  ['server_error', 'InternalError'],
  ['rate_limit_exceeded', 'Throttling.RateQuota'],
  ['invalid_prompt', 'InvalidParameter'],
]);

export function lastError(error: { code: string; message: string }): { code: string; message: string } {
  return { code: RUN_CODES.get(error.code) ?? error.code, message: error.message };
}
