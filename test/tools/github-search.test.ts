import { describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { inDashScope, inOpenAI } from './dialects.ts';
import { loopback } from './loopback.ts';

const FOUND = {
  total_count: 1,
  incomplete_results: false,
  items: [
    {
      full_name: 'octo/cat',
      html_url: 'https://github.com/octo/cat',
      description: 'A cat.',
      stargazers_count: 7,
      language: 'C',
      owner: { login: 'octo' },
    },
  ],
};
const TOOLS = [{ type: 'github_search' }];
const SCRIPT = [callFunctions({ name: 'github_search', arguments: { query: 'cat' } }), say('A cat.')];

describe('github_search (dashscope §A.10)', () => {
  it('gives title, link and summary of what GitHub finds, asked with the token', async () => {
    const github = await loopback(() => Response.json(FOUND));
    const toolSettings = { github_search: { baseURL: github.url, token: 'ghp_secret' } };
    const { world, shown } = await inOpenAI(TOOLS, SCRIPT, { toolSettings });
    expect(JSON.parse(shown.output)).toEqual({
      total: 1,
      results: [
        {
          title: 'octo/cat',
          link: 'https://github.com/octo/cat',
          summary: 'A cat.',
          stars: 7,
          language: 'C',
        },
      ],
    });
    expect(github.asked[0]?.path).toBe('/search/repositories?q=cat&per_page=10');
    expect(github.asked[0]?.headers['authorization']).toBe('token ghp_secret');
    await world.close();
  });

  it("in DashScope's dialect is a keyed entry that appears in the completed step only (§A.9.2)", async () => {
    const github = await loopback(() => Response.json(FOUND));
    const { entry, deltas } = await inDashScope(TOOLS, SCRIPT, {
      toolSettings: { github_search: { baseURL: github.url } },
    });
    expect(entry.github_search.arguments).toBe('{"query":"cat"}');
    expect(JSON.parse(entry.github_search.output).results[0].title).toBe('octo/cat');
    expect(deltas).toEqual([]);
    expect(github.asked[0]?.headers['authorization']).toBeUndefined();
  });

  for (const [what, answer, told] of [
    [
      'a rate limit',
      () =>
        Response.json(
          { message: 'API rate limit exceeded' },
          { status: 403, headers: { 'x-ratelimit-remaining': '0', 'retry-after': '30' } },
        ),
      "Error: GitHub's rate limit is reached. It takes requests again in 30 seconds. Without a token it allows only a few requests a minute. Answer without it, or tell the user to try later.",
    ],
    ['a failure', () => new Response('', { status: 502 }), 'Error: GitHub did not answer the search (502).'],
    [
      'a way to another host',
      () => new Response('', { status: 302, headers: { location: 'http://169.254.169.254/' } }),
      'Error: GitHub did not answer the search (500).',
    ],
  ] as const) {
    it(`tells the model of ${what}`, async () => {
      const github = await loopback(answer);
      const toolSettings = { github_search: { baseURL: github.url } };
      const { world, shown } = await inOpenAI(TOOLS, SCRIPT, { toolSettings });
      expect(shown.output).toBe(told);
      await world.close();
    });
  }
});
