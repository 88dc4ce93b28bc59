/** Every check of DashScope's dialect, in the order of the contract (docs/contracts/dashscope.md §A). */
import type { Check } from '../check.ts';
import { errors } from './errors.ts';
import { lists } from './lists.ts';
import { objects } from './objects.ts';
import { runChecks } from './runs.ts';
import { streams } from './streams.ts';

export const checks: readonly Check[] = [...objects, ...lists, ...runChecks, ...streams, ...errors];
