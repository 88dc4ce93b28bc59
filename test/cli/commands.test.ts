/** What holds for every command of `rethread`: help with examples, one clear line for what is wrong, and Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { directory, rethread } from '../transfer/cli.ts';

const listed = await rethread('.', '--help');
const COMMANDS = [...listed.out.matchAll(/^ {2}(\w+)(?: \[| <| {2,})/gm)]
  .map(([, name = '']) => name)
  .filter((name) => name !== 'help');

test('the commands are found', () => {
  expect(COMMANDS).toEqual(
    expect.arrayContaining(['serve', 'export', 'import', 'prune', 'tenants', 'migrate']),
  );
});

describe.each(COMMANDS)('rethread %s', (name) => {
  test('--help reads well, with an example and the exit codes', async () => {
    const { code, out, err } = await rethread('.', name, '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Usage: rethread ${name}`));
    expect(out).toMatch(new RegExp(`Examples?:\\n(?:.*\\n)*? {2}\\$ .*rethread ${name}`));
    expect(out).toMatch(/Exit codes:/);
    // By whichever way it is asked for.
    expect((await rethread('.', 'help', name)).out).toBe(out);
  });

  test('a flag that it does not have is told in one line, with exit code 2', async () => {
    const { code, out, err } = await rethread(await directory(), name, '--no-such-flag');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe("error: unknown option '--no-such-flag'\n");
  });
});

describe('Ctrl-C', () => {
  const CLI = new URL('../../src/cli/index.ts', import.meta.url).pathname;
  const thread = (at: number) => JSON.stringify({ id: `thread_${at}`, object: 'thread', created_at: at });

  function started(cwd: string, ...args: string[]) {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), CLI, ...args], { cwd });
    const said = { err: '' };
    child.stderr.on('data', (chunk) => {
      said.err += chunk;
    });
    return { child, said, exit: once(child, 'exit').then(([code]) => code as number) };
  }

  test('ends an import that waits for more, with 130; what was complete is there', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    const { child, said, exit } = started(cwd, 'import', '--store', store, '-');
    child.stdin.write(`{"object":"rethread.export","version":1}\n${thread(1)}\n${thread(2)}\nnot JSON\n`);
    // The third line has been read when the fourth is told.
    while (!said.err.includes('stdin:4')) await once(child.stderr, 'data');
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(said.err).toMatch(/error: interrupted; run the same command again to go on\n$/);
    expect((await rethread(cwd, 'export', '--store', store)).out).toContain(thread(1).slice(0, 20));
  });

  test('ends an export at once whose reader takes no more, with 130', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    // More than a pipe holds, and more than this process reads ahead.
    const long = {
      metadata: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [at, 'x'.repeat(512)])),
    };
    const threads = Array.from({ length: 200 }, (_, at) => ({ ...JSON.parse(thread(at)), ...long }));
    await writeFile(join(cwd, 'dump.json'), JSON.stringify(threads));
    expect(await rethread(cwd, 'import', '--store', store, 'dump.json')).toMatchObject({ code: 0 });
    const { child, said, exit } = started(cwd, 'export', '--store', store);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'readable');
    // By now it waits for its reader, and says nothing of being done.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(said.err).not.toContain('exported');
    child.kill('SIGINT');
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'still there'));
    expect(await Promise.race([exit, late])).toBe(130);
    expect(said.err).toMatch(/error: interrupted; what was written is not complete\n$/);
  });

  test('leaves no half-written export under its name; the same command goes on', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    await writeFile(join(cwd, 'dump.json'), `[${Array.from({ length: 50 }, (_, at) => thread(at)).join()}]`);
    await rethread(cwd, 'import', '--store', store, 'dump.json');
    const before = process.listenerCount('SIGINT');
    const exported = rethread(cwd, 'export', '--store', store, 'out.jsonl');
    while (process.listenerCount('SIGINT') === before) await new Promise((resolve) => setImmediate(resolve));
    process.emit('SIGINT');
    expect(await exported).toMatchObject({
      code: 130,
      err: 'error: interrupted; run the same command again to go on\n',
    });
    expect(existsSync(join(cwd, 'out.jsonl'))).toBe(false);
    expect(await rethread(cwd, 'export', '--store', store, 'out.jsonl')).toMatchObject({ code: 0 });
    expect((await readFile(join(cwd, 'out.jsonl'), 'utf8')).match(/thread_/g)).toHaveLength(50);
    expect(existsSync(join(cwd, 'out.jsonl.part'))).toBe(false);
  });
});
