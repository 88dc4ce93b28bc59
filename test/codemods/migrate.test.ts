/** `rethread migrate` on a small repository, from the command line to the files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('--to responses is not there yet, and says so', async () => {
  write('package.json', PACKAGE('^5.0.0'));
  const { code, out } = await migrate('--to', 'responses', '--force');
  expect(code).not.toBe(0);
  expect(out).toMatch(/not available yet/);
});
