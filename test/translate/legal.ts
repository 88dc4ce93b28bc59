/**
 * A strict reader of a run's event stream: what the strictest client refuses (§3.3–§3.5, §5.3), and what the state
 * machine (§2.1) and the objects (§1.7) promise. It knows the contract only, not how rethread makes the events.
 */
import { isDeepStrictEqual } from 'node:util';
import { accumulate, isObject, type Json, withoutDeltaKeys } from './accumulate.ts';

export interface StreamEvent {
  event: string;
  data: unknown;
}

/** What has been read of a run; hand it to the next `read` when the run goes on in another stream (a submit). */
export interface Reading {
  /** Empty: everything is legal. Each begins with the position and name of its event. */
  problems: string[];
  run: Json | null;
  /** Name of its last event, without the prefix. */
  said: string;
  /** Open step and message, with what their deltas add up to. */
  step: { object: Json; calls: Json } | null;
  message: { object: Json; content: Json } | null;
  /** Everything closed, in order. */
  steps: Json[];
  messages: Json[];
  seen: Set<string>;
  /** Events so far, over all streams. */
  count: number;
}

const NEXT_STATUS: Record<string, readonly string[]> = {
  '': ['queued'],
  queued: ['in_progress', 'failed', 'incomplete', 'cancelling', 'expired'],
  in_progress: ['requires_action', 'completed', 'incomplete', 'failed', 'cancelling', 'expired'],
  requires_action: ['queued', 'cancelling', 'expired', 'failed', 'incomplete'],
  cancelling: ['cancelled'],
};
const TERMINAL = ['completed', 'incomplete', 'failed', 'cancelled', 'expired'];

/** Which timestamps are set in which status (§1.7); null: must be null, true: must be a number. */
const TIMES: Record<string, Record<string, true | null>> = {
  in_progress: {
    started_at: true,
    expires_at: true,
    completed_at: null,
    failed_at: null,
    cancelled_at: null,
  },
  requires_action: {
    started_at: true,
    expires_at: true,
    completed_at: null,
    failed_at: null,
    cancelled_at: null,
  },
  completed: { started_at: true, expires_at: null, completed_at: true, failed_at: null, cancelled_at: null },
  incomplete: { started_at: true, expires_at: null, completed_at: true, failed_at: null, cancelled_at: null },
  failed: { started_at: true, expires_at: null, completed_at: null, failed_at: true, cancelled_at: null },
  cancelling: { expires_at: true, completed_at: null, failed_at: null, cancelled_at: null },
  cancelled: { expires_at: null, completed_at: null, failed_at: null, cancelled_at: true },
  expired: { expires_at: null, completed_at: null, failed_at: null, cancelled_at: null },
  queued: { expires_at: true, completed_at: null, failed_at: null, cancelled_at: null },
};

/** Reads a stream, or the next one of the same run. `thread.created`, `done` and unknown events are passed over. */
export function read(events: readonly StreamEvent[], before?: Reading): Reading {
  const reading: Reading = before ?? {
    problems: [],
    run: null,
    said: '',
    step: null,
    message: null,
    steps: [],
    messages: [],
    seen: new Set(),
    count: 0,
  };
  for (const event of events) {
    const complain = (text: string) => {
      reading.problems.push(`${reading.count} ${event.event}: ${text}`);
    };
    try {
      readEvent(reading, event.event, (event.data ?? {}) as Json, complain);
    } catch (error) {
      complain(String(error));
    }
    reading.count++;
  }
  return reading;
}

/** The complaints about one stream from its first event to where a stream may end: a terminal status or requires_action. */
export function violations(events: readonly StreamEvent[], before?: Reading): string[] {
  const reading = read(events, before);
  const status = statusOf(reading);
  if (!TERMINAL.includes(status) && status !== 'requires_action') {
    return [...reading.problems, `The stream ended while the run was ${status || 'not there'}.`];
  }
  return reading.problems;
}

type Complain = (text: string) => void;

function readEvent(reading: Reading, event: string, data: Json, complain: Complain): void {
  if (TERMINAL.includes(statusOf(reading)) && event !== 'done') complain('comes after the end of the run');
  if (event.startsWith('thread.run.step.')) {
    readStep(reading, event.slice('thread.run.step.'.length), data, complain);
  } else if (event.startsWith('thread.run.')) {
    readRun(reading, event.slice('thread.run.'.length), data, complain);
  } else if (event.startsWith('thread.message.')) {
    readMessage(reading, event.slice('thread.message.'.length), data, complain);
  }
}

