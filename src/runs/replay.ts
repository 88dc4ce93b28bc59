/**
 * A run's stream from what is stored, for a client whose events are gone: after a restart, or when another process has
 * taken the run over. Steps and messages as they ended, then the run.
 */
import { allRunMessages, allSteps, goesOn, type PhaseStart, type RunRecord } from '../assistants/runs.ts';
import { areTextDeltas, type RunEvent } from '../assistants/text-deltas.ts';
import type { AssistantEvent, Message, Run, RunStep } from '../assistants/types.ts';
import type { Scope } from './scope.ts';
import { whileWaiting } from './wait.ts';

/** Looks again this often whether the client is still there. */
const HOLD_MS = 10_000;

/** What a client has seen of a run: the ids of steps and messages that it saw begin, and end. */
export interface Seen {
  open: ReadonlySet<string>;
  closed: ReadonlySet<string>;
  /** The run's own beginning. */
  run: boolean;
  /** The step whose outputs were submitted last: with its end the run goes on. */
  answered?: string | undefined;
}

/** What a client had seen that submitted the outputs with which a phase began: all there was, but the end of the last step. */
export function seenBefore({ steps, messages }: RunRecord, start: PhaseStart): Seen | undefined {
  // Noted by an earlier version, which did not count.
  if (start.steps === undefined) return undefined;
  const answered = steps[start.steps - 1];
  return {
    open: new Set(answered === undefined ? [] : [answered]),
    closed: new Set([...steps.slice(0, Math.max(0, start.steps - 1)), ...messages.slice(0, start.messages)]),
    run: true,
    answered,
  };
}

const OPENED = /^thread\.(run\.step|message)\.created$/;
const CLOSED = /^thread\.(run\.step|message)\.(completed|incomplete|failed|cancelled|expired)$/;

/** Adds up what somebody has seen who is told one event after another. */
export class Told {
  readonly #open = new Set<string>();
  readonly #closed = new Set<string>();
  #run = false;

  add(events: readonly RunEvent[]): void {
    for (const told of events) {
      this.#run = true;
      if (areTextDeltas(told)) continue;
      const { event, data } = told;
      if (event === 'thread.message.delta' || !('id' in data)) continue;
      if (OPENED.test(event)) this.#open.add(data.id);
      else if (CLOSED.test(event)) this.#closed.add(data.id);
    }
  }

