import type { Context, Hono } from 'hono';
import type { Connection } from './deliver.ts';
import { badRequest } from './errors.ts';

/** A request the simulator has seen. */
export interface RecordedRequest {
  method: string;
  /** Below the API's base: `/responses`, `/files/file-…/content`. */
  path: string;
  query: Record<string, string>;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Parsed JSON, or the fields of a form (files as `File`); the text itself when it is neither; undefined when empty. */
  body: unknown;
  /** The client went away before it had the whole answer. */
  aborted: boolean;
  /** Parameters and tools that were ignored in silence, as DashScope does (dashscope §C.3). */
  ignored?: string[];
}

/** What handlers get beside the request itself. */
export interface Exchange {
  record: RecordedRequest;
  connection: Connection;
  /** All values of the query, since names such as `include[]` repeat. */
  search: URLSearchParams;
}

type Env = { Bindings: Exchange; Variables: { requestId: string } };

/** The routes of a simulator. */
export type App = Hono<Env>;

/** One request on its way through them. */
export type RouteContext = Context<Env>;

const PARSE_ERROR =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)";

/**
 * The JSON object a request carries.
 *
 * @throws ApiError 400 when it carries none; an absent body counts as `{}` only when `optional`
 */
export function jsonBody(context: RouteContext, optional = false): Record<string, unknown> {
  const { body } = context.env.record;
  if (body === undefined && optional) return {};
  if (body === null || typeof body !== 'object' || Array.isArray(body) || body instanceof FormBody) {
    throw badRequest(PARSE_ERROR);
  }
  return body as Record<string, unknown>;
}

/** The fields of a multipart request, as {@link RecordedRequest.body} shows them. */
export class FormBody {
  [name: string]: string | File;
}

/** The form a request carries. @throws ApiError 400 when it is none */
export function formBody(context: RouteContext): FormBody {
  const { body } = context.env.record;
  if (!(body instanceof FormBody)) {
    throw badRequest("Invalid Content-Type header. Expected 'multipart/form-data'.");
  }
  return body;
}

/** Reads a body by its content type. What is not what it claims to be stays text. */
export async function parseBody(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(bytes, { headers: { 'content-type': contentType } })
      .formData()
      .catch(() => undefined);
    if (form) {
      const body = new FormBody();
      for (const [name, value] of form) body[name] = value;
      return body;
    }
  }
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Collects a body of any of the kinds the SDK majors hand to `fetch`: strings, bytes, web and Node streams, forms. */
export async function collectBody(
  body: unknown,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; contentType: string | null }> {
  if (body === null || body === undefined) return { bytes: new Uint8Array(), contentType: null };
  if (typeof body === 'object' && Symbol.asyncIterator in body && !(body instanceof ReadableStream)) {
    const encoder = new TextEncoder();
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of body as AsyncIterable<string | Uint8Array>) {
      chunks.push(typeof chunk === 'string' ? encoder.encode(chunk) : new Uint8Array(chunk));
    }
    return { bytes: new Uint8Array(await new Blob(chunks).arrayBuffer()), contentType: null };
  }
  const wrapped = new Response(body as BodyInit);
  return {
    bytes: new Uint8Array(await wrapped.arrayBuffer()),
    contentType: wrapped.headers.get('content-type'),
  };
}
