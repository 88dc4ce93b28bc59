/** `rethread doctor` finds what the simulator's personalities have, and what it writes is a profile (issue 6). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { parseOptions } from '../../src/options.ts';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { resolveProfile } from '../../src/upstream/profiles.ts';

let cwd: string;
let close = async () => {};
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rethread-doctor-'));
});
afterEach(async () => {
  await close();
  close = async () => {};
  rmSync(cwd, { recursive: true });
});

async function serve(options: SimulatorOptions = {}): Promise<string> {
  const server = await createSimulator(options).listen();
  close = () => server.close();
  return server.url;
}

async function doctor(...args: string[]) {
  let [out, err] = ['', ''];
  const io = {
    cwd,
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  const key = args.includes('--api-key') ? [] : ['--api-key', 'sk-doctor'];
  const code = await main(['doctor', ...key, ...args], io);
  return { code, out, err };
}

type Found = { findings: { feature: string; has: boolean; reason?: string }[]; profile: object };
const missing = ({ findings }: Found) => findings.filter(({ has }) => !has).map(({ feature }) => feature);

describe('rethread doctor', () => {
  it('finds everything that OpenAI’s Responses API has', async () => {
    const { code, out } = await doctor('--upstream', await serve(), '--model', 'gpt-4o-mini', '--json');
    expect(code).toBe(0);
    expect(missing(JSON.parse(out)).filter((feature) => feature !== 'reasoning replay')).toEqual([]);
  });

  it('finds what DashScope’s has not: vector stores, containers, and images by file (§C)', async () => {
    const url = await serve({ personality: 'dashscope' });
    const { out } = await doctor('--upstream', url, '--model', 'qwen-plus', '--json');
    const found = missing(JSON.parse(out));
    expect(found).toEqual(
      expect.arrayContaining([
        'vector stores',
        'tool: file_search',
        'containers',
        'images by file',
        // It is passed over in silence (§C.3).
        'background',
      ]),
    );
    expect(JSON.parse(out).profile).toMatchObject({ background: false });
    expect(found).not.toContain('streaming');
    expect(found).not.toContain('tool: function');
  });

  it('writes a profile that the option profile takes', async () => {
    const upstream = await serve();
    const { code, out } = await doctor(
      '--upstream',
      upstream,
      '--model',
      'gpt-4o-mini',
      '--write-profile',
      'p.json',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^tool: file_search +yes$/m);
    expect(out).toContain('RETHREAD_BACKGROUND=true');
    const profile = JSON.parse(readFileSync(join(cwd, 'p.json'), 'utf8'));
    const { profile: taken } = parseOptions({ profile }, 'p.json');
    expect(resolveProfile(taken, upstream)).toMatchObject({
      tools: { file_search: true, code_interpreter: true },
      containers: true,
      imageFileIds: true,
      background: true,
    });
  });

  it('says in one line why a provider cannot be asked, and never the key', async () => {
    const upstream = await serve({ apiKey: 'sk-right' });
    const wrong = await doctor(
      '--upstream',
      upstream,
      '--model',
      'gpt-4o-mini',
      '--api-key',
      'sk-wrong-0123456789abcdef',
    );
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/^error: POST .* was refused: 401 .*\n$/);
    expect(wrong.err).not.toContain('sk-wrong-0123456789abcdef');
    const away = await doctor('--upstream', 'http://127.0.0.1:9/v1');
    expect([away.code, away.err.split('\n').length]).toEqual([1, 2]);
  });

  it('refuses wrong usage', async () => {
    expect((await doctor()).code).toBe(2);
    expect((await doctor('--upstream', 'nonsense')).code).toBe(2);
  });
});
