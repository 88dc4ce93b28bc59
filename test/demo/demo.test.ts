/** `npm run demo`, as a person would start it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/simulator/index.ts';

const DEMO = new URL('../../examples/demo/', import.meta.url);

/** Runs it with nothing in the environment that would lead it elsewhere. */
async function demo(env: Record<string, string> = {}): Promise<{ code: number; printed: string }> {
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...rest } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'run.ts'],
      { cwd: DEMO, env: { ...rest, NO_COLOR: '1', ...env } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), printed: stdout + stderr }),
    );
  });
}

/** What a program of 2024 may not know of. */
const NEW = /rethread|withAssistants|responses/i;

describe('npm run demo', () => {
  it('does the whole job without key and network, and finds the thread again in a new process', async () => {
    const { code, printed } = await demo();
    expect(printed).toContain('requires_action: check_bike({"bike":7})');
    expect(printed).toContain('Desk: According to handbook.md: On Sundays bikes can be returned until 16:00');
    expect(printed).toContain('Desk: Earlier you said: “I am Ada.');
    const [, threadId] = /New thread (thread_[A-Za-z0-9]{24})\n/.exec(printed) ?? [];
    expect(printed).toContain(`Old thread ${threadId}, 6 messages\n`);
    expect(printed).toContain('Desk: Your name is Ada.');
    expect(printed.match(/✓/g)).toHaveLength(4);
    expect(printed).not.toMatch(/✗|^ +at .*:\d+:\d+/m);
    expect(code).toBe(0);
  });

  it('asks the upstream for responses, files and vector stores only', async () => {
    const simulator = createSimulator({ apiKey: 'sk-real' });
    const { url, close } = await simulator.listen();
    try {
      const { code, printed } = await demo({ OPENAI_API_KEY: 'sk-real', OPENAI_BASE_URL: url });
      expect(printed).toContain(`upstream: ${url}`);
      expect(code).toBe(0);
      const routes = simulator.requests.map(({ method, path }) => `${method} /${path.split('/')[1]}`);
      expect([...new Set(routes)].sort()).toEqual([
        'DELETE /files',
        'DELETE /vector_stores',
        'GET /vector_stores',
        'POST /files',
        'POST /responses',
        'POST /vector_stores',
      ]);
    } finally {
      await close();
    }
  });

  it('ends with an exit code when something is wrong, and shows neither stack nor key', async () => {
    const simulator = createSimulator({ apiKey: 'sk-another-one' });
    const { url, close } = await simulator.listen();
    try {
      const { code, printed } = await demo({ OPENAI_API_KEY: 'sk-wrong-but-secret', OPENAI_BASE_URL: url });
      expect(code).toBe(1);
      expect(printed).toContain('401 Incorrect API key provided');
      expect(printed).toContain('✗ the program did its whole job');
      expect(printed).not.toMatch(/sk-wrong-but-secret|^ +at .*:\d+:\d+/m);
    } finally {
      await close();
    }
  });

  it('runs a program that knows nothing of rethread, but for two lines in the module that makes its client', async () => {
    expect(await readFile(new URL('legacy-program.ts', DEMO), 'utf8')).not.toMatch(NEW);
    const client = await readFile(new URL('openai-client.ts', DEMO), 'utf8');
    const changed = client.split('\n').filter((line) => !line.startsWith('//') && NEW.test(line));
    expect(changed).toEqual([
      "import { withAssistants } from '../../src/index.ts';",
      'export const openai = withAssistants(new OpenAI());',
    ]);
  });
});
