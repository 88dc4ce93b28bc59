/** Tells requests of DashScope's Assistant API from all others (docs/contracts/dashscope.md §A.1, §B). */
import { pathnameOf } from '../pathname.ts';

const ROUTE = /^\/(assistants|threads|files)(\/|$)/;

/** A route behind a base of somebody's own. */
const ANYWHERE = /^.*?(\/(?:assistants|threads|files)(?:\/.*)?)$/;

/** The base that DashScope's clients are told, wherever it is mounted. */
const BASE = /(^|\/)api\/v1(\/|$)/;

/** How the vendor's SDKs call themselves (§A.1). */
const SDK = /^dashscope\//i;

/**
 * Whether a request speaks this dialect: below `/api/v1`, or from one of DashScope's SDKs whose base URL lacks that part
 * (§B). Clients of OpenAI's API, which may be mounted there as well, say so in headers that DashScope does not know.
 */
export function speaksDashScope(request: Request): boolean {
  const { headers } = request;
  if (headers.has('openai-beta') || headers.has('x-stainless-lang')) return false;
  return BASE.test(pathnameOf(request)) || SDK.test(headers.get('user-agent') ?? '');
}

/** The part of a path that the routes are written for, e.g. `/threads/thread_x/runs`; undefined for other APIs' paths. */
export function dashScopeRoute(pathname: string): string | undefined {
  const [, below] = /\/api\/v1(\/.*)$/.exec(pathname) ?? [];
  if (below !== undefined) return ROUTE.test(below) ? below : undefined;
  return ANYWHERE.exec(pathname)?.[1];
}
