/** `rethread compat`, from the command line to its exit code. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { API_KEY, type Rethread, rethread } from './rethread.ts';

let subject: Rethread;
let baseURL: string;
let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'rethread-compat-'));
  subject = rethread({ store: 'memory:' });
  baseURL = await subject.listen();
});
afterAll(async () => {
  await subject.close();
  rmSync(cwd, { recursive: true });
});

async function compat(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await main(['compat', '--no-color', ...args], {
    cwd,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const against = (...args: string[]) => compat('--base-url', baseURL, '--api-key', API_KEY, ...args);

describe('an endpoint that holds', () => {
  it("is asked with the key in DashScope's variable in DashScope's dialect, even where OpenAI's is set", async () => {
    vi.stubEnv('DASHSCOPE_API_KEY', API_KEY);
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-openai');
    const url = baseURL.replace(/\/v1$/, '/api/v1');
    const args = ['--dialect', 'dashscope', '--model', 'gpt-4o-mini', '--only', 'ds.step.message'];
    const { code, out } = await compat('--base-url', url, ...args).finally(() => vi.unstubAllEnvs());
    expect(out).toContain('1 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('gives a table by area and exit code 0', async () => {
    const { code, out } = await against('--only', 'lists.messages', 'headers.beta');
    expect(code).toBe(0);
    expect(out).toMatch(/^area +passed +failed +not applicable$/m);
    expect(out).toMatch(/^headers +6 +0 +0$/m);
    expect(out).toMatch(/^lists +10 +0 +0$/m);
    expect(out).toMatch(/16 passed, 0 failed, 0 not applicable/);
  });

  it('is reported as one JSON object with a checks array by --json', async () => {
    const { code, out } = await against('--only', '§1.5', '--without', 'files', '--json');
    const report = JSON.parse(out);
    expect(code).toBe(0);
    expect(report).toMatchObject({ dialect: 'openai', mode: 'scripted', failed: 0 });
    expect(report.checks.length).toBe(report.passed + report.notApplicable);
    expect(report.checks).toContainEqual(
      expect.objectContaining({
        id: 'include.brackets',
        outcome: 'not_applicable',
        reason: 'the endpoint has no files',
      }),
    );
  });

  it('is reported as JUnit XML by --junit', async () => {
    const { code } = await against('--only', 'headers.beta', '--junit', 'compat.xml');
    const xml = readFileSync(join(cwd, 'compat.xml'), 'utf8');
    expect(code).toBe(0);
    expect(xml).toContain('<testsuite name="openai.headers" tests="6" failures="0" skipped="0"');
    expect(xml.match(/<testcase /g)).toHaveLength(6);
  });
});

describe('an endpoint that does not hold', () => {
  let server: ReturnType<typeof serve>;
  let broken: string;
  beforeAll(async () => {
    // One that knows no errors but its own.
    const fetch = () => Response.json({ error: { message: 'No <such> "thing".' } }, { status: 404 });
    broken = await new Promise((resolve) => {
      server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}/v1`),
      );
    });
  });
  afterAll(() => server.close());

  it('gives exit code 1, and of each failure what was expected, what was received, and the request for curl', async () => {
    const { code, out } = await compat(
      '--base-url',
      broken,
      '--api-key',
      'sk-secret',
      '--only',
      'endpoints.threads.create',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/0 passed, 1 failed/);
    expect(out).toContain('✗ endpoints.threads.create  §1.1 [SPEC][REC-net][REC-rb]');
    expect(out).toMatch(/expected +200/);
    expect(out).toMatch(/received +\{"error":\{"message":"No <such>/);
    expect(out).toContain(`curl -sS -X POST '${broken}/threads' -H "authorization: Bearer $OPENAI_API_KEY"`);
    expect(out).not.toContain('sk-secret');
  });

  it("names DashScope's variable for the key in DashScope's dialect", async () => {
    const args = ['--base-url', broken, '--dialect', 'dashscope', '--only', 'ds.errors.not-json'];
    const { code, out } = await compat(...args, '--api-key', 'sk-secret');
    expect(code).toBe(1);
    expect(out).toContain(
      `curl -sS -X POST '${broken}/threads' -H "authorization: Bearer $DASHSCOPE_API_KEY"`,
    );
    expect(out).not.toContain('sk-secret');
  });

  it('is told to a CI server too', async () => {
    const { code } = await compat(
      '--base-url',
      broken,
      '--only',
      'endpoints.threads.create',
      '--junit',
      'broken.xml',
    );
    const xml = readFileSync(join(cwd, 'broken.xml'), 'utf8');
    expect(code).toBe(1);
    expect(xml).toContain('failures="1"');
    expect(xml).toContain('No &lt;such&gt;');
  });

  it('that cannot be reached is told in one line', async () => {
    const { code, err } = await compat('--base-url', 'http://127.0.0.1:9/v1', '--only', 'headers.beta');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: no answer to GET \/assistants: .*\n$/);
  });
});

describe('wrong usage gives exit code 2 and says what is wrong', () => {
  it.each([
    [['--base-url', 'localhost:4010'], '--base-url'],
    [['--base-url', 'http://x/v1', '--only', 'nonsense'], "no check is called 'nonsense'"],
    [['--base-url', 'http://x/v1', '--without', 'nonsense'], '--without'],
    [['--base-url', 'http://x/v1', '--dialect', 'nonsense'], 'Allowed choices are openai, dashscope'],
    [['--base-url', 'http://x/v1', '--timeout', 'soon'], '--timeout'],
    [['--base-url', 'http://x/v1', '--header', 'nonsense'], '--header'],
    [['--base-url', 'http://x/v1', '--nonsense'], "unknown option '--nonsense'"],
  ])('%j', async (args, message) => {
    const { code, err } = await compat(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

it('--list prints the checks without an endpoint', async () => {
  const { code, out } = await compat('--list', '--only', '§2.9 #24');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^headers\.beta\.missing +§2\.9 #24 +A request without the OpenAI-Beta header is refused/m,
  );
});
