/** A queued run and a context for it, as §1.7 shows them. */
import type { Run } from '../../src/assistants/types.ts';
import type { ReduceContext } from '../../src/translate/types.ts';

export const CREATED_AT = 1_700_000_000;
export const NOW = 1_700_000_010;

/** Ids that can be read: `step_0`, `msg_1`, `call_minted_0`, `file-0`. */
export const ctx: ReduceContext = {
  now: NOW,
  ids: {
    step: (ordinal) => `step_${ordinal}`,
    message: (ordinal) => `msg_${ordinal}`,
    toolCall: (ordinal) => `call_minted_${ordinal}`,
    file: (ordinal) => `file-${ordinal}`,
  },
};

export function queuedRun(values: Partial<Run> = {}): Run {
  return {
    id: 'run_1',
    object: 'thread.run',
    created_at: CREATED_AT,
    assistant_id: 'asst_1',
    thread_id: 'thread_1',
    status: 'queued',
    started_at: null,
    expires_at: CREATED_AT + 600,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: 'gpt-4o',
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
    ...values,
  };
}
