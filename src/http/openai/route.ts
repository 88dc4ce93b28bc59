/** Tells the routes of the Assistants API from all others, wherever the API is mounted (§1.1). */
import { isMinted } from '../../files/minted.ts';

/** A known route at the end of a path; what stands before it is where the API is mounted, e.g. `/v1` or `/openai`. */
const ROUTE = /^(.*?)(\/(?:assistants|threads)(?:\/.*)?)$/;
const FILE = /^(.*?)(\/files\/([^/]+)(?:\/content)?\/?)$/;

/** Where `/…/threads` is another API's route. */
const OTHERS = /\/chatkit$/;

export interface LocalRoute {
  /** What stands before the route, e.g. `/v1`. */
  mount: string;
  /** The route, e.g. `/threads/thread_x/runs`. */
  path: string;
}

/**
 * The route of a request that rethread answers itself; undefined for everything else.
 * @param basePath path of the client's base URL, without a trailing slash: the route stands right behind it
 */
export function localRoute(pathname: string, basePath?: string): LocalRoute | undefined {
  if (basePath !== undefined && pathname.startsWith(`${basePath}/`)) {
    const path = pathname.slice(basePath.length);
    return ROUTE.exec(path)?.[1] === '' || mintedFile(path)?.mount === ''
      ? { mount: basePath, path }
      : undefined;
  }
  const [, mount = '', path = ''] = ROUTE.exec(pathname) ?? [];
  return path && !OTHERS.test(mount) ? { mount, path } : mintedFile(pathname);
}

function mintedFile(pathname: string): LocalRoute | undefined {
  const [, mount = '', path = '', id = ''] = FILE.exec(pathname) ?? [];
  return isMinted(id) ? { mount, path } : undefined;
}

/** The part of a path that the routes are written for; paths that are no route of ours stay whole. */
export function routePath(pathname: string): string {
  const path = localRoute(pathname)?.path ?? pathname;
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
