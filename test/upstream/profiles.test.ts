import { describe, expect, it } from 'vitest';
import { createAssistants } from '../../src/index.ts';
import { parseOptions } from '../../src/options.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { DASHSCOPE_REGIONS } from '../../src/upstream/dashscope.ts';
import { generic, openai } from '../../src/upstream/profile.ts';
import { profileFor, resolveProfile } from '../../src/upstream/profiles.ts';

describe('the profile of an address', () => {
  it.each([
    ...Object.values(DASHSCOPE_REGIONS).map((url) => [url, 'dashscope']),
    ['https://llm-abc123.cn-beijing.maas.aliyuncs.com/compatible-mode/v1', 'dashscope'],
    ['https://llm-abc123.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1', 'dashscope'],
    ['https://me.openai.azure.com/openai/v1', 'azure'],
    ['https://me.azure-api.net/openai', 'azure'],
    ['https://api.openai.com/v1', 'openai'],
    ['https://proxy.example/dashscope.aliyuncs.com/v1', 'openai'],
    ['https://dashscope.aliyuncs.com.example.org/v1', 'openai'],
    ['not a url', 'openai'],
  ])('%s: %s (dashscope §C.1)', (url, name) => {
    expect(profileFor(url).name).toBe(name);
  });
});

describe('the option profile', () => {
  it('is a name, or an object that extends a profile', () => {
    const options = { profile: { extends: 'openai', name: 'mine', tools: { code_interpreter: false } } };
    const profile = resolveProfile(parseOptions(options, 'options').profile, 'https://api.openai.com/v1');
    expect(profile).toEqual({ ...openai, name: 'mine', tools: { ...openai.tools, code_interpreter: false } });
  });

  it('extends generic when it does not say what', () => {
    const reasons = () => true;
    expect(resolveProfile(parseOptions({ profile: { reasons } }, 'options').profile, '')).toEqual({
      ...generic,
      reasons,
    });
  });

  it.each([
    ['gpt', 'options: profile: expected openai, azure, dashscope, generic, or an object'],
    [3, 'options: profile: expected openai, azure, dashscope, generic, or an object'],
    [{ extends: 'gpt' }, /^options: profile: extends: /],
    [{ reasons: true }, 'options: profile: reasons: expected a function'],
    [
      { tools: { code_interpreter: 'yes' } },
      'options: profile: tools: code_interpreter: expected true or false',
    ],
    [{ tols: {} }, "options: 'profile.tols': no such option"],
  ])('%j is refused', (profile, message) => {
    expect(() => parseOptions({ profile }, 'options')).toThrow(message);
  });
});

it('a profile that is named and has no address is called where it is at home (dashscope §C.1)', async () => {
  const asked: string[] = [];
  const sim = createSimulator({ personality: 'dashscope' });
  const assistants = createAssistants({
    store: 'memory:',
    profile: 'dashscope',
    log: () => {},
    upstream: {
      apiKey: 'sk-sim',
      fetch: (async (url: string, init?: RequestInit) => {
        asked.push(url);
        return sim.fetch(url, init);
      }) as typeof fetch,
    },
  });
  const post = async (path: string, body: object) => {
    const request = new Request(`http://rethread.test/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'openai-beta': 'assistants=v2' },
      body: JSON.stringify(body),
    });
    return (await assistants.fetch(request)).text();
  };
  const base = process.env['OPENAI_BASE_URL'];
  delete process.env['OPENAI_BASE_URL'];
  try {
    const { id } = JSON.parse(await post('/assistants', { model: 'qwen-plus', instructions: 'Greet.' }));
    expect(await post('/threads/runs', { assistant_id: id, stream: true })).toContain('thread.run.completed');
    expect(asked).toEqual(['https://dashscope.aliyuncs.com/compatible-mode/v1/responses']);
  } finally {
    if (base !== undefined) process.env['OPENAI_BASE_URL'] = base;
    await assistants.close({ timeout: 0 });
  }
});