function statusOf(reading: Reading): string {
  return reading.run ? String(reading.run.status) : '';
}

function readRun(reading: Reading, name: string, run: Json, complain: Complain): void {
  const before = reading.run;
  const status = String(run.status);
  if (name === 'created') {
    if (before) complain('the run was created before');
    if (status !== 'queued' || run.started_at !== null) complain('a new run is queued and not started');
  } else {
    if (status !== name) complain(`the run's status is ${status}`);
    if (reading.said === 'created') {
      if (name !== 'queued' || !isDeepStrictEqual(before, run))
        complain('is not run.queued with the created run');
    } else if (before || name !== 'queued') {
      if (!NEXT_STATUS[statusOf(reading)]?.includes(status))
        complain(`cannot follow ${statusOf(reading) || 'nothing'}`);
    }
  }
  if (before && before.id !== run.id) complain('is about another run');
  for (const [key, wanted] of Object.entries(TIMES[status] ?? {})) {
    if (wanted === null ? run[key] !== null : typeof run[key] !== 'number') complain(`${key} is ${run[key]}`);
  }
  const terminal = TERMINAL.includes(status);
  if (!terminal && run.usage !== null) complain('usage is shown before the end');
  if ((status === 'completed' || status === 'incomplete') && !isObject(run.usage))
    complain('usage is missing');
  if ((status === 'failed') !== isObject(run.last_error)) complain('last_error belongs to failed runs');
  if ((status === 'incomplete') !== isObject(run.incomplete_details))
    complain('incomplete_details out of place');
  if ((status === 'requires_action') !== isObject(run.required_action))
    complain('required_action out of place');
  if (terminal && reading.step) complain('a step is still open');
  if (terminal && reading.message) complain('a message is still open');
  if (status === 'requires_action') checkAction(reading, run, complain);
  reading.run = run;
  reading.said = name;
}

function checkAction(reading: Reading, run: Json, complain: Complain): void {
  const asked = (run.required_action as { submit_tool_outputs: { tool_calls: Json[] } }).submit_tool_outputs
    .tool_calls;
  const calls = (reading.step?.calls.tool_calls ?? []) as Json[];
  if (asked.length === 0) complain('no call is asked for');
  // A call that has its output already was carried out by the server itself.
  const shown = calls.flatMap(({ id, type, function: fn }) => {
    const { name, arguments: args, output } = fn as Json;
    return output === null ? [{ id, type, function: { name, arguments: args } }] : [];
  });
  if (!isDeepStrictEqual(shown, asked)) complain('the calls asked for are not those of the open step');
}

function readStep(reading: Reading, name: string, step: Json, complain: Complain): void {
  const open = reading.step;
  const id = String(step.id);
  if (name === 'delta') {
    if (!open || open.object.id !== id) {
      complain(`step ${id} is not open`);
      return;
    }
    const details = (step.delta as Json).step_details as Json;
    if ('id' in (step.delta as Json)) complain('a delta has no id of its own');
    accumulate(open.calls, details);
    return;
  }
  if (name === 'created') {
    if (statusOf(reading) !== 'in_progress') complain(`the run is ${statusOf(reading)}`);
    if (open) complain(`step ${open.object.id} is still open`);
    if (reading.seen.has(id)) complain(`step ${id} was created before`);
    reading.seen.add(id);
    const details = step.step_details as Json;
    if (details.type === 'tool_calls' && (details.tool_calls as []).length > 0)
      complain('tool_calls is not empty');
    reading.step = { object: step, calls: { type: 'tool_calls', tool_calls: [] } };
    if (step.status !== 'in_progress' || step.usage !== null)
      complain('a new step is in progress, without usage');
    return;
  }
  if (name === 'in_progress') {
    if (!open || !isDeepStrictEqual(open.object, step)) complain('differs from step.created');
    return;
  }
  // A submit stream begins with the completion of a step of the stream before (§3.3 b).
  const foreign = reading.count === 0;
  if (!foreign && (!open || open.object.id !== id)) complain(`step ${id} is not open`);
  if (reading.message) complain(`message ${reading.message.object.id} is still open`);
  if (step.status !== name) complain(`the step's status is ${step.status}`);
  checkStep(step, complain);
  if (open) checkCalls(open.calls, step.step_details as Json, complain);
  reading.step = null;
  reading.steps.push(step);
}

