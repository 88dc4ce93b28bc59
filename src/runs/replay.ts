/**
 * A run's stream from what is stored, for a client that comes back when the events themselves are gone, e.g. after a
 * restart: each message and step as it ended, then the run.
 */
import { listRunMessages, listSteps } from '../assistants/runs.ts';
import type { AssistantEvent } from '../assistants/types.ts';
import type { NumberedEvent } from './bus.ts';
import type { Scope } from './scope.ts';
import { whileWaiting } from './wait.ts';

/** Looks again this often whether the client is still there. */
const HOLD_MS = 10_000;
const ALL = { order: 'asc', limit: 100 } as const;

export async function* storedEvents(
  scope: Scope,
  threadId: string,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent[]> {
  let record = await whileWaiting(scope, threadId, runId, HOLD_MS, signal);
  while (record && ['queued', 'in_progress', 'cancelling'].includes(record.run.status) && !signal.aborted) {
    record = await whileWaiting(scope, threadId, runId, HOLD_MS, signal);
  }
  if (!record || signal.aborted) return;

  const messages = await listRunMessages(scope.domain, threadId, runId, ALL);
  const steps = await listSteps(scope.domain, threadId, runId, ALL);
  const events: AssistantEvent[] = [
    ...messages.data.map(
      (data): AssistantEvent => ({
        event: data.status === 'incomplete' ? 'thread.message.incomplete' : 'thread.message.completed',
        data,
      }),
    ),
    ...steps.data
      .filter(({ status }) => status !== 'in_progress')
      .map((data): AssistantEvent => ({ event: `thread.run.step.${data.status as 'completed'}`, data })),
    { event: `thread.run.${record.run.status}`, data: record.run },
  ];
  yield events.map((event, at) => ({ ...event, id: at + 1 }));
}
