/** Everything under the upstream's base that rethread does not own goes on to it, bodies streamed both ways. */
import { unknownRoute } from '../http/openai/envelope.ts';
import type { Identity } from '../http/service.ts';

/** Meant for one connection, or set anew by fetch. `accept-encoding` too: bodies come out of fetch decoded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'expect',
]);

const MOUNT = '/v1/';

/** @throws ApiError 404 outside `/v1/` */
export async function passThrough(request: Request, { caller }: Identity): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (!pathname.startsWith(MOUNT)) throw unknownRoute(request.method, pathname);
  const headers = new Headers(kept(request.headers));
  for (const [name, value] of Object.entries(caller.headers))
    if (!HOP_BY_HOP.has(name)) headers.set(name, value);
  // The upstream has no Assistants API any more, and need not know that its caller still speaks it (§0.2).
  if (/assistants=/.test(headers.get('openai-beta') ?? '')) headers.delete('openai-beta');
  const answer = await caller.fetch(caller.baseURL + pathname.slice(MOUNT.length - 1) + search, {
    method: request.method,
    headers,
    body: request.body,
    signal: request.signal,
    // A redirect is the caller's to follow: the gateway calls its upstream and no other host.
    redirect: 'manual',
    ...(request.body && { duplex: 'half' }),
  } as RequestInit);
  return new Response(answer.body, {
    status: answer.status,
    statusText: answer.statusText,
    headers: kept(answer.headers),
  });
}

const kept = (headers: Headers) =>
  [...headers].filter(([name]) => !HOP_BY_HOP.has(name)) as [string, string][];
