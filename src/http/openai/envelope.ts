/** Errors as the Assistants API sends them: `{"error":{message,type,param,code}}` (§2.9). */
import { ApiError } from '../../assistants/errors.ts';
import { outage } from '../outage.ts';

/** 20 hex digits of this process; not made where modules are loaded, for some platforms have nothing random there. */
let ours: string | undefined;
let requests = 0;

/** `req_` and 32 hex digits (§1.3), of which the last count: random ones would take a twentieth of a small request. */
export function newRequestId(): string {
  ours ??= crypto.randomUUID().replaceAll('-', '').slice(12);
  return `req_${ours}${(requests++).toString(16).padStart(12, '0')}`;
}

/** The object that goes over the wire, also inside a stream's `error` event (§3.2). Of an unknown error nothing is told. */
export function errorObject(error: unknown, requestId: string) {
  const { message, type, param, code } = told(error, requestId);
  return { error: { message, type, param, code } };
}

/** A complete answer for anything that was thrown. `x-should-retry` is left to the error: clients retry a bare 500 (§2.9). */
export function errorResponse(error: unknown, requestId: string): Response {
  const { status, headers } = told(error, requestId);
  return Response.json(errorObject(error, requestId), {
    status,
    headers: { ...headers, 'x-request-id': requestId },
  });
}

function told(error: unknown, requestId: string): ApiError {
  if (error instanceof ApiError) return error;
  return outage(error) ?? internalError(requestId);
}

/** No. 29: the text by which clients recognise a server's own fault. */
function internalError(requestId: string): ApiError {
  return new ApiError(
    'The server had an error processing your request. Sorry about that! You can retry your request, or contact us ' +
      'through our help center at help.openai.com if you keep seeing this error. ' +
      `(Please include the request ID ${requestId} in your email.)`,
    { status: 500, type: 'server_error' },
  );
}

/** 404 for a route that does not exist. */
export function unknownRoute(method: string, path: string): ApiError {
  return new ApiError(`Invalid URL (${method} ${path})`, { status: 404 });
}

/** 405 for a route that exists under another method. */
export function unknownMethod(method: string, path: string): ApiError {
  return new ApiError(`Invalid method for URL (${method} ${path})`, { status: 405 });
}
