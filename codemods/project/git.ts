/** What git knows about the tree: a rewrite that can't be told apart from half-done work is a rewrite nobody can review. */
import { spawnSync } from 'node:child_process';

/**
 * Uncommitted changes under `dir`, as `git status --porcelain` lines; `undefined` when git is absent or `dir` is not in
 * a repository, where there is nothing to refuse.
 */
export function uncommittedChanges(dir: string): string[] | undefined {
  const result = spawnSync('git', ['status', '--porcelain', '--untracked-files=no', '--', '.'], {
    cwd: dir,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error || result.status !== 0) return undefined;
  return result.stdout.split('\n').filter((line) => line !== '');
}
