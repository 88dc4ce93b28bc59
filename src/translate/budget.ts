/** What is left of a run's token budgets, which count over all its model calls (§4.1). */
import type { Run, Usage } from '../assistants/types.ts';
import { MIN_OUTPUT_TOKENS } from './request.ts';

/** Tokens; a side without a budget is absent. */
export interface Budget {
  prompt?: number;
  completion?: number;
  /** Too little is left for another call: the run ends `incomplete` with this reason (§4.3). */
  exhausted?: 'max_completion_tokens' | 'max_prompt_tokens';
}

/** `usage`: what the run has used so far, null before its first response. The first call is always made. */
export function remainingBudget(
  run: Pick<Run, 'max_prompt_tokens' | 'max_completion_tokens'>,
  usage: Usage | null,
): Budget {
  const budget: Budget = {};
  if (run.max_prompt_tokens) {
    budget.prompt = Math.max(0, run.max_prompt_tokens - (usage?.prompt_tokens ?? 0));
  }
  if (run.max_completion_tokens) {
    budget.completion = Math.max(0, run.max_completion_tokens - (usage?.completion_tokens ?? 0));
  }
  if (!usage) return budget;
  if (budget.completion !== undefined && budget.completion < MIN_OUTPUT_TOKENS) {
    budget.exhausted = 'max_completion_tokens';
  } else if (budget.prompt === 0) {
    budget.exhausted = 'max_prompt_tokens';
  }
  return budget;
}
