/** Takes the outputs of a run's function calls and carries the run on (§2.2, §3.3 b). */
import { keys, locks } from '../assistants/domain.ts';
import { errors } from '../assistants/errors.ts';
import type { ToolOutput } from '../assistants/params.ts';
import { loadRun, type RunRecord, type Submitted } from '../assistants/runs.ts';
import type { Run } from '../assistants/types.ts';
import { hash } from '../store/hash.ts';
import { submitOutputs } from '../translate/reduce.ts';
import type { Turn } from '../translate/types.ts';
import { commitLocked, contextFor, readTurn } from './commit.ts';
import { carryOn } from './delegate.ts';
import { holdLease, type RunLease } from './lease.ts';
import type { Scope } from './scope.ts';
import { settledRun, storedState } from './settle.ts';
import type { Started } from './start.ts';

/**
 * Outputs that the run has taken already, as in a retry after an answer was lost, change nothing: the run is given as it
 * is now.
 * @throws 400 #7 in any status but `requires_action`, 400 #8 unless each call is answered exactly once
 */
export async function submitToolOutputs(
  scope: Scope,
  threadId: string,
  runId: string,
  outputs: readonly ToolOutput[],
): Promise<Started> {
  const { domain, clockwork } = scope;
  await settledRun(scope, threadId, runId);
  const position = await clockwork.bus.position(runId);
  const digest = digestOf(outputs);
  const lease = await leaseOfWaiting(scope, threadId, runId, digest);
  if (!lease) return asBefore(await loadRun(domain, threadId, runId));
  const accept = domain.store.lock(locks.thread(threadId), async () => {
    const stored = await loadRun(domain, threadId, runId);
    if (wereTaken(stored, digest)) return { before: stored };
    const answers = match(stored, outputs);
    const phase = { position, steps: stored.steps.length, messages: stored.messages.length };
    const calls = answers.map(({ call_id }) => call_id);
    const submission: Submitted = { ...phase, calls, digest };
    const submitted = submitOutputs(storedState(scope, stored), answers, contextFor(domain, runId));
    const last = stored.turns - 1;
    const turn = await readTurn(domain, runId, last);
    const committed = await commitLocked(domain, threadId, runId, submitted.changes, (changed) => ({
      record: { ...changed, checkpoint: submitted.state, submitted: submission },
      writes: [[keys.turn(runId, last), { ...turn, outputs: [...turn.outputs, ...answers] } satisfies Turn]],
    }));
    return { record: committed, reduction: submitted, phase };
  });
  const accepted = await accept.catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  if (accepted.before) {
    await lease.release();
    return asBefore(accepted.before);
  }
  const { record, reduction, phase } = accepted;
  await clockwork.count?.enter(record.run);
  clockwork.bus.publish(runId, reduction.events);
  await carryOn(scope, record, reduction.state, lease);
  return { run: record.run, ...phase };
}

/** Whether these are the outputs that the run took last, and not those that it waits for now. */
function wereTaken({ run, submitted }: RunRecord, digest: string): boolean {
  if (submitted?.digest !== digest) return false;
  const asked = run.status === 'requires_action' ? callsAskedFor(run) : [];
  return !submitted.calls.every((id) => asked.includes(id));
}

const asBefore = ({ run, submitted }: RunRecord): Started => {
  const { position, steps, messages } = submitted as Submitted;
  return { run, position, steps, messages, before: true };
};

/** In whatever order they came. */
function digestOf(outputs: readonly ToolOutput[]): string {
  const pairs = outputs.map(({ tool_call_id: id = '', output = '' }) => [id, output] as const);
  const sorted = pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return hash(JSON.stringify(sorted));
}

export const callsAskedFor = ({ required_action: action }: Run): string[] =>
  action?.submit_tool_outputs.tool_calls.map(({ id }) => id) ?? [];

/** How often, and how many milliseconds apart, the lease of a run that waits for its outputs is asked for. */
const ASKS = 400;
const ASK_MS = 5;

/**
 * The phase that asked for the outputs may have said so a moment before it lets go of the run. Undefined where the run has
 * taken these outputs.
 */
async function leaseOfWaiting(
  scope: Scope,
  threadId: string,
  runId: string,
  digest: string,
): Promise<RunLease | undefined> {
  for (let ask = 0; ask < ASKS; ask++) {
    const record = await loadRun(scope.domain, threadId, runId);
    const { run } = record;
    if (wereTaken(record, digest)) return undefined;
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
  const expected = callsAskedFor(run);
  const got = outputs.map(({ tool_call_id }) => tool_call_id ?? '');
  const complete = got.length === expected.length && expected.every((id) => got.includes(id));
  if (!complete) throw errors.outputsExpected(expected, got);
  return expected.map((call_id) => ({
    call_id,
    output: outputs.find(({ tool_call_id }) => tool_call_id === call_id)?.output ?? '',
  }));
}
