/** `rethread migrate` on a small repository, from the command line to the files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rethread-migrate-'));
  execFileSync('git', ['init', '-q'], { cwd });
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');

async function migrate(...args: string[]) {
  let out = '';
  const sink = () =>
    new Writable({
      write(chunk, _encoding, done) {
        out += chunk;
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await main(['migrate', '--no-install', '--no-color', ...args], {
    cwd,
    stdout: sink(),
    stderr: sink(),
  });
  return { code, out };
}

const PACKAGE = (version: string) =>
  `{\n  "name": "x",\n  "type": "module",\n  "dependencies": {\n    "openai": "${version}"\n  }\n}\n`;

const CLIENT =
  "import OpenAI from 'openai';\nexport const make = () => new OpenAI().beta.threads.create();\n";

describe('the command', () => {
  beforeEach(() => {
    write('package.json', PACKAGE('^6.0.0'));
    write('a.ts', CLIENT);
    write('b.ts', CLIENT);
  });

  test('--include and --exclude say which files it may change', async () => {
    await migrate('--force', '--include', 'a.ts');
    expect([read('a.ts'), read('b.ts')]).toEqual([expect.stringContaining('rethread'), CLIENT]);
    write('a.ts', CLIENT);
    await migrate('--force', '--exclude', 'a.ts');
    expect([read('a.ts'), read('b.ts')]).toEqual([CLIENT, expect.stringContaining('rethread')]);
  });

  test('--json prints the report and nothing else', async () => {
    const report = JSON.parse((await migrate('--json', '--dry-run')).out);
    expect(report).toMatchObject({ format: 1, dryRun: true, summary: { callSites: 2, clientsWrapped: 2 } });
    expect(report.files.map(({ written }: { written: boolean }) => written)).not.toContain(true);
  });

  test('--report writes Markdown, or a page of HTML that loads nothing', async () => {
    write(
      'b.ts',
      "// <b>&\nimport type OpenAI from 'openai';\nexport const f = (c: OpenAI) => c.beta.threads.create();\n",
    );
    await migrate('--dry-run', '--report', 'report.md');
    expect(read('report.md')).toContain(
      '+export const make = () => withAssistants(new OpenAI()).beta.threads.create();',
    );
    expect(read('report.md')).toContain('`b.ts:3`');
    await migrate('--dry-run', '--report', 'report.html');
    expect(read('report.html')).toContain('<code>b.ts:3</code>');
    expect(read('report.html')).not.toMatch(/<script|<link|src=|https?:/);
  });

  test('--report is refused before anything is written when it has no place', async () => {
    for (const file of ['nowhere/report.md', '.']) {
      const { code, out } = await migrate('--force', '--report', file);
      expect([code, out]).toEqual([2, expect.stringMatching(/^error: --report: .+\n$/)]);
    }
    expect([read('a.ts'), read('b.ts')]).toEqual([CLIENT, CLIENT]);
  });

  test('what --check would do is told as what would be', async () => {
    const { out } = await migrate('--check');
    expect(out).toContain('would change a.ts');
    expect(out).toContain('2 clients would be wrapped');
  });

  test('stopped by Ctrl-C it leaves every file as it was', async () => {
    const others = process.listenerCount('SIGINT');
    const interrupt = (): unknown =>
      process.listenerCount('SIGINT') > others ? process.emit('SIGINT') : setImmediate(interrupt);
    interrupt();
    expect((await migrate('--force')).code).toBe(130);
    expect([read('a.ts'), read('b.ts')]).toEqual([CLIENT, CLIENT]);
    expect(readdirSync(cwd).sort()).toEqual(['.git', 'a.ts', 'b.ts', 'package.json']);
  });

  test.each([
    [['nowhere'], 'no file or directory'],
    [['--gateway', 'example'], "expected a URL, got 'example'"],
    [['--to', 'completions'], 'Allowed choices are shim, responses'],
  ])('asked wrongly with %j it says what is wrong, with exit code 2', async (args, message) => {
    const { code, out } = await migrate(...args);
    expect([code, out]).toEqual([2, expect.stringContaining(message)]);
    expect(out).not.toContain('    at ');
  });

  test('reminds of declared assistants until they have a model', async () => {
    write(
      'b.ts',
      `${CLIENT}export const id = process.env.ASSISTANT_ID;\nexport const run = (t: string) => new OpenAI().beta.threads.runs.create(t, { assistant_id: id });\n`,
    );
    expect((await migrate('--force')).out).toContain('the code does not say which model it has');
    expect((await migrate('--force')).out).toContain('has no model yet');
    write(
      'rethread.assistants.json',
      read('rethread.assistants.json').replace('"model": null', '"model": "gpt-4.1"'),
    );
    expect((await migrate('--force')).out).toMatch(/nothing to change\.\n$/);
  });
});

describe('a client of openai 5 with calls of openai 4 (§5.4)', () => {
  const before = `import OpenAI from "openai";
const openai = new OpenAI({ apiKey: process.env.KEY });

// openai.beta.threads.create() in a comment is no call
export async function ask(threadId: string, runId: string) {
  await openai.beta.threads.runs.cancel(threadId, runId);
  return openai.beta.threads.del(threadId);
}
`;
  const after = `import OpenAI from "openai";
import { withAssistants } from "rethread";
const openai = withAssistants(new OpenAI({ apiKey: process.env.KEY }));

// openai.beta.threads.create() in a comment is no call
export async function ask(threadId: string, runId: string) {
  await openai.beta.threads.runs.cancel(runId, { thread_id: threadId });
  return openai.beta.threads.delete(threadId);
}
`;

  test('is wrapped and repaired, and nothing else changes; a second run changes nothing', async () => {
    write('package.json', PACKAGE('^5.0.0'));
    write('a.ts', before);
    expect((await migrate('--force')).code).toBe(0);
    expect(read('a.ts')).toBe(after);
    expect(JSON.parse(read('package.json')).dependencies).toHaveProperty('rethread');
    expect((await migrate('--check', '--force')).code).toBe(0);
    expect(read('a.ts')).toBe(after);
  });

  test('--dry-run and --check write nothing; --check says so with exit code 1', async () => {
    write('package.json', PACKAGE('^5.0.0'));
    write('a.ts', before);
    expect((await migrate('--dry-run', '--force')).out).toContain(
      '+const openai = withAssistants(new OpenAI({ apiKey: process.env.KEY }));',
    );
    expect((await migrate('--check', '--force')).code).toBe(1);
    expect(read('a.ts')).toBe(before);
  });

  test('a tree with uncommitted changes is left alone without --force, with exit code 3', async () => {
    write('package.json', PACKAGE('^5.0.0'));
    write('a.ts', before);
    expect((await migrate()).code).toBe(3);
    expect(read('a.ts')).toBe(before);
  });
});

test('with openai 4 installed, calls of openai 4 stay as they are', async () => {
  const call = 'export const state = (t, r) => openai.beta.threads.runs.retrieve(t, r);\n';
  write('package.json', PACKAGE('^4.50.0'));
  write('a.js', `import { OpenAI } from 'openai'\nconst openai = new OpenAI()\n${call}`);
  expect((await migrate('--force')).code).toBe(0);
  expect(read('a.js')).toBe(
    `import { OpenAI } from 'openai'\nimport { withAssistants } from 'rethread'\nconst openai = withAssistants(new OpenAI())\n${call}`,
  );
});

test('CommonJS gets a require, in its own quotes', async () => {
  write('package.json', '{"name":"x","dependencies":{"openai":"^4.0.0"}}');
  write(
    'a.js',
    "const OpenAI = require('openai');\nconst openai = new OpenAI();\nopenai.beta.threads.create();\n",
  );
  expect((await migrate('--force')).code).toBe(0);
  expect(read('a.js')).toBe(
    "const OpenAI = require('openai');\nconst { withAssistants } = require('rethread');\nconst openai = withAssistants(new OpenAI());\nopenai.beta.threads.create();\n",
  );
});

test('code without Assistants calls stays as it is', async () => {
  const text = "import OpenAI from 'openai';\nexport const models = new OpenAI().models.list();\n";
  write('package.json', PACKAGE('^5.0.0'));
  write('a.ts', text);
  expect((await migrate('--force')).code).toBe(0);
  expect(read('a.ts')).toBe(text);
});

test('--to responses says what it moved, and needs no rethread where nothing stays', async () => {
  const text =
    "import OpenAI from 'openai';\nconst openai = new OpenAI();\nconst bot = await openai.beta.assistants.create({ model: 'gpt-4.1' });\nconst thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });\nawait openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: bot.id });\n";
  write('package.json', PACKAGE('^5.16.0'));
  write('a.ts', text);
  const { code, out } = await migrate('--to', 'responses', '--force');
  expect(code).toBe(0);
  expect(out).toContain('3 calls moved to Responses');
  expect(read('package.json')).toBe(PACKAGE('^5.16.0'));
  expect(read('a.ts')).not.toContain('beta');
});
