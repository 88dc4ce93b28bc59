/** The addresses of images that tools made: `/rethread/images/<token>.<extension>`, wherever rethread is mounted. */
const PATH = /\/rethread\/images\/([A-Za-z0-9_-]{32})\.[a-z]{3,4}$/;

/** What nobody guesses in the address of an image; undefined for any other request. */
export function imageToken({ method, url }: Request): string | undefined {
  return method === 'GET' && url.includes('/rethread/images/')
    ? PATH.exec(new URL(url).pathname)?.[1]
    : undefined;
}
