/** What git knows about the tree: a rewrite that can't be told apart from half-done work is a rewrite nobody can review. */
import { spawnSync } from 'node:child_process';

/**
 * Uncommitted changes under `dir` as `git status --porcelain` lines; files that git doesn't track count only if they are
 * among `touched` (relative to `dir`). `undefined` when git is absent or `dir` is in no repository: nothing to refuse.
 */
export function uncommittedChanges(dir: string, touched: readonly string[]): string[] | undefined {
  const result = spawnSync('git', ['status', '--porcelain', '--untracked-files=all', '--', '.'], {
    cwd: dir,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error || result.status !== 0) return undefined;
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .filter((line) => !line.startsWith('??') || touched.some((file) => line.slice(3).endsWith(file)));
}
