import { describe, expect, it } from 'vitest';
import { remainingBudget } from '../../src/translate/budget.ts';
import { usageOf } from '../../src/translate/usage.ts';

const used = (input_tokens: number, output_tokens: number) => usageOf({ input_tokens, output_tokens });
const budget = (max_prompt_tokens: number | null, max_completion_tokens: number | null) => ({
  max_prompt_tokens,
  max_completion_tokens,
});

describe('§4.1 budgets count over all model calls of a run', () => {
  it('500 prompt and 1000 completion tokens, 200 and 300 used: 300 and 700 are left', () => {
    expect(remainingBudget(budget(500, 1000), used(200, 300))).toEqual({ prompt: 300, completion: 700 });
  });

  it('a run without budgets has none', () => {
    expect(remainingBudget(budget(null, null), used(1e6, 1e6))).toEqual({});
  });

  it('the first call is made, however small the budget', () => {
    expect(remainingBudget(budget(null, 10), null)).toEqual({ completion: 10 });
  });

  it('§4.3 15 completion tokens or fewer are not enough for another call', () => {
    expect(remainingBudget(budget(null, 1000), used(0, 984))).toEqual({ completion: 16 });
    expect(remainingBudget(budget(null, 1000), used(0, 985))).toEqual({
      completion: 15,
      exhausted: 'max_completion_tokens',
    });
    expect(remainingBudget(budget(null, 1000), used(0, 2000)).completion).toBe(0);
  });

  it('no prompt tokens left end the run as well', () => {
    expect(remainingBudget(budget(500, null), used(500, 0))).toEqual({
      prompt: 0,
      exhausted: 'max_prompt_tokens',
    });
  });
});
