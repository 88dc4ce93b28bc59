/** What the suite must know of a dialect to run its checks. */
import type { Check, Dialect, Need } from './check.ts';
import type { Context } from './context.ts';
import { checks as dashscope } from './dashscope/index.ts';
import { dashscopeHeaders, probeDashscope } from './dashscope/probe.ts';
import { checks } from './openai/index.ts';
import { openaiHeaders, probeOpenai } from './openai/probe.ts';
import { tidyUp } from './tidy.ts';
import type { Wire } from './wire.ts';

export interface DialectSuite {
  checks: readonly Check[];
  /** The model that is asked for, unless another is named. */
  model: string;
  /** The environment variable in which its clients look for their key. */
  keyVariable: string;
  headers(apiKey: string): Record<string, string>;
  /** Finds out what of `wanted` the endpoint has. @param context one in scripted mode */
  probe(context: Context, wanted: ReadonlySet<Need>): Promise<Set<Need>>;
  /** Deletes what was made. */
  tidyUp(wire: Wire): Promise<void>;
}

export const dialects: Partial<Record<Dialect, DialectSuite>> = {
  openai: {
    checks,
    model: 'gpt-4o-mini',
    keyVariable: 'OPENAI_API_KEY',
    headers: openaiHeaders,
    probe: probeOpenai,
    tidyUp,
  },
  dashscope: {
    checks: dashscope,
    model: 'qwen-plus',
    keyVariable: 'DASHSCOPE_API_KEY',
    headers: dashscopeHeaders,
    probe: probeDashscope,
    tidyUp,
  },
};
