/** The last touch on objects and events before a client sees them. Whatever needs none is handed on as it is. */
import type { AssistantEvent, RunStep, ToolCall } from '../../assistants/types.ts';

const hasSearchContent = (call: ToolCall) =>
  call.type === 'file_search' && (call.file_search.results ?? []).some((result) => 'content' in result);

function withoutSearchContent(call: ToolCall): ToolCall {
  if (call.type !== 'file_search' || !call.file_search.results) return call;
  const results = call.file_search.results.map(({ content: _, ...result }) => result);
  return { ...call, file_search: { ...call.file_search, results } };
}

/** A run step; the text of its search results only where the client asked for it with `include[]` (§1.5). */
export function presentStep(step: RunStep, include: boolean): RunStep {
  const { step_details: details } = step;
  if (include || details.type !== 'tool_calls' || !details.tool_calls.some(hasSearchContent)) return step;
  return { ...step, step_details: { ...details, tool_calls: details.tool_calls.map(withoutSearchContent) } };
}

/** An assistant or a run without what only the DashScope dialect knows of it. */
export function presentObject<T extends { dashscope?: unknown }>(object: T): Omit<T, 'dashscope'> {
  if (object.dashscope === undefined) return object;
  const { dashscope: _, ...known } = object;
  return known;
}

export interface EventView {
  /** The client asked for the text of search results (§1.5). */
  includeSearchContent: boolean;
  /** The client is npm `openai` 4: see `isV4Js`. */
  v4Js: boolean;
}

/** An event as this client is to see it. */
export function presentEvent(event: AssistantEvent, view: EventView): AssistantEvent {
  switch (event.event) {
    case 'thread.run.step.created':
    case 'thread.run.step.in_progress':
    case 'thread.run.step.completed':
    case 'thread.run.step.failed':
    case 'thread.run.step.cancelled':
    case 'thread.run.step.expired': {
      const data = presentStep(event.data, view.includeSearchContent);
      return data === event.data ? event : { ...event, data };
    }
    case 'thread.run.created':
    case 'thread.run.queued':
    case 'thread.run.in_progress':
    case 'thread.run.requires_action':
    case 'thread.run.completed':
    case 'thread.run.incomplete':
    case 'thread.run.failed':
    case 'thread.run.cancelling':
    case 'thread.run.cancelled':
    case 'thread.run.expired': {
      // openai 4 throws "Final run has not been received" on the real name, and takes this one, as do all later ones (§3.3 h).
      const renamed = view.v4Js && event.event === 'thread.run.incomplete';
      const data = presentObject(event.data);
      if (!renamed && data === event.data) return event;
      return { event: renamed ? 'thread.run.completed' : event.event, data };
    }
    default:
      return event;
  }
}

/** The five lists' envelope (§1.4). */
export function listEnvelope<T extends { id: string }>(page: { data: readonly T[]; has_more: boolean }) {
  return {
    object: 'list' as const,
    data: page.data,
    first_id: page.data[0]?.id ?? null,
    last_id: page.data.at(-1)?.id ?? null,
    has_more: page.has_more,
  };
}
