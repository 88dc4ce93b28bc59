import { Hono } from 'hono';
import type { Connection } from './deliver.ts';
import { ApiError, simulatorObjection } from './errors.ts';
import {
  type App,
  collectBody,
  type Exchange,
  parseBody,
  type RecordedRequest,
  type RouteContext,
} from './exchange.ts';
import type { Base } from './state.ts';

/** Who may call, and with what. */
export interface AccessRules {
  /** Keys that are let in; undefined lets every key in. */
  keys: readonly string[] | undefined;
  betaHeader: BetaHeaderRule;
}

/**
 * Where `OpenAI-Beta: assistants=v2` is refused: it has no business on requests that a shim forwards (§0.2). The SDKs
 * themselves send it with vector store calls, so `except_vector_stores` is the default.
 */
export type BetaHeaderRule = 'except_vector_stores' | 'everywhere' | 'nowhere';

/** What every route of a provider has in common, whatever it serves. */
export interface Surface {
  /** The path of its base URL. */
  path: string;
  /** Base paths a client may put in front. */
  basePath: RegExp;
  headers: Record<string, string>;
  /** The body of an error. */
  envelope(error: ApiError, requestId: string): object;
  noRoute(method: string, path: string): ApiError;
  noKey(): ApiError;
  wrongKey(key: string): ApiError;
}

/** OpenAI's, and Azure's. */
export const openaiSurface: Surface = {
  path: '/v1',
  basePath: /^(?:\/openai\/deployments\/[^/]+|\/openai\/v1|\/openai|\/v1)(?=\/|$)/,
  headers: {
    'openai-version': '2020-10-01',
    'openai-organization': 'org-simulator',
    'openai-processing-ms': '12',
  },
  envelope: (error) => error.envelope,
  noRoute: (method, path) => new ApiError(404, `Invalid URL (${method} /v1${path})`),
  noKey: () =>
    new ApiError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.",
    ),
  wrongKey(key) {
    const masked =
      key.length <= 8
        ? '*'.repeat(key.length)
        : `${key.slice(0, 4)}${'*'.repeat(key.length - 8)}${key.slice(-4)}`;
    return new ApiError(
      401,
      `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: 'invalid_api_key' },
    );
  },
};

/** Makes the app: error envelopes, headers, keys. Routes are mounted on it by the modules that own them. */
export function createApp(base: Base, rules: AccessRules, surface: Surface): App {
  const app: App = new Hono();

  app.use(async (c, next) => {
    c.set('requestId', base.makeId('request'));
    await next();
    c.header('x-request-id', c.get('requestId'));
    for (const [name, value] of Object.entries(surface.headers)) c.header(name, value);
  });
  app.use(async (c, next) => {
    checkKey(c.env.record, rules.keys, surface);
    checkBeta(c.env.record, rules.betaHeader);
    await next();
  });

  const refuse = (c: RouteContext, error: ApiError) =>
    c.json(surface.envelope(error, c.get('requestId')), error.status as 400, error.headers);
  app.onError((error, c) => {
    if (!(error instanceof ApiError)) throw error;
    return refuse(c, error);
  });
  app.notFound((c) => refuse(c, surface.noRoute(c.env.record.method, c.env.record.path)));
  return app;
}

function checkKey(record: RecordedRequest, keys: readonly string[] | undefined, surface: Surface): void {
  const key = record.headers['api-key'] ?? /^Bearer (.+)$/i.exec(record.headers.authorization ?? '')?.[1];
  if (!key) throw surface.noKey();
  if (keys && !keys.includes(key)) throw surface.wrongKey(key);
}

function checkBeta(record: RecordedRequest, rule: BetaHeaderRule): void {
  if (rule === 'nowhere' || !/\bassistants=/.test(record.headers['openai-beta'] ?? '')) return;
  if (rule === 'except_vector_stores' && record.path.startsWith('/vector_stores')) return;
  throw simulatorObjection(
    "the header 'OpenAI-Beta: assistants=v2' must not be forwarded: strip it.",
    'assistants_beta_header',
  );
}

/** One request in the form in which both doors hand it in. */
export interface Incoming {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
  signal: AbortSignal;
  reset?: () => void;
}

/**
 * Records a request and lets the app answer it.
 *
 * @throws the signal's reason when the client went away, or what a scripted cut throws
 */
export async function answer(
  app: App,
  basePath: RegExp,
  records: RecordedRequest[],
  incoming: Incoming,
): Promise<Response> {
  const url = new URL(incoming.url);
  const { bytes, contentType } = await collectBody(incoming.body);
  if (contentType && !incoming.headers.has('content-type')) incoming.headers.set('content-type', contentType);
  const path = url.pathname.replace(basePath, '') || '/';
  const record: RecordedRequest = {
    method: incoming.method,
    path,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(incoming.headers),
    body: await parseBody(bytes, incoming.headers.get('content-type') ?? ''),
    aborted: false,
  };
  records.push(record);
  const connection: Connection = {
    signal: incoming.signal,
    gone: () => {
      record.aborted = true;
    },
    reset: incoming.reset,
  };
  const exchange: Exchange = { record, connection, search: url.searchParams };
  try {
    incoming.signal.throwIfAborted();
    return await app.fetch(new Request(`http://simulator${path}`, { method: incoming.method }), exchange);
  } catch (error) {
    if (incoming.signal.aborted) record.aborted = true;
    throw error;
  }
}
