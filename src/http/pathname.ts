/**
 * The path of a request's URL, as `new URL(url).pathname` has it. A request's URL is parsed and made normal before it gets
 * here, so that it need not be parsed once more for each question that is asked about it.
 */
export function pathnameOf({ url }: { url: string }): string {
  const authority = url.indexOf('://') + '://'.length;
  const start = url.indexOf('/', authority);
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}
