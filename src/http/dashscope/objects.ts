/** The domain's objects as DashScope shows them (§A.4 to §A.8): milliseconds, its own ids, its own ways to say "unset". */
import type {
  Assistant,
  DashScopeSampling,
  Message,
  MessageContent,
  Run,
  RunStatus,
  RunStep,
  Thread,
  Usage,
} from '../../assistants/types.ts';
import { lastError } from './envelope.ts';
import { messageIdOut } from './ids.ts';
import { presentCall, presentTool } from './tool-calls.ts';

const MS = 1000;

/** Unix seconds in milliseconds (§A.3). */
const ms = (seconds: number) => seconds * MS;
const msOrNull = (seconds: number | null | undefined) => (seconds ? ms(seconds) : null);

/** What was said in this dialect, unless the value has been changed in another since. */
function given(
  own: DashScopeSampling | undefined,
  name: 'temperature' | 'top_p',
  value: number | null | undefined,
) {
  if (!own) return value ?? null;
  return value === (own[name] ?? 1) ? own[name] : (value ?? null);
}

function sampling(object: Assistant | Run) {
  const { dashscope: own } = object;
  return {
    temperature: given(own, 'temperature', object.temperature),
    top_p: given(own, 'top_p', object.top_p),
    top_k: own?.top_k ?? null,
    max_tokens: own?.max_tokens ?? null,
  };
}

export function presentAssistant(assistant: Assistant) {
  return {
    id: assistant.id,
    object: 'assistant',
    created_at: ms(assistant.created_at),
    model: assistant.model,
    name: assistant.name ?? '',
    description: assistant.description ?? '',
    instructions: assistant.instructions ?? '',
    tools: assistant.tools.map(presentTool),
    file_ids: (assistant.dashscope?.files ?? []).map(({ id }) => id),
    metadata: assistant.metadata,
    ...sampling(assistant),
  };
}

export function presentThread(thread: Thread) {
  return {
    id: thread.id,
    object: 'thread',
    created_at: ms(thread.created_at),
    metadata: thread.metadata,
  };
}

// Messages (§A.6)

/** `one`: created or retrieved; `listed`; `streamed`: in an event. */
export type MessageView = 'one' | 'listed' | 'streamed';

export function presentMessage(message: Message, view: MessageView) {
  const reason = unfinished(message);
  return {
    id: messageIdOut(message.id),
    object: 'thread.message',
    created_at: ms(message.created_at),
    thread_id: message.thread_id,
    incomplete_details: reason ? { reason } : view === 'streamed' ? null : {},
    completed_at: message.role === 'user' ? null : msOrNull(message.completed_at ?? endedAt(message)),
    incomplete_at: reason ? msOrNull(message.incomplete_at) : null,
    assistant_id: message.assistant_id ?? '',
    run_id: message.run_id ?? '',
    file_ids: fileIdsOf(message),
    role: message.role,
    content: message.content.flatMap(presentPart),
    metadata: message.metadata,
    ...(view === 'one' && { name: '', plugin_call: {}, tool_calls: [], status: '' }),
  };
}

/** Why a message is not whole. One cut by a token limit counts as whole, since its run completes (§D). */
export function unfinished({ incomplete_details: details }: Message): string | undefined {
  return details && details.reason !== 'max_tokens' ? details.reason : undefined;
}

const endedAt = (message: Message) => (unfinished(message) ? null : message.incomplete_at);

export const fileIdsOf = ({ attachments }: Pick<Message, 'attachments'>): string[] =>
  (attachments ?? []).flatMap(({ file_id }) => (file_id ? [file_id] : []));

const textPart = (value: string, annotations: unknown[] = []) => ({
  type: 'text',
  text: { value, annotations },
});

/** Text and images by file are all that DashScope's clients read. */
function presentPart(part: MessageContent): object[] {
  switch (part.type) {
    case 'text':
      return [textPart(part.text.value, part.text.annotations)];
    case 'refusal':
      return [textPart(part.refusal)];
    case 'image_url':
      return [textPart(part.image_url.url)];
    case 'image_file':
      return [{ type: 'image_file', image_file: { file_id: part.image_file.file_id } }];
    default:
      return [];
  }
}

