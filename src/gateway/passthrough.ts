/** Everything under the upstream's base that rethread does not own goes on to it, bodies streamed both ways. */
import { unknownRoute } from '../http/openai/envelope.ts';
import type { Caller } from '../upstream/client.ts';
import { forwarded, returned } from './headers.ts';

const MOUNT = '/v1/';

/** Where DashScope has its other APIs, which its SDKs call at the base URL of the Assistant API (docs/contracts/dashscope.md §B). */
const DASHSCOPE_MOUNT = '/api/v1/';
const DASHSCOPE_HOST = /(^|\.)aliyuncs\.com$/i;

/** Whether an upstream is DashScope itself, whose native API is at hand beside its Responses API. */
export const hasNativeApi = (baseURL: string) => DASHSCOPE_HOST.test(new URL(baseURL).hostname);

/** The same path at the upstream. @throws ApiError 404 outside what it has */
function targetOf(request: Request, { baseURL }: Caller): string {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith(MOUNT)) return baseURL + pathname.slice(MOUNT.length - 1);
  const native = pathname.startsWith(DASHSCOPE_MOUNT) && hasNativeApi(baseURL);
  if (native) return new URL(baseURL).origin + pathname;
  throw unknownRoute(request.method, pathname);
}

/** Set anew by fetch, or about an encoding that is undone on the way. */
const OWN = ['accept-encoding', 'content-length'];

/** @throws ApiError 404 outside `/v1/`, and `/api/v1/` where the upstream is DashScope */
export async function passThrough(request: Request, caller: Caller): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const target = targetOf(request, caller);
  const headers = new Headers(forwarded(request.headers, false));
  for (const [name, value] of Object.entries(caller.headers)) headers.set(name, value);
  for (const name of OWN) headers.delete(name);
  for (const [name, value] of Object.entries(caller.query)) searchParams.set(name, value);
  const query = searchParams.size > 0 ? `?${searchParams}` : '';
  const answer = await caller.fetch(target + query, {
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
