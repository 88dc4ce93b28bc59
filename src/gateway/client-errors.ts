/** What Node's server refuses before there is a request to answer: told in the envelope, as every other refusal. */
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../assistants/errors.ts';
import { errorObject, newRequestId } from '../http/openai/envelope.ts';

const REFUSALS: Readonly<Record<string, ApiError>> = {
  HPE_HEADER_OVERFLOW: new ApiError("The request's headers are too large.", { status: 431 }),
  ERR_HTTP_REQUEST_TIMEOUT: new ApiError('The request took too long to arrive.', { status: 408 }),
};

const NOT_HTTP = new ApiError('This is not a valid HTTP request.', { status: 400 });

export function tellClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const refusal = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
    const requestId = newRequestId();
    const body = JSON.stringify(errorObject(refusal, requestId));
    const lines = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}
