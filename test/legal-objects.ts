/** One legal object of each kind, as §1.7 prints it. Tests change what they are about. */
import type { Assistant, Message, Run, RunStatus, RunStep, Thread, Usage } from '../src/assistants/types.ts';

export const CREATED_AT = 1_767_225_600;
export const EXPIRES_AT = CREATED_AT + 600;
const ids = {
  assistant: 'asst_aaaaaaaaaaaaaaaaaaaaaaaa',
  thread: 'thread_tttttttttttttttttttttttt',
  message: 'msg_mmmmmmmmmmmmmmmmmmmmmmmm',
  run: 'run_rrrrrrrrrrrrrrrrrrrrrrrr',
  step: 'step_ssssssssssssssssssssssss',
};

export function usage(prompt = 20, completion = 20): Usage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_token_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

export function assistant(changes: Partial<Assistant> = {}): Assistant {
  return {
    id: ids.assistant,
    object: 'assistant',
    created_at: CREATED_AT,
    name: null,
    description: null,
    model: 'gpt-4o-mini',
    instructions: null,
    tools: [],
    top_p: 1,
    temperature: 1,
    reasoning_effort: null,
    tool_resources: {},
    metadata: {},
    response_format: 'auto',
    ...changes,
  };
}

export function thread(changes: Partial<Thread> = {}): Thread {
  return {
    id: ids.thread,
    object: 'thread',
    created_at: CREATED_AT,
    metadata: {},
    tool_resources: {},
    ...changes,
  };
}

export function message(changes: Partial<Message> = {}): Message {
  return {
    id: ids.message,
    object: 'thread.message',
    created_at: CREATED_AT,
    assistant_id: null,
    thread_id: ids.thread,
    run_id: null,
    role: 'user',
    content: [{ type: 'text', text: { value: 'How tall is Mount Everest?', annotations: [] } }],
    attachments: [],
    metadata: {},
    status: 'completed',
    incomplete_details: null,
    completed_at: CREATED_AT,
    incomplete_at: null,
    ...changes,
  };
}

/** A message that a run has put out. */
export function answer(changes: Partial<Message> = {}): Message {
  return message({ role: 'assistant', assistant_id: ids.assistant, run_id: ids.run, ...changes });
}

/** What the table of §1.7 sets for each status; all that is not named is null. */
const BY_STATUS: Record<RunStatus, Partial<Run>> = {
  queued: { expires_at: EXPIRES_AT },
  in_progress: { started_at: CREATED_AT + 1, expires_at: EXPIRES_AT },
  requires_action: {
    started_at: CREATED_AT + 1,
    expires_at: EXPIRES_AT,
    required_action: {
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
    },
  },
  cancelling: { started_at: CREATED_AT + 1, expires_at: EXPIRES_AT },
  cancelled: { started_at: CREATED_AT + 1, cancelled_at: CREATED_AT + 2 },
  failed: {
    started_at: CREATED_AT + 1,
    failed_at: CREATED_AT + 2,
    last_error: { code: 'server_error', message: 'Sorry, something went wrong.' },
  },
  completed: { started_at: CREATED_AT + 1, completed_at: CREATED_AT + 2, usage: usage() },
  incomplete: {
    started_at: CREATED_AT + 1,
    completed_at: CREATED_AT + 2,
    usage: usage(),
    incomplete_details: { reason: 'max_completion_tokens' },
  },
  expired: { started_at: CREATED_AT + 1 },
};

export function run(status: RunStatus = 'queued', changes: Partial<Run> = {}): Run {
  return {
    id: ids.run,
    object: 'thread.run',
    created_at: CREATED_AT,
    assistant_id: ids.assistant,
    thread_id: ids.thread,
    status,
    started_at: null,
    expires_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: 'gpt-4o-mini',
    instructions: null,
    tools: [],
    tool_resources: {},
    metadata: {},
    temperature: 1,
    top_p: 1,
    reasoning_effort: null,
    max_completion_tokens: null,
    max_prompt_tokens: null,
    truncation_strategy: { type: 'auto', last_messages: null },
    incomplete_details: null,
    usage: null,
    response_format: 'auto',
    tool_choice: 'auto',
    parallel_tool_calls: true,
    ...BY_STATUS[status],
    ...changes,
  };
}

/** A finished message step, unless told otherwise. */
export function step(changes: Partial<RunStep> = {}): RunStep {
  return {
    id: ids.step,
    object: 'thread.run.step',
    created_at: CREATED_AT,
    run_id: ids.run,
    assistant_id: ids.assistant,
    thread_id: ids.thread,
    type: 'message_creation',
    status: 'completed',
    cancelled_at: null,
    completed_at: CREATED_AT + 2,
    expires_at: null,
    expired_at: null,
    failed_at: null,
    last_error: null,
    step_details: { type: 'message_creation', message_creation: { message_id: ids.message } },
    usage: usage(),
    metadata: {},
    ...changes,
  };
}

/** A finished file search that found one file; its text is there, as the domain keeps it. */
export function searchStep(changes: Partial<RunStep> = {}): RunStep {
  const result = {
    file_id: 'file-1234567890123456789012',
    file_name: 'favorite_foods.txt',
    score: 0.9,
    attributes: {},
    content: [{ type: 'text' as const, text: 'Summer Dishes: gazpacho' }],
  };
  return step({
    type: 'tool_calls',
    step_details: {
      type: 'tool_calls',
      tool_calls: [
        {
          id: 'call_search',
          type: 'file_search',
          file_search: {
            ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0 },
            results: [result],
          },
        },
      ],
    },
    ...changes,
  });
}
