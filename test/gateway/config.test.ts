/** Where `rethread serve` takes its options from: a flag wins over the environment, and that over rethread.config. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serveOptions } from '../../src/cli/serve.ts';
import { directory, rethread } from '../transfer/cli.ts';

async function inDirectory(config: unknown): Promise<string> {
  const cwd = await directory();
  await writeFile(join(cwd, 'rethread.config.json'), JSON.stringify(config));
  vi.spyOn(process, 'cwd').mockReturnValue(cwd);
  onTestFinished(() => void vi.restoreAllMocks());
  onTestFinished(() => void vi.unstubAllEnvs());
  return cwd;
}

test('a flag wins over the environment, the environment over the file, its section serve over the rest', async () => {
  await inDirectory({
    store: 'file:everywhere',
    retention: '1d',
    serve: {
      timeout: 1,
      port: 1,
      upstream: 'http://file.test/v1',
      host: 'file.test',
      assistantsOnly: true,
      tenants: { a: ['k'] },
    },
  });
  expect(await serveOptions([])).toMatchObject({
    store: 'file:everywhere',
    port: 1,
    upstream: 'http://file.test/v1',
    host: 'file.test',
    assistantsOnly: true,
    tenants: { a: { keys: ['k'] } },
  });
  vi.stubEnv('RETHREAD_PORT', '2');
  // For this one there is no flag.
  vi.stubEnv('RETHREAD_TIMEOUT', '2');
  vi.stubEnv('RETHREAD_UPSTREAM', 'http://env.test/v1');
  vi.stubEnv('RETHREAD_STORE', 'file:env');
  vi.stubEnv('RETHREAD_ASSISTANTS_ONLY', 'false');
  expect(await serveOptions([])).toMatchObject({
    store: 'file:env',
    port: 2,
    timeout: 2,
    upstream: 'http://env.test/v1',
    host: 'file.test',
    assistantsOnly: false,
  });
  expect(await serveOptions(['--port', '3', '--store', 'file:flag', '--assistants-only'])).toMatchObject({
    store: 'file:flag',
    port: 3,
    upstream: 'http://env.test/v1',
    host: 'file.test',
    assistantsOnly: true,
  });
});

test('--public-url is where images are reached, over RETHREAD_PUBLIC_URL and over the file', async () => {
  await inDirectory({ serve: { publicURL: 'https://file.example' } });
  expect((await serveOptions([])).publicURL).toBe('https://file.example');
  vi.stubEnv('RETHREAD_PUBLIC_URL', 'https://env.example');
  expect((await serveOptions([])).publicURL).toBe('https://env.example');
  expect((await serveOptions(['--public-url', 'https://flag.example/v1'])).publicURL).toBe(
    'https://flag.example/v1',
  );
  await expect(serveOptions(['--public-url', 'nowhere'])).rejects.toThrow(
    '--public-url: expected an http(s) URL',
  );
});

test.each([
  [{ serve: { port: 'x' } }, 'serve.port: expected a whole number'],
  [{ serve: { prot: 1 } }, "serve.prot: 'prot': no such option"],
  [{ serve: [] }, 'serve: expected options of rethread serve'],
  [{ prot: 1 }, "'prot': no such option"],
])('what is wrong in the file is told in one line, with exit code 2: %j', async (config, problem) => {
  const cwd = await inDirectory(config);
  const { code, err } = await rethread(cwd, 'serve', '--port', '0');
  expect(code).toBe(2);
  expect(err).toBe(`error: ${join(cwd, 'rethread.config.json')}: ${problem}\n`);
});

test('the section is for rethread serve: a handler of the library does not mind it', async () => {
  const cwd = await inDirectory({ store: 'memory:', serve: { port: 1 } });
  const { createAssistants } = await import('../../src/index.ts');
  const assistants = createAssistants({ log: () => {} });
  const headers = { 'openai-beta': 'assistants=v2' };
  const answer = await assistants.fetch(new Request('http://x/v1/threads', { method: 'POST', headers }));
  expect([cwd !== '', answer.status]).toEqual([true, 200]);
  await assistants.close();
});
