/** `rethread migrate --to responses`: the pairs under fixtures/migrate-responses. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { migrate, type Report } from '../../codemods/index.ts';
import { createSimulator, fail, say } from '../../src/simulator/index.ts';
import { copyOf, filesOf, fixtures, removeCopies } from './fixtures.ts';

afterAll(() => {
  removeCopies();
  vi.unstubAllEnvs();
});

const PAIRS = fileURLToPath(new URL('../../fixtures/migrate-responses', import.meta.url));

describe.each(fixtures(PAIRS))('$name', ({ before, after, expect: expected }) => {
  const cwd = copyOf(before);
  const options = { cwd, force: true, target: 'responses' as const };
  let first: Promise<Report> | undefined;
  const run = (): Promise<Report> => {
    first ??= migrate(options);
    return first;
  };

  test('comes out byte for byte as written down', async () => {
    await run();
    const files = filesOf(cwd);
    expect([...files.keys()]).toEqual([...after.keys()]);
    for (const [file, bytes] of after) expect(files.get(file)?.toString(), file).toBe(bytes.toString());
  });

  test('its report says what moved, what stays and why', async () => {
    const report = await run();
    const sites: Record<string, number> = {};
    for (const { status } of report.sites) sites[status] = (sites[status] ?? 0) + 1;
    expect(sites).toEqual(expected.sites);
    const findings = report.findings.map(({ code, file, line }) => `${code} ${file}:${line}`);
    expect(findings.sort()).toEqual([...expected.findings].sort());
    for (const sentence of expected.says ?? [])
      expect(report.findings.map(({ message }) => message).join('\n')).toContain(sentence);
  });

  test('a second run changes nothing', async () => {
    await run();
    const again = await migrate(options);
    expect([again.files, again.changes]).toEqual([[], []]);
  });
});

test('where the result would have a new type error, the threads of that file stay on the shim', async () => {
  const cwd = copyOf(path.join(PAIRS, 'create-and-poll/before'));
  mkdirSync(path.join(cwd, 'node_modules'));
  symlinkSync(path.join(PAIRS, '../../node_modules/openai'), path.join(cwd, 'node_modules/openai'));
  const options = { strict: true, noUnusedLocals: true, module: 'nodenext', target: 'es2023', types: [] };
  writeFileSync(path.join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  const moved = await migrate({ cwd, dryRun: true, target: 'responses' });
  expect(moved.findings).toEqual([]);

  const file = path.join(cwd, 'tutor.ts');
  // The type is used for the part of the message only, which goes away.
  const text = readFileSync(file, 'utf8')
    .replace(
      "'openai';",
      "'openai';\nimport type { TextContentBlock } from 'openai/resources/beta/threads/messages';",
    )
    .replace('part.text.value', '(part as TextContentBlock).text.value');
  writeFileSync(file, text);
  const stays = await migrate({ cwd, dryRun: true, target: 'responses' });
  expect(stays.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    expect.stringMatching(/^not-written: Its threads stay on the shim: .*TextContentBlock/),
  ]);
  expect(stays.changes.map(({ kind }) => kind)).toEqual(['wrap-client', 'dependency']);
});

test('what came out runs: it asks in a conversation of its own, and takes that away again (§4.2)', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const simulator = createSimulator();
  const { url, close } = await simulator.listen();
  vi.stubEnv('OPENAI_BASE_URL', url);
  vi.stubEnv('OPENAI_API_KEY', 'sk-sim');
  try {
    const { tutor } = await import('../../fixtures/migrate-responses/create-and-poll/after/tutor.ts');
    simulator.script(say('An island in the Atlantic.'), fail('server_error', 'Out of order.'));
    expect(await tutor('What is Madeira?')).toBe('An island in the Atlantic.');
    await expect(tutor('And now?')).rejects.toThrow('failed: Out of order.');
    expect(simulator.requests.map(({ method, path }) => `${method} ${path.slice(0, 15)}`)).toEqual([
      'POST /conversations',
      'POST /responses',
      'DELETE /conversations/',
      'POST /conversations',
      'POST /responses',
    ]);
    expect(simulator.responsesRequests[0]?.body).toEqual({
      instructions: 'You are a tutor.',
      model: 'gpt-4.1',
      temperature: 0.2,
      conversation: expect.stringMatching(/^conv_/),
      input: 'What is Madeira?',
    });
    const { lookUp } = await import('../../fixtures/migrate-responses/hosted-tools/after/handbook.ts');
    // The provider knows the tools; what it does not have is the store.
    await expect(lookUp('Madeira', 'German')).rejects.toThrow(/^404 .*vs_1/);

    simulator.script(say('Roses are red', { deltas: 3 }), say('Violets are blue', { deltas: 3 }));
    const { verses, recite } = await import('../../fixtures/migrate-responses/streams/after/app.ts');
    const heard: string[] = [];
    for await (const text of verses('Flowers')) heard.push(text);
    expect([heard.length, heard.join('')]).toEqual([3, 'Roses are red']);
    await recite('More flowers', (text) => heard.push(text));
    expect([heard.length, heard.slice(3).join('')]).toEqual([6, 'Violets are blue']);
  } finally {
    log.mockRestore();
    await close();
  }
});
