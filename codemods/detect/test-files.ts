/** Which files are tests: by where they are and by what they do, since a script in `test/` need not be one. */
import type { Source } from '../source/sources.ts';

const PLACE =
  /(?:^|\/)(?:__tests__|__mocks__|tests?|e2e|spec)\/|[.-](?:test|spec|e2e-spec|e2e)\.[mc]?[jt]sx?$/;
const FRAMEWORK =
  /\b(?:describe|it|test|suite)(?:\.\w+)?\s*\(|\b(?:jest|vi|sinon)\.\w+|from\s+['"](?:vitest|@jest\/globals|node:test|ava|tap|mocha|bun:test)['"]|__mocks__/;

export function isTestFile(source: Pick<Source, 'path' | 'text'>, root: string): boolean {
  return isAmongTests(source, root) && (FRAMEWORK.test(source.text) || source.path.includes('__mocks__'));
}

/** By the place alone: tests, and their helpers and fixtures. */
export function isAmongTests(source: Pick<Source, 'path'>, root: string): boolean {
  const relative = source.path.startsWith(`${root}/`) ? source.path.slice(root.length + 1) : source.path;
  return PLACE.test(relative);
}
