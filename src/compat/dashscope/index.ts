/** Every check of DashScope's dialect, in the order of the contract (docs/contracts/dashscope.md §A). */
import type { Check } from '../check.ts';
import { calculatorChecks } from './calculator.ts';
import { errors } from './errors.ts';
import { fileChecks } from './files.ts';
import { lists } from './lists.ts';
import { messageChecks } from './messages.ts';
import { objects } from './objects.ts';
import { runChecks } from './runs.ts';
import { stepChecks } from './steps.ts';
import { streams } from './streams.ts';
import { submitting } from './submit.ts';

export const checks: readonly Check[] = [
  ...objects,
  ...messageChecks,
  ...fileChecks,
  ...lists,
  ...runChecks,
  ...submitting,
  ...stepChecks,
  ...streams,
  ...calculatorChecks,
  ...errors,
];
