/** `rethread` as a process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const CLI = new URL('../../src/cli/index.ts', import.meta.url).pathname;
const TSX = import.meta.resolve('tsx');

let folder: string | undefined;

/** One for all processes of a test. */
function folderOfTest(): string {
  if (folder) return folder;
  const made = mkdtempSync(join(tmpdir(), 'rethread-serve-'));
  folder = made;
  onTestFinished(() => {
    folder = undefined;
    return rm(made, { recursive: true, force: true });
  });
  return made;
}

/** The command, as a process in a folder of the test's own. */
export function rethread(...args: string[]) {
  const child = spawn(process.execPath, ['--import', TSX, CLI, ...args], {
    cwd: folderOfTest(),
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  return { child, said, exit: once(child, 'exit').then(([code]) => code as number) };
}

/** `rethread serve` on a port of its own, once it says that it serves. */
export async function serving(...args: string[]) {
  const started = rethread('serve', '--port', '0', ...args);
  while (!started.said.out.includes('Ctrl-C')) {
    await Promise.race([once(started.child.stdout, 'data'), started.exit]);
    if (started.child.exitCode !== null) throw new Error(started.said.err);
  }
  const [, url = ''] = /at (http:\S+)/.exec(started.said.out) ?? [];
  return { ...started, url };
}
