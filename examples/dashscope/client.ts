/**
 * The one place that these programs change when they leave the Assistant API: a client of DashScope's Responses API, with the
 * Assistants API put back in front of it. Threads are kept in `.rethread/`, or where RETHREAD_STORE says.
 */
import OpenAI from 'openai';
import { withAssistants } from '../../src/index.ts';

export const openai = withAssistants(
  new OpenAI({
    apiKey: process.env['DASHSCOPE_API_KEY'],
    // Keys belong to a region: dashscope-intl.aliyuncs.com is Singapore's.
    baseURL: process.env['DASHSCOPE_BASE_URL'] ?? 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  }),
);

/** A tool that rethread runs itself; the SDK's types know OpenAI's own only. */
export const builtIn = (type: string) => ({ type }) as unknown as OpenAI.Beta.AssistantTool;
