/** Which tool call an output answers (§A.7.1). */
import type { ToolOutput } from '../../assistants/params.ts';
import type { RunRecord } from '../../assistants/runs.ts';
import { callsAskedFor } from '../../runs/submit.ts';
import type { ToolOutputs } from './schemas.ts';

/**
 * Ids of the calls that outputs are for: those that wait, unless nothing waits or the outputs name what was answered last,
 * as in a request that is sent again.
 */
export function callsMeant({ run, submitted }: RunRecord, outputs: ToolOutputs): string[] {
  const asked = callsAskedFor(run);
  const answered = submitted?.calls ?? [];
  if (asked.length === 0) return answered;
  const named = outputs.map(({ tool_call_id: id }) => id);
  return named.some((id) => id && answered.includes(id) && !asked.includes(id)) ? answered : asked;
}

/**
 * By id where one is given that is known and not answered yet, all others by position among the calls that are left: the
 * vendor's samples send empty ids. Outputs beyond the calls keep the id they came with, for the domain to refuse.
 *
 * @param callIds ids of the calls that wait, in order
 */
export function matchOutputs(callIds: readonly string[], outputs: ToolOutputs): ToolOutput[] {
  const left = new Set(callIds);
  const named = outputs.map(({ tool_call_id: id }) => {
    if (id === undefined || !left.delete(id)) return undefined;
    return id;
  });
  const rest = [...left];
  return outputs.map(({ tool_call_id, output }, at) => ({
    tool_call_id: named[at] ?? rest.shift() ?? tool_call_id ?? '',
    output,
  }));
}