// Runs (§A.7)

/** `created`: the answer to a request that began or carried on a run; `stored`: retrieved or listed; `streamed`: in an event. */
export type RunView = 'created' | 'stored' | 'streamed';

/** A client that polls knows no `incomplete` and would poll for ever (§A.7): a cut answer is an answer, no answer is a failure. */
export function statusOf({ status, incomplete_details: details }: Run): Exclude<RunStatus, 'incomplete'> {
  if (status !== 'incomplete') return status;
  return details?.reason === 'max_completion_tokens' ? 'completed' : 'failed';
}

function errorOf(run: Run) {
  if (run.last_error) return lastError(run.last_error);
  if (run.status !== 'incomplete' || statusOf(run) === 'completed') return null;
  return (run.incomplete_details?.reason as string) === 'content_filter'
    ? { code: 'DataInspectionFailed', message: 'The answer was stopped by the content filter.' }
    : { code: 'InvalidParameter', message: 'The thread is too long for max_prompt_tokens.' };
}

const usageOf = (usage: Usage | null) =>
  usage && {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
  };

/** The times stay unset also when the run has ended, as they did on the wire. */
const unsetTimes = <T>(unset: T) => ({
  expires_at: unset,
  started_at: unset,
  cancelled_at: unset,
  failed_at: unset,
  completed_at: unset,
});

export function presentRun(run: Run, view: RunView) {
  const stored = view === 'stored';
  const usage = usageOf(run.usage);
  return {
    id: run.id,
    object: 'thread.run',
    created_at: ms(run.created_at),
    thread_id: run.thread_id,
    assistant_id: run.assistant_id,
    // What has just been begun says so, whether or not it had to wait for a moment.
    status: view === 'created' && run.status === 'queued' ? 'in_progress' : statusOf(run),
    required_action: run.required_action ?? (stored ? {} : null),
    last_error: errorOf(run) ?? (stored ? {} : null),
    ...(stored ? unsetTimes(0) : unsetTimes(null)),
    model: run.model,
    instructions: run.instructions ?? '',
    tools: run.tools.map(presentTool),
    ...(!stored && { file_ids: [] }),
    metadata: run.metadata,
    ...(view === 'streamed' && { usage }),
    ...(stored && { usage: usage ?? {} }),
    ...(!stored && { ...sampling(run), truncation_strategy: truncationOf(run) }),
  };
}

function truncationOf({ dashscope: own, truncation_strategy: strategy }: Run) {
  if (own) return own.truncation_strategy;
  return strategy?.type === 'last_messages' ? strategy : null;
}

// Run steps (§A.8)

export type StepView = 'listed' | 'one' | 'streamed';

export function presentStep(step: RunStep, run: Pick<Run, 'tools'>, view: StepView) {
  const listed = view === 'listed';
  const error = step.last_error && lastError(step.last_error);
  return {
    id: step.id,
    object: 'thread.run.step',
    created_at: ms(step.created_at),
    assistant_id: step.assistant_id,
    thread_id: step.thread_id,
    run_id: step.run_id,
    type: step.type,
    status: step.status,
    step_details: presentDetails(step, run),
    last_error: error ?? (listed ? { code: '', message: '' } : null),
    expired_at: msOrNull(step.expired_at) ?? (listed ? 0 : null),
    cancelled_at: msOrNull(step.cancelled_at) ?? (listed ? -1 : null),
    failed_at: msOrNull(step.failed_at) ?? (listed ? -1 : null),
    completed_at: msOrNull(step.completed_at) ?? (listed ? -1 : null),
    metadata: step.metadata ?? {},
    usage: usageOf(step.usage) ?? (listed ? {} : null),
  };
}

function presentDetails({ step_details: details }: RunStep, run: Pick<Run, 'tools'>) {
  if (details.type === 'tool_calls') {
    return { type: 'tool_calls', tool_calls: details.tool_calls.map((call) => presentCall(run, call)) };
  }
  const { message_id: id } = details.message_creation;
  return { type: 'message_creation', message_creation: { message_id: messageIdOut(id) } };
}

/** The envelope of lists (§A.3). */
export function presentList(data: { id: string }[], hasMore: boolean) {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
