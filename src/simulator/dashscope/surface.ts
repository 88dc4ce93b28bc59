import { ApiError } from '../errors.ts';
import { createIds, type IdKind, type MakeId } from '../ids.ts';
import type { Surface } from '../server.ts';

/** Codes of the error list (§A.11) by status, for errors that have none of their own. */
const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidParameter',
  401: 'InvalidApiKey',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  429: 'Throttling',
};

/** A 400 as this API words most of them (§C.9). */
export function invalidParameter(message: string, param: string | null = null): ApiError {
  return new ApiError(400, message, { param, code: 'InvalidParameter' });
}

/** Flat errors, and no headers of OpenAI's (§C.1, §C.9). */
export const dashscopeSurface: Surface = {
  path: '/compatible-mode/v1',
  basePath: /^(?:\/api\/v2\/apps\/protocols)?\/compatible-mode\/v1(?=\/|$)/,
  headers: {},
  envelope(error, request_id) {
    // Checks shared with OpenAI's personality name their kind in lower case: here it goes in front of the message.
    const kind =
      error.code !== null && /^[a-z_]+$/.test(error.code) && error.status === 400 ? error.code : undefined;
    const known = error.code !== null && kind === undefined ? error.code : undefined;
    return {
      request_id,
      code: known ?? CODES[error.status] ?? 'InternalError',
      message: kind && !kind.startsWith('simulator_') ? `[400] ${kind}: ${error.message}` : error.message,
    };
  },
  noRoute: (method, path) =>
    path === '/responses' && method === 'GET'
      ? new ApiError(405, 'Method Not Allowed')
      : new ApiError(404, 'Not Found'),
  noKey: () => new ApiError(401, 'No API-key provided.'),
  wrongKey: () => new ApiError(401, 'Invalid API-key provided.'),
};

/** Kinds whose ids keep their own shape; every item is a `msg_…` (§C.6). */
const OWN_SHAPE: ReadonlySet<IdKind> = new Set([
  'call',
  'conversation',
  'file',
  'container',
  'container_file',
  'vector_store',
  'file_batch',
]);

/** `resp_<uuid>`, `msg_<uuid>` for items of all types, a bare uuid for requests (§C.6). */
export function dashscopeIds(seed?: number): MakeId {
  const make = createIds(seed);
  return (kind) => {
    const id = make(kind);
    if (OWN_SHAPE.has(kind)) return id;
    const hex = id.slice(id.indexOf('_') + 1);
    const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    if (kind === 'request') return uuid;
    return kind === 'response' ? `resp_${uuid}` : `msg_${uuid}`;
  };
}
