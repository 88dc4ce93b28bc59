/** Runs the project's own package manager, told by its lockfile. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const BY_LOCKFILE: [string, string][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

export interface Installation {
  command: string;
  directory: string;
  failed: boolean;
}

/** The command that installs what the package.json in `directory` asks for, and where it is to be run. */
export function installCommand(directory: string): { program: string; directory: string } {
  for (let dir = directory; ; dir = path.dirname(dir)) {
    for (const [lockfile, program] of BY_LOCKFILE) {
      if (existsSync(path.join(dir, lockfile))) return { program, directory: dir };
    }
    if (existsSync(path.join(dir, '.git')) || path.dirname(dir) === dir) return { program: 'npm', directory };
  }
}

export function installDependencies(directories: readonly string[], quiet: boolean): Installation[] {
  const done = new Map<string, Installation>();
  for (const each of directories) {
    const { program, directory } = installCommand(each);
    if (done.has(directory)) continue;
    const result = spawnSync(program, ['install'], {
      cwd: directory,
      stdio: quiet ? 'ignore' : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    done.set(directory, { command: `${program} install`, directory, failed: result.status !== 0 });
  }
  return [...done.values()];
}
