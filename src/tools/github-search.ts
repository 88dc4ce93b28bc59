/** `github_search`: GitHub's search for repositories, through its official client (dashscope §A.10, §D). */
import { z } from 'zod';
import { defineTool, type Tool } from './define.ts';
import type { ToolSettings } from './settings.ts';

export function githubSearch({ token, baseURL }: NonNullable<ToolSettings['github_search']> = {}): Tool {
  return defineTool({
    type: 'github_search',
    description: 'Searches GitHub for public repositories. Answers with title, link and summary of each.',
    parameters: z.object({
      query: z.string().min(1).max(256).describe('Words to search for, in the syntax of GitHub search'),
      limit: z.number().int().min(1).max(20).optional().describe('Most results wanted; 10 by default'),
    }),
    timeout: 15_000,
    async execute({ query, limit = 10 }, { signal }) {
      const { Octokit } = await import('@octokit/core');
      const github = new Octokit({
        ...(token && { auth: token }),
        ...(baseURL && { baseUrl: baseURL.replace(/\/+$/, '') }),
        userAgent: 'rethread',
        log: { debug() {}, info() {}, warn() {}, error() {} },
      });
      try {
        const { data } = await github.request('GET /search/repositories', {
          q: query,
          per_page: limit,
          // No other host than the one that is configured.
          request: { signal, redirect: 'error' },
        });
        const results = data.items.map(
          ({ full_name, html_url, description, stargazers_count, language }) => ({
            title: full_name,
            link: html_url,
            summary: description ?? '',
            stars: stargazers_count,
            language,
          }),
        );
        return { total: data.total_count, results };
      } catch (error) {
        signal.throwIfAborted();
        throw new Error(explained(error as Failure, token !== undefined));
      }
    },
  });
}

interface Failure {
  status?: number;
  message: string;
  response?: { headers?: Record<string, string | number | undefined> };
}

/** What the model can tell the user, or do otherwise. */
function explained({ status, message, response: { headers = {} } = {} }: Failure, hasToken: boolean): string {
  const limited = status === 429 || (status === 403 && String(headers['x-ratelimit-remaining']) === '0');
  if (limited) {
    const reset = Number(headers['x-ratelimit-reset']);
    const wait = Number(headers['retry-after']) || Math.ceil(reset - Date.now() / 1000);
    const when = wait > 0 ? ` It takes requests again in ${wait} seconds.` : '';
    const advice = hasToken ? '' : ' Without a token it allows only a few requests a minute.';
    return `GitHub's rate limit is reached.${when}${advice} Answer without it, or tell the user to try later.`;
  }
  if (status === 422) return `GitHub does not understand the query: ${message}`;
  if (status === 401) return 'GitHub refuses the token that it is configured with.';
  return `GitHub did not answer the search${status ? ` (${status})` : ''}.`;
}
