/** Everything under the upstream's base that rethread does not own goes on to it, bodies streamed both ways. */
import { unknownRoute } from '../http/openai/envelope.ts';
import type { Caller } from '../upstream/client.ts';
import { forwarded, returned } from './headers.ts';

const MOUNT = '/v1/';

/** Set anew by fetch, or about an encoding that is undone on the way. */
const OWN = ['accept-encoding', 'content-length'];

/** @throws ApiError 404 outside `/v1/` */
export async function passThrough(request: Request, caller: Caller): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith(MOUNT)) throw unknownRoute(request.method, pathname);
  const headers = new Headers(forwarded(request.headers, false));
  for (const [name, value] of Object.entries(caller.headers)) headers.set(name, value);
  for (const name of OWN) headers.delete(name);
  for (const [name, value] of Object.entries(caller.query)) searchParams.set(name, value);
  const query = searchParams.size > 0 ? `?${searchParams}` : '';
  const answer = await caller.fetch(caller.baseURL + pathname.slice(MOUNT.length - 1) + query, {
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
    headers: returned(answer.headers),
  });
}
