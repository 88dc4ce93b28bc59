/** The command line in this process: what it says and with what it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';

export interface Said {
  code: number;
  out: string;
  err: string;
}

export async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'rethread-data-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** @param cwd where the command is called */
export async function rethread(cwd: string, ...args: string[]): Promise<Said> {
  const said = { out: '', err: '' };
  const code = await main(args, {
    cwd,
    stdout: {
      write(text) {
        said.out += text;
        return true;
      },
    },
    stderr: {
      write(text) {
        said.err += text;
        return true;
      },
    },
  });
  return { code, ...said };
}
