/** Reading a request's body without trusting anything about it. */
import { ApiError, badRequest } from '../../assistants/errors.ts';

/**
 * The JSON object that a request carries; `{}` when it carries none (a thread is created with an empty or absent body, §1.1).
 *
 * @param request or its body, where that is at hand
 * @param limitBytes largest body that is read
 * @throws ApiError 400 for anything that is not a JSON object in UTF-8, 413 above the limit, 499 when the client went away
 */
export async function readBody(request: Request | string, limitBytes: number): Promise<unknown> {
  const value = await readJson(request, limitBytes);
  if (value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  const kind = Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  throw badRequest(`Invalid request body: expected a JSON object, but got ${kind} instead.`);
}

/**
 * The same for any JSON value; an empty body is `{}`.
 * @param refused what is thrown for something that is not JSON
 */
export async function readJson(
  request: Request | string,
  limitBytes: number,
  refused: () => ApiError = notJson,
): Promise<unknown> {
  const text =
    typeof request === 'string'
      ? limited(request, limitBytes)
      : decode(await readLimited(request, limitBytes), refused);
  if (text.trim() === '') return {};
  return parseJson(text, refused);
}

/**
 * Reads on without keeping anything, for about as much again. To cancel at once would be simpler, but the streams that
 * Node 24 makes of form data answer to that with a rejection which nobody can catch.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>, most: number): Promise<void> {
  try {
    for (let size = 0; size <= most; ) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The client is gone, and the body with it.
  }
}

/**
 * The bytes that a request carries.
 * @throws ApiError 413 above the limit, 400 or 499 for a body that did not arrive
 */
export async function readLimited(request: Request, limitBytes: number): Promise<Uint8Array[]> {
  const announced = request.headers.get('content-length');
  // Read whole, as the server has it: a stream would be made for it that lives as long as its request, and a request that
  // is answered with a stream lives long.
  if (announced !== null && Number(announced) <= limitBytes) return readWhole(request, limitBytes);
  const { body } = request;
  if (body === null) return [];
  if (Number(announced) > limitBytes) {
    // Left unread, the connection could not be used again.
    await body.cancel().catch(() => {});
    throw tooLarge(limitBytes);
  }
  const chunks: Uint8Array[] = [];
  const reader = body.getReader();
  let size = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.byteLength;
      if (size > limitBytes) {
        void discard(reader, limitBytes);
        throw tooLarge(limitBytes);
      }
      chunks.push(part.value);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw cutOff(request, error);
  }
  return chunks;
}

function limited(text: string, limitBytes: number): string {
  // No character has more than three bytes for each of its UTF-16 units.
  if (text.length * 3 > limitBytes && new TextEncoder().encode(text).length > limitBytes)
    throw tooLarge(limitBytes);
  return text;
}

/** For a body whose length is known to be within the limit; should it be longer all the same, that is seen behind it. */
async function readWhole(request: Request, limitBytes: number): Promise<Uint8Array[]> {
  const bytes = await request.arrayBuffer().catch((error: unknown) => {
    throw cutOff(request, error);
  });
  if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
  return [new Uint8Array(bytes)];
}

function cutOff({ signal }: Request, cause: unknown): ApiError {
  return new ApiError('The connection was closed before the request body had arrived.', {
    status: signal.aborted ? 499 : 400,
    cause,
  });
}

function decode(chunks: readonly Uint8Array[], refused: () => ApiError): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    const parts = chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    return parts.join('') + decoder.decode();
  } catch {
    throw refused();
  }
}

function parseJson(text: string, refused: () => ApiError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused();
  }
}

function notJson(): ApiError {
  return badRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble ' +
      'figuring out how to fix this, please contact us through our help center at help.openai.com.)',
  );
}

function tooLarge(limitBytes: number): ApiError {
  return new ApiError(`The request body is too large. The limit is ${limitBytes} bytes.`, { status: 413 });
}
