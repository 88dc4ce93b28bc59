/** Takes the outputs of a run's function calls and carries the run on (§2.2, §3.3 b). */
import { keys, locks } from '../assistants/domain.ts';
import { errors } from '../assistants/errors.ts';
import type { ToolOutput } from '../assistants/params.ts';
import { loadRun, type RunRecord } from '../assistants/runs.ts';
import { submitOutputs } from '../translate/reduce.ts';
import type { Turn } from '../translate/types.ts';
import { commitLocked, contextFor, readTurn } from './commit.ts';
import { carryOn } from './delegate.ts';
import { holdLease, type RunLease } from './lease.ts';
import type { Scope } from './scope.ts';
import { settledRun, storedState } from './settle.ts';
import type { Started } from './start.ts';

/** @throws 400 #7 in any status but `requires_action`, 400 #8 unless each call is answered exactly once */
export async function submitToolOutputs(
  scope: Scope,
  threadId: string,
  runId: string,
  outputs: readonly ToolOutput[],
): Promise<Started> {
  const { domain, clockwork } = scope;
  await settledRun(scope, threadId, runId);
  const position = await clockwork.bus.position(runId);
  const lease = await leaseOfWaiting(scope, threadId, runId);
  const accept = domain.store.lock(locks.thread(threadId), async () => {
    const stored = await loadRun(domain, threadId, runId);
    const answers = match(stored, outputs);
    const submitted = submitOutputs(storedState(scope, stored), answers, contextFor(domain, runId));
    const last = stored.turns - 1;
    const turn = await readTurn(domain, runId, last);
    const committed = await commitLocked(domain, threadId, runId, submitted.changes, (changed) => ({
      record: { ...changed, checkpoint: submitted.state },
      writes: [[keys.turn(runId, last), { ...turn, outputs: [...turn.outputs, ...answers] } satisfies Turn]],
    }));
    return { record: committed, reduction: submitted };
  });
  const { record, reduction } = await accept.catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  clockwork.bus.publish(runId, reduction.events);
  await carryOn(scope, record, reduction.state, lease);
  return { run: record.run, position };
}

/** How often, and how many milliseconds apart, the lease of a run that waits for its outputs is asked for. */
const ASKS = 400;
const ASK_MS = 5;

/** The phase that asked for the outputs may have said so a moment before it lets go of the run. */
async function leaseOfWaiting(scope: Scope, threadId: string, runId: string): Promise<RunLease> {
  for (let ask = 0; ask < ASKS; ask++) {
    const { run } = await loadRun(scope.domain, threadId, runId);
    if (run.status !== 'requires_action') throw errors.outputsNotAccepted(run.status);
    const lease = await holdLease(scope, runId);
    if (lease) return lease;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
  throw errors.outputsNotAccepted('queued');
}

/** A missing output counts as an empty string; a missing, surplus or doubled id is refused (§2.2). */
function match({ run }: RunRecord, outputs: readonly ToolOutput[]): Turn['outputs'] {
  if (run.status !== 'requires_action') throw errors.outputsNotAccepted(run.status);
  const expected = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id) ?? [];
  const got = outputs.map(({ tool_call_id }) => tool_call_id ?? '');
  const complete = got.length === expected.length && expected.every((id) => got.includes(id));
  if (!complete) throw errors.outputsExpected(expected, got);
  return expected.map((call_id) => ({
    call_id,
    output: outputs.find(({ tool_call_id }) => tool_call_id === call_id)?.output ?? '',
  }));
}
