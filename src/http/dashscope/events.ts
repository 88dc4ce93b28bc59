/**
 * A run's events as DashScope streams them (§A.9): deltas are arrays of one part without an index, a message ends with an
 * empty delta, of the tools only some are streamed, and there is no `incomplete` and no `cancelling`.
 */
import type {
  AssistantEvent,
  MessageDeltaEvent,
  Run,
  RunStep,
  RunStepDeltaEvent,
  ToolCall,
} from '../../assistants/types.ts';
import type { SseEvent } from '../sse.ts';
import { messageIdOut } from './ids.ts';
import { presentMessage, presentRun, presentStep, presentThread, statusOf, unfinished } from './objects.ts';
import { builtInType, codeArguments, codeOutput, isStreamed, keyed, type Parts } from './tool-calls.ts';

type CallDelta = NonNullable<RunStepDeltaEvent['delta']['step_details']['tool_calls']>[number];

/** What has been told of a tool call of the open step, by its index there. */
interface Told {
  type: string;
  arguments: boolean;
  output: boolean;
}

const event = (name: string, data: object): SseEvent => ({ event: name, data });

/** Gives the events that a client sees for each of the domain's, in order; of one stream. */
export function createEventPresenter(run: Pick<Run, 'tools'>): (event: AssistantEvent) => SseEvent[] {
  let calls = new Map<number, Told>();
  /** Code of the open code interpreter call, which is told whole. */
  let code = '';

  function stepDelta(id: string, type: string, parts: Parts): SseEvent {
    const step_details = { type: 'tool_calls', tool_calls: [keyed(type, parts)] };
    return event('thread.run.step.delta', { id, object: 'thread.run.step.delta', delta: { step_details } });
  }

  function codeDelta(
    id: string,
    told: Told,
    delta: Extract<CallDelta, { type: 'code_interpreter' }>,
  ): SseEvent[] {
    code += delta.code_interpreter?.input ?? '';
    if (!delta.code_interpreter?.outputs?.length || told.arguments) return [];
    told.arguments = true;
    return [stepDelta(id, told.type, { arguments: codeArguments(code) })];
  }

  function functionDelta(
    id: string,
    told: Told,
    delta: Extract<CallDelta, { type: 'function' }>,
  ): SseEvent[] {
    const { arguments: args, output } = delta.function ?? {};
    told.arguments ||= Boolean(args);
    told.output ||= Boolean(output);
    return [
      ...(args ? [stepDelta(id, told.type, { arguments: args })] : []),
      ...(output ? [stepDelta(id, told.type, { output })] : []),
    ];
  }

  function callDelta(id: string, delta: CallDelta): SseEvent[] {
    const known = calls.get(delta.index);
    const told = known ?? { type: typeOf(delta), arguments: false, output: false };
    calls.set(delta.index, told);
    if (!isStreamed(told.type)) return [];
    if (delta.type === 'code_interpreter') return codeDelta(id, told, delta);
    return delta.type === 'function' ? functionDelta(id, told, delta) : [];
  }

  const typeOf = (call: CallDelta | ToolCall): string =>
    call.type === 'function' ? (builtInType(run, call.function?.name ?? '') ?? 'function') : call.type;

  /** What a step that is over has of streamed calls and no delta has told. */
  function restOf(step: RunStep): SseEvent[] {
    const { step_details: details } = step;
    if (details.type !== 'tool_calls') return [];
    return details.tool_calls.flatMap((call, index) => {
      const type = typeOf(call);
      const told = calls.get(index);
      if (!isStreamed(type) || !told) return [];
      const whole = partsOf(call);
      return [
        ...(whole.arguments && !told.arguments
          ? [stepDelta(step.id, type, { arguments: whole.arguments })]
          : []),
        ...(whole.output && !told.output ? [stepDelta(step.id, type, { output: whole.output })] : []),
      ];
    });
  }

  return (given) => {
    switch (given.event) {
      case 'thread.created':
        return [event(given.event, presentThread(given.data))];
      case 'thread.run.cancelling':
        return [];
      case 'thread.run.incomplete':
        return [event(`thread.run.${statusOf(given.data)}`, presentRun(given.data, 'streamed'))];
      case 'thread.run.created':
      case 'thread.run.queued':
      case 'thread.run.in_progress':
      case 'thread.run.requires_action':
      case 'thread.run.completed':
      case 'thread.run.failed':
      case 'thread.run.cancelled':
      case 'thread.run.expired':
        return [event(given.event, presentRun(given.data, 'streamed'))];
      case 'thread.run.step.created':
        calls = new Map();
        code = '';
        return [event(given.event, presentStep(given.data, run, 'streamed'))];
      case 'thread.run.step.delta':
        return (given.data.delta.step_details.tool_calls ?? []).flatMap((delta) =>
          callDelta(given.data.id, delta),
        );
      case 'thread.run.step.in_progress':
      case 'thread.run.step.completed':
      case 'thread.run.step.failed':
      case 'thread.run.step.cancelled':
      case 'thread.run.step.expired':
        return [
          ...(given.event === 'thread.run.step.completed' ? restOf(given.data) : []),
          event(given.event, presentStep(given.data, run, 'streamed')),
        ];
      case 'thread.message.created':
      case 'thread.message.in_progress':
        return [event(given.event, presentMessage(given.data, 'streamed'))];
      case 'thread.message.completed':
      case 'thread.message.incomplete': {
        const whole = !unfinished(given.data);
        return [
          ...(whole ? [textDelta(given.data.id, '', [])] : []),
          event(whole ? 'thread.message.completed' : given.event, presentMessage(given.data, 'streamed')),
        ];
      }
      case 'thread.message.delta':
        return messageDeltas(given.data);
      case 'error':
        return [];
    }
  };
}

function partsOf(call: ToolCall): Parts {
  if (call.type === 'code_interpreter') {
    const { input, outputs } = call.code_interpreter;
    return { arguments: codeArguments(input), output: codeOutput(outputs) };
  }
  return call.type === 'function'
    ? { arguments: call.function.arguments, output: call.function.output ?? '' }
    : {};
}

function messageDelta(id: string, part: object): SseEvent {
  return event('thread.message.delta', {
    id: messageIdOut(id),
    object: 'thread.message.delta',
    delta: { role: 'assistant', content: [part], file_ids: [] },
  });
}

const textDelta = (id: string, value: string, annotations: unknown[]) =>
  messageDelta(id, { type: 'text', text: { value, annotations } });

/** One event for each part: clients look at one only (§A.9.1). */
function messageDeltas({ id, delta }: MessageDeltaEvent): SseEvent[] {
  return delta.content.flatMap((part) => {
    if (part.type === 'text') return [textDelta(id, part.text?.value ?? '', part.text?.annotations ?? [])];
    if (part.type === 'refusal') return [textDelta(id, part.refusal ?? '', [])];
    if (part.type === 'image_file')
      return [messageDelta(id, { type: 'image_file', image_file: { file_id: part.image_file?.file_id } })];
    return [];
  });
}