function checkStep(step: Json, complain: Complain): void {
  const { status } = step;
  if (status === 'completed' && !isObject(step.usage)) complain('a completed step has usage');
  if ((status === 'failed') !== isObject(step.last_error)) complain('last_error belongs to failed steps');
  for (const [key, owner] of [
    ['completed_at', 'completed'],
    ['failed_at', 'failed'],
    ['cancelled_at', 'cancelled'],
    ['expired_at', 'expired'],
  ] as const) {
    if ((typeof step[key] === 'number') !== (status === owner)) complain(`${key} is ${step[key]}`);
  }
}

/** Search results and function outputs come with the completed step, all else in deltas (§3.3 b–d). */
function checkCalls(streamed: Json, details: Json, complain: Complain): void {
  if (details.type !== 'tool_calls') {
    if ((streamed.tool_calls as []).length > 0) complain('deltas for a message step');
    return;
  }
  const comparable = (calls: unknown) =>
    (calls as Json[]).map((call) => {
      if (call.type === 'function')
        return { ...call, function: { ...(call.function as Json), output: null } };
      if (call.type === 'file_search')
        return { ...call, file_search: { ...(call.file_search as Json), results: [] } };
      return call;
    });
  if (!isDeepStrictEqual(comparable(withoutDeltaKeys(streamed.tool_calls)), comparable(details.tool_calls))) {
    complain('the deltas do not add up to the tool calls');
  }
}

function readMessage(reading: Reading, name: string, message: Json, complain: Complain): void {
  const open = reading.message;
  const id = String(message.id);
  if (name === 'delta') {
    if (!open || open.object.id !== id) {
      complain(`message ${id} is not open`);
      return;
    }
    const delta = message.delta as Json;
    if ('role' in delta) complain('a delta has no role');
    for (const part of delta.content as Json[]) checkFirst(open.content.content as Json[], part, complain);
    accumulate(open.content, delta);
    return;
  }
  if (name === 'created') {
    if (open) complain(`message ${open.object.id} is still open`);
    if (reading.seen.has(id)) complain(`message ${id} was created before`);
    reading.seen.add(id);
    const details = reading.step?.object.step_details as Json | undefined;
    const creation = details?.message_creation as Json | undefined;
    if (creation?.message_id !== id) complain('no step that creates this message is open');
    if ((message.content as []).length > 0 || message.status !== 'in_progress')
      complain('a new message is empty');
    reading.message = { object: message, content: { content: [] } };
    return;
  }
  if (!open || open.object.id !== id) {
    complain(`message ${id} is not open`);
    return;
  }
  if (name === 'in_progress') {
    if (!isDeepStrictEqual(open.object, message)) complain('differs from message.created');
    return;
  }
  if (message.status !== name) complain(`the message's status is ${message.status}`);
  if ((name === 'incomplete') !== isObject(message.incomplete_details))
    complain('incomplete_details out of place');
  if ((name === 'completed') !== (typeof message.completed_at === 'number'))
    complain('completed_at out of place');
  if ((name === 'incomplete') !== (typeof message.incomplete_at === 'number'))
    complain('incomplete_at out of place');
  checkContent(open.content.content, message.content as Json[], complain);
  reading.message = null;
  reading.messages.push(message);
}

/** The first delta of a text part brings `annotations`; later ones bring them only with a citation (§3.4). */
function checkFirst(content: Json[], part: Json, complain: Complain): void {
  if (part.type !== 'text') return;
  const text = part.text as Json;
  const first = content[part.index as number] === undefined;
  if (first && !Array.isArray(text.annotations)) complain('the first delta of a text has annotations');
  if (!first && Array.isArray(text.annotations) && text.annotations.length === 0)
    complain('empty annotations again');
  if (!first && text.value === '' && !text.annotations) complain('an empty delta');
}

function checkContent(streamed: unknown, content: Json[], complain: Complain): void {
  if (!isDeepStrictEqual(withoutDeltaKeys(streamed), content))
    complain('the deltas do not add up to the content');
  for (const part of content) {
    if (part.type !== 'text') continue;
    const { value, annotations } = part.text as { value: string; annotations: Json[] };
    for (const { text, start_index, end_index } of annotations) {
      if (value.slice(start_index as number, end_index as number) !== text)
        complain(`annotation ${text} is misplaced`);
    }
  }
}
