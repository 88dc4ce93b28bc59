/** Runs and their steps as records: configured, stored, read, listed (§1.1 no. 16–22, §1.7, §1.8). The clockwork is in runs/. */
import type { Entry } from '../store/store.ts';
import { type Domain, keys, locks, nextId, seconds } from './domain.ts';
import { errors } from './errors.ts';
import { type Listed, listIds, listRecords, logOf, type Page } from './lists.ts';
import { type MessageRecord, placeBuilt } from './messages.ts';
import type { ListQuery, RunParams } from './params.ts';
import type { BackgroundCall, Change, RunState } from './progress.ts';
import { resolveResources, resolveTools } from './tools.ts';
import {
  type Assistant,
  type DashScopeSampling,
  type Message,
  type Metadata,
  type Run,
  type RunStep,
  TERMINAL_STATUSES,
} from './types.ts';

/** Where a phase of a run began: what a stream of the phase comes after. */
export interface PhaseStart {
  /** The number of the last event before it, on the run's bus channel; 0 for the run's first phase. */
  position: number;
  /** How many of the run's steps and messages there were. */
  steps: number;
  messages: number;
}

/** What a run's caller submitted last. */
export interface Submitted extends PhaseStart {
  /** Ids of the calls that were answered, in the order in which they were made. */
  calls: string[];
  /** By which the same outputs are known when they come again (SHA-256). */
  digest: string;
}

export interface RunRecord extends Listed {
  run: Run;
  /** Ids of what the run made, in order. */
  steps: string[];
  messages: string[];
  /** Ids of the files it made (§4.4). */
  files: string[];
  /** Finished model turns, each under `keys.turn`. */
  turns: number;
  /** Where the run stood when its present phase began; null in the first. A run that was cut off starts again from here. */
  checkpoint: RunState | null;
  /** The newest model call that the upstream makes in the background: while `turn` is `turns`, it can be taken up again. */
  call?: BackgroundCall & { turn: number };
  /** How often its present phase was begun anew because the process that carried it out had gone. */
  attempt?: number;
  /** Absent before its first tool outputs. */
  submitted?: Submitted;
  /** Where it is noted as not ended (runs/active.ts). */
  place?: string;
  /** Per-run resources of createThreadAndRun (§1.6); otherwise the assistant's at creation. */
  resources: Run['tool_resources'];
}

/** A run's effective configuration is fixed when it is created, and echoed (§4.1). */
export function buildRun(domain: Domain, threadId: string, assistant: Assistant, params: RunParams): Run {
  const now = seconds(domain);
  const tools = params.tools ? resolveTools(params.tools) : assistant.tools;
  const instructions = params.instructions ?? assistant.instructions;
  const additional = params.additional_instructions;
  return {
    id: nextId(domain, 'run_'),
    object: 'thread.run',
    created_at: now,
    assistant_id: assistant.id,
    thread_id: threadId,
    status: 'queued',
    started_at: null,
    expires_at: now + domain.runExpiry,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: params.model ?? assistant.model,
    instructions: additional ? (instructions ? `${instructions}\n${additional}` : additional) : instructions,
    tools,
    tool_resources: {},
    metadata: params.metadata ?? {},
    temperature: params.temperature ?? assistant.temperature ?? 1,
    top_p: params.top_p ?? assistant.top_p ?? 1,
    reasoning_effort:
      params.reasoning_effort === undefined ? assistant.reasoning_effort : params.reasoning_effort,
    max_completion_tokens: params.max_completion_tokens ?? null,
    max_prompt_tokens: params.max_prompt_tokens ?? null,
    truncation_strategy: {
      type: params.truncation_strategy?.type ?? 'auto',
      last_messages: params.truncation_strategy?.last_messages ?? null,
    },
    incomplete_details: null,
    usage: null,
    response_format: params.response_format ?? assistant.response_format ?? 'auto',
    tool_choice: params.tool_choice ?? 'auto',
    parallel_tool_calls: params.parallel_tool_calls ?? true,
    ...dashScopeOf(assistant, params),
  };
}

/** What neither run nor assistant has said stays unset. */
function dashScopeOf({ dashscope: own }: Assistant, { dashscope: given }: RunParams): Pick<Run, 'dashscope'> {
  if (!own && !given) return {};
  const chosen = (name: keyof DashScopeSampling) => given?.[name] ?? own?.[name] ?? null;
  return {
    dashscope: {
      temperature: chosen('temperature'),
      top_p: chosen('top_p'),
      top_k: chosen('top_k'),
      max_tokens: chosen('max_tokens'),
      truncation_strategy: given?.truncation_strategy ?? null,
    },
  };
}

/**
 * A record for a new run, and what to write before it so that the run is listed; the caller is inside the thread's
 * critical section.
 */
export async function placeRun(
  domain: Domain,
  run: Run,
  assistant: Assistant,
  params: RunParams,
): Promise<{ record: RunRecord; writes: Entry[] }> {
  const plan = await logOf(domain.store, keys.runs(run.thread_id)).append([run.id]);
  const record: RunRecord = {
    run,
    page: plan.pages[0] as number,
    steps: [],
    messages: [],
    files: [],
    turns: 0,
    checkpoint: null,
    resources: resolveResources(run.tools, { ...assistant.tool_resources, ...params.tool_resources }),
  };
  return { record, writes: plan.writes };
}

/** @throws 404 with text #6 */
export async function loadRun(domain: Domain, threadId: string, id: string): Promise<RunRecord> {
  const record = await domain.store.get<RunRecord>(keys.run(threadId, id));
  if (!record) throw errors.noRun(id);
  return record;
}

