/** Every check of OpenAI's dialect, in the order of the contract. */
import type { Check } from '../check.ts';
import { annotations } from './annotations.ts';
import { endpoints } from './endpoints.ts';
import { errors } from './errors.ts';
import { headers } from './headers.ts';
import { ids } from './ids.ts';
import { include } from './include.ts';
import { lifecycle } from './lifecycle.ts';
import { limits } from './limits.ts';
import { listChecks } from './lists.ts';
import { messageDeltaChecks } from './message-deltas.ts';
import { messageChecks } from './messages.ts';
import { modifying } from './modify.ts';
import { objects } from './objects.ts';
import { runParams } from './run-params.ts';
import { runStatuses } from './run-statuses.ts';
import { runs } from './runs.ts';
import { sdkFiles } from './sdk-files.ts';
import { sdkPolling } from './sdk-polling.ts';
import { sdkStreams } from './sdk-streams.ts';
import { stepDeltaChecks } from './step-deltas.ts';
import { steps } from './steps.ts';
import { stopping } from './stopping.ts';
import { streamObjects } from './stream-objects.ts';
import { streamOrder } from './stream-order.ts';
import { streams } from './streams.ts';
import { submitting } from './submit.ts';
import { values } from './values.ts';

export const checks: readonly Check[] = [
  ...endpoints,
  ...headers,
  ...ids,
  ...listChecks,
  ...include,
  ...limits,
  ...values,
  ...objects,
  ...messageChecks,
  ...runs,
  ...runStatuses,
  ...runParams,
  ...steps,
  ...annotations,
  ...lifecycle,
  ...submitting,
  ...stopping,
  ...modifying,
  ...errors,
  ...streams,
  ...streamOrder,
  ...streamObjects,
  ...messageDeltaChecks,
  ...stepDeltaChecks,
  ...sdkPolling,
  ...sdkStreams,
  ...sdkFiles,
];
