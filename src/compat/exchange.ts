/** One request and its answer, as they went over the wire; and the same request for a shell. */

export interface Exchange {
  method: string;
  url: string;
  /** Behind the base URL, with its query: `/threads?limit=1`. */
  path: string;
  requestHeaders: Headers;
  /** A form is shown by its fields. */
  requestBody: string | FormData | undefined;
  status: number;
  responseHeaders: Headers;
  /** The answer's body, as far as it was read. */
  text: string;
}

const QUIET =
  /^(user-agent|accept|accept-language|accept-encoding|sec-fetch-mode|content-length|x-stainless-.*|connection|host)$/;

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A body longer than this is cut: nobody pastes it, and the report stays readable. */
const LONGEST_BODY = 2000;

/**
 * The request as a curl line. The key is not in it: it is read from the environment.
 *
 * @param keyVariable the variable that has it, e.g. `OPENAI_API_KEY`
 */
export function toCurl({ method, url, requestHeaders, requestBody }: Exchange, keyVariable: string): string {
  const parts = ['curl -sS'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(quote(url));
  for (const [name, value] of requestHeaders) {
    if (QUIET.test(name) || (name === 'content-type' && requestBody instanceof FormData)) continue;
    if (name === 'authorization') parts.push(`-H "authorization: Bearer $${keyVariable}"`);
    else parts.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  if (requestBody instanceof FormData) {
    for (const [name, value] of requestBody)
      parts.push(`-F ${quote(`${name}=${typeof value === 'string' ? value : `@${value.name}`}`)}`);
  } else if (requestBody !== undefined) {
    const shown =
      requestBody.length > LONGEST_BODY
        ? `${requestBody.slice(0, LONGEST_BODY)}… (${requestBody.length} characters)`
        : requestBody;
    parts.push(`--data-raw ${quote(shown)}`);
  }
  return parts.join(' ');
}