/** Whether the run's newest background call is that of the turn in progress. */
export const hasOpenCall = (record: RunRecord): record is RunRecord & Required<Pick<RunRecord, 'call'>> =>
  record.call?.turn === record.turns;

export const isOver = (run: Run) => TERMINAL_STATUSES.has(run.status);

/** Neither over nor waiting for its caller: poll helpers ask again (§5.1), and streams go on. */
export const goesOn = (run: Run) => !isOver(run) && run.status !== 'requires_action';

/** The writes that bring a run's changes into the store; data first, the run's own record last. */
export async function changeWrites(
  domain: Domain,
  record: RunRecord,
  changes: readonly Change[],
): Promise<{ record: RunRecord; writes: Entry[] }> {
  const { thread_id } = record.run;
  const newest = new Map<string, Change>();
  for (const change of changes) newest.set(idOf(change), change);

  const writes: Entry[] = [];
  const steps = [...record.steps];
  const freshMessages: Message[] = [];
  let run = record.run;
  for (const change of newest.values()) {
    if (change.type === 'run') run = { ...change.run, metadata: record.run.metadata };
    else if (change.type === 'step') {
      if (!steps.includes(change.step.id)) steps.push(change.step.id);
      writes.push([keys.step(run.id, change.step.id), change.step]);
    } else if (record.messages.includes(change.message.id)) {
      const key = keys.message(thread_id, change.message.id);
      const stored = await domain.store.get<{ message: Message }>(key);
      // Deleted by its user while the run was still writing it: it stays deleted.
      if (stored)
        writes.push([key, { ...stored, message: { ...change.message, metadata: stored.message.metadata } }]);
    } else freshMessages.push(change.message);
  }
  writes.push(...(await placeBuilt(domain, thread_id, freshMessages)));
  const messages = [...record.messages, ...freshMessages.map((message) => message.id)];
  return { record: { ...record, run, steps, messages }, writes };
}

function idOf(change: Change): string {
  if (change.type === 'run') return change.run.id;
  return change.type === 'step' ? change.step.id : change.message.id;
}

/** Only metadata of a run can change; allowed in every status (§2.8). */
export async function updateRun(
  domain: Domain,
  threadId: string,
  id: string,
  metadata: Metadata | null | undefined,
): Promise<Run> {
  return domain.store.lock(locks.thread(threadId), async () => {
    const record = await loadRun(domain, threadId, id);
    if (metadata === undefined) return record.run;
    const run = { ...record.run, metadata: metadata ?? {} };
    await domain.store.set(keys.run(threadId, id), { ...record, run });
    return run;
  });
}

export async function listRuns(domain: Domain, threadId: string, query: ListQuery): Promise<Page<Run>> {
  const list = {
    name: keys.runs(threadId),
    keyOf: (id: string) => keys.run(threadId, id),
    missing: errors.noRun,
  };
  const page = await listRecords<RunRecord>(domain.store, list, query);
  return { ...page, data: page.data.map((record) => record.run) };
}

/** All messages that a run has created and nobody has deleted, oldest first. */
export async function allRunMessages(domain: Domain, { run, messages }: RunRecord): Promise<Message[]> {
  const ids = messages.map((id) => keys.message(run.thread_id, id));
  const found = await domain.store.getMany<MessageRecord>(ids);
  return found.flatMap((record) => (record ? [record.message] : []));
}

/** Messages that a run created, for the list's `run_id` filter (§1.4): none where there is no such run. */
export async function listRunMessages(
  domain: Domain,
  threadId: string,
  runId: string,
  query: ListQuery,
): Promise<Page<Message>> {
  const record = await domain.store.get<RunRecord>(keys.run(threadId, runId));
  const messages = record ? await allRunMessages(domain, record) : [];
  const byId = new Map(messages.map((message) => [message.id, message]));
  const page = listIds(record?.messages ?? [], query, errors.noMessage, (id) => byId.has(id));
  return { ...page, data: page.data.map((id) => byId.get(id) as Message) };
}

/** Every run of a thread, oldest first. */
export async function runsOf(domain: Domain, threadId: string): Promise<RunRecord[]> {
  const ids = await logOf(domain.store, keys.runs(threadId)).all();
  const records = await domain.store.getMany<RunRecord>(ids.map((id) => keys.run(threadId, id)));
  return records.filter((record) => record !== undefined);
}

export async function retrieveStep(
  domain: Domain,
  threadId: string,
  runId: string,
  id: string,
): Promise<RunStep> {
  await loadRun(domain, threadId, runId);
  const step = await domain.store.get<RunStep>(keys.step(runId, id));
  if (!step) throw errors.noStep(id);
  return step;
}

/** All steps of a run, oldest first. */
export async function allSteps(domain: Domain, { run, steps }: RunRecord): Promise<RunStep[]> {
  const found = await domain.store.getMany<RunStep>(steps.map((id) => keys.step(run.id, id)));
  return found.filter((step) => step !== undefined);
}

export async function listSteps(
  domain: Domain,
  threadId: string,
  runId: string,
  query: ListQuery,
): Promise<Page<RunStep>> {
  const { steps } = await loadRun(domain, threadId, runId);
  const page = listIds(steps, query, errors.noStep);
  const found = await domain.store.getMany<RunStep>(page.data.map((id) => keys.step(runId, id)));
  return { ...page, data: found.filter((step) => step !== undefined) };
}