  get seen(): Seen {
    return { open: this.#open, closed: this.#closed, run: this.#run };
  }
}

/**
 * Waits until the run has ended, or waits for its caller, and tells what is missing to somebody who has seen `seen`: of
 * what has begun the end, of all else everything. Where nobody knows what was seen, only ends are told, which carry the
 * whole objects. Nothing where the run is gone.
 */
export async function storedEvents(
  scope: Scope,
  threadId: string,
  runId: string,
  seen: Seen | 'unknown',
  signal: AbortSignal,
): Promise<AssistantEvent[]> {
  let record = await whileWaiting(scope, threadId, runId, HOLD_MS, signal);
  while (record && goesOn(record.run) && !signal.aborted) {
    record = await whileWaiting(scope, threadId, runId, HOLD_MS, signal);
  }
  if (!record || signal.aborted) return [];
  const messages = new Map(
    (await allRunMessages(scope.domain, record)).map((message) => [message.id, message]),
  );
  const steps = await allSteps(scope.domain, record);
  return [
    ...(seen === 'unknown' || seen.run ? [] : beginning(record.run)),
    ...steps.flatMap((step) => [
      ...stepEvents(step, messages, seen),
      ...(seen !== 'unknown' && seen.answered === step.id ? goingOn(record.run) : []),
    ]),
    { event: `thread.run.${record.run.status}` as 'thread.run.completed', data: record.run },
  ];
}

/** The run before it came to where it is. */
const unended = (run: Run): Run => ({
  ...run,
  status: 'queued',
  expires_at: run.expires_at ?? run.created_at + 600,
  cancelled_at: null,
  failed_at: null,
  completed_at: null,
  required_action: null,
  last_error: null,
  incomplete_details: null,
  usage: null,
});

/** The run after its outputs were submitted (§3.3 b). */
function goingOn(run: Run): AssistantEvent[] {
  const queued = unended(run);
  return [
    { event: 'thread.run.queued', data: queued },
    { event: 'thread.run.in_progress', data: { ...queued, status: 'in_progress' } },
  ];
}

/** The run as it was before anything came of it. */
function beginning(run: Run): AssistantEvent[] {
  const queued: Run = { ...unended(run), started_at: null };
  const started: Run = { ...queued, status: 'in_progress', started_at: run.started_at };
  return [
    { event: 'thread.run.created', data: queued },
    { event: 'thread.run.queued', data: queued },
    ...(run.started_at === null ? [] : [{ event: 'thread.run.in_progress' as const, data: started }]),
  ];
}

function stepEvents(
  step: RunStep,
  messages: ReadonlyMap<string, Message>,
  seen: Seen | 'unknown',
): AssistantEvent[] {
  if (seen !== 'unknown' && seen.closed.has(step.id)) return [];
  const whole = seen !== 'unknown' && !seen.open.has(step.id);
  const { step_details: details } = step;
  const message =
    details.type === 'message_creation' ? messages.get(details.message_creation.message_id) : undefined;
  return [
    ...(whole ? opening(step) : []),
    ...(message ? messageEvents(message, seen) : []),
    ...(step.status === 'in_progress'
      ? []
      : [{ event: `thread.run.step.${step.status}` as 'thread.run.step.completed', data: step }]),
  ];
}

function opening(step: RunStep): AssistantEvent[] {
  const { step_details: details } = step;
  const data: RunStep = {
    ...step,
    status: 'in_progress',
    cancelled_at: null,
    completed_at: null,
    expired_at: null,
    failed_at: null,
    last_error: null,
    step_details: details.type === 'tool_calls' ? { type: 'tool_calls', tool_calls: [] } : details,
    usage: null,
  };
  return [
    { event: 'thread.run.step.created', data },
    { event: 'thread.run.step.in_progress', data },
    ...(details.type === 'tool_calls' && details.tool_calls.length > 0 ? [callsDelta(step.id, details)] : []),
  ];
}

/** All calls of a step in one delta; search results and function outputs come with the step's end (§3.3 b, d). */
function callsDelta(
  id: string,
  { tool_calls: calls }: Extract<RunStep['step_details'], { type: 'tool_calls' }>,
): AssistantEvent {
  const deltas = calls.map((call, index) => {
    if (call.type === 'function') return { ...call, index, function: { ...call.function, output: null } };
    if (call.type === 'file_search')
      return { ...call, index, file_search: { ...call.file_search, results: [] } };
    const outputs = call.code_interpreter.outputs.map((output, at) => ({ ...output, index: at }));
    return { ...call, index, code_interpreter: { ...call.code_interpreter, outputs } };
  });
  return {
    event: 'thread.run.step.delta',
    data: {
      id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: deltas } },
    },
  };
}

function messageEvents(message: Message, seen: Seen | 'unknown'): AssistantEvent[] {
  if (seen !== 'unknown' && seen.closed.has(message.id)) return [];
  const whole = seen !== 'unknown' && !seen.open.has(message.id);
  if (message.status === 'in_progress') return [];
  const fresh: Message = {
    ...message,
    status: 'in_progress',
    content: [],
    incomplete_details: null,
    incomplete_at: null,
    completed_at: null,
  };
  return [
    ...(whole
      ? [
          { event: 'thread.message.created' as const, data: fresh },
          { event: 'thread.message.in_progress' as const, data: fresh },
          ...(message.content.length > 0 ? [contentDelta(message)] : []),
        ]
      : []),
    { event: `thread.message.${message.status}`, data: message },
  ];
}

function contentDelta({ id, content }: Message): AssistantEvent {
  const deltas = content.map((part, index) =>
    part.type === 'text'
      ? {
          index,
          type: part.type,
          text: {
            value: part.text.value,
            annotations: part.text.annotations.map((annotation, at) => ({ index: at, ...annotation })),
          },
        }
      : { index, ...part },
  );
  return {
    event: 'thread.message.delta',
    data: { id, object: 'thread.message.delta', delta: { content: deltas } },
  };
}
