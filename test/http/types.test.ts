import type OpenAI4 from 'openai4';
import type OpenAI5 from 'openai5';
import type OpenAI6 from 'openai6';
import type OpenAI7 from 'openai7';
import { expectTypeOf, test } from 'vitest';
import type {
  Assistant,
  AssistantEvent,
  BuiltInTool,
  Message,
  Run,
  RunStep,
  Thread,
  ToolCall,
} from '../../src/assistants/types.ts';

/** As for clients that use no tools but OpenAI's; no SDK has a type for any other. */
type Spec<T extends { tools: unknown[] }> = Omit<T, 'tools'> & { tools: BuiltInTool[] };
type SpecAssistant = Spec<Assistant>;
/** The specification says string, but runs without instructions have null on the wire (§1.10 no. 5). */
type SpecRun = Omit<Spec<Run>, 'instructions'> & { instructions: string };

/** npm openai 4 declares one ranker for the search call of a step, later ones also "auto"; its other calls are the same. */
type SearchCall4 = OpenAI4.Beta.Threads.Runs.FileSearchToolCall;
type ToolCall4 = Exclude<ToolCall, { type: 'file_search' }> | SearchCall4;
type RunStep4 = Omit<RunStep, 'step_details'> & {
  step_details:
    | Extract<RunStep['step_details'], { type: 'message_creation' }>
    | { type: 'tool_calls'; tool_calls: ToolCall4[] };
};

type Data<Name extends AssistantEvent['event']> = Extract<AssistantEvent, { event: Name }>['data'];

/** Checked by the compiler: what rethread sends is what each major version of the SDK declares. */
test('§1.7: the objects are those of npm openai 4, 5, 6 and 7', () => {
  expectTypeOf<SpecAssistant>().toExtend<OpenAI4.Beta.Assistant>();
  expectTypeOf<SpecAssistant>().toExtend<OpenAI5.Beta.Assistant>();
  expectTypeOf<SpecAssistant>().toExtend<OpenAI6.Beta.Assistant>();
  expectTypeOf<SpecAssistant>().toExtend<OpenAI7.Beta.Assistant>();

  expectTypeOf<Thread>().toExtend<OpenAI4.Beta.Thread>();
  expectTypeOf<Thread>().toExtend<OpenAI5.Beta.Thread>();
  expectTypeOf<Thread>().toExtend<OpenAI6.Beta.Thread>();
  expectTypeOf<Thread>().toExtend<OpenAI7.Beta.Thread>();

  expectTypeOf<Message>().toExtend<OpenAI4.Beta.Threads.Message>();
  expectTypeOf<Message>().toExtend<OpenAI5.Beta.Threads.Message>();
  expectTypeOf<Message>().toExtend<OpenAI6.Beta.Threads.Message>();
  expectTypeOf<Message>().toExtend<OpenAI7.Beta.Threads.Message>();

  expectTypeOf<SpecRun>().toExtend<OpenAI4.Beta.Threads.Run>();
  expectTypeOf<SpecRun>().toExtend<OpenAI5.Beta.Threads.Run>();
  expectTypeOf<SpecRun>().toExtend<OpenAI6.Beta.Threads.Run>();
  expectTypeOf<SpecRun>().toExtend<OpenAI7.Beta.Threads.Run>();

  expectTypeOf<RunStep4>().toExtend<OpenAI4.Beta.Threads.Runs.RunStep>();
  expectTypeOf<RunStep>().toExtend<OpenAI5.Beta.Threads.Runs.RunStep>();
  expectTypeOf<RunStep>().toExtend<OpenAI6.Beta.Threads.Runs.RunStep>();
  expectTypeOf<RunStep>().toExtend<OpenAI7.Beta.Threads.Runs.RunStep>();
});

test('§3.4: the deltas are those of npm openai 4, 5, 6 and 7', () => {
  type MessageDelta = Data<'thread.message.delta'>;
  expectTypeOf<MessageDelta>().toExtend<OpenAI4.Beta.Threads.MessageDeltaEvent>();
  expectTypeOf<MessageDelta>().toExtend<OpenAI5.Beta.Threads.MessageDeltaEvent>();
  expectTypeOf<MessageDelta>().toExtend<OpenAI6.Beta.Threads.MessageDeltaEvent>();
  expectTypeOf<MessageDelta>().toExtend<OpenAI7.Beta.Threads.MessageDeltaEvent>();

  type StepDelta = Data<'thread.run.step.delta'>;
  expectTypeOf<StepDelta>().toExtend<OpenAI4.Beta.Threads.Runs.RunStepDeltaEvent>();
  expectTypeOf<StepDelta>().toExtend<OpenAI5.Beta.Threads.Runs.RunStepDeltaEvent>();
  expectTypeOf<StepDelta>().toExtend<OpenAI6.Beta.Threads.Runs.RunStepDeltaEvent>();
  expectTypeOf<StepDelta>().toExtend<OpenAI7.Beta.Threads.Runs.RunStepDeltaEvent>();
});

test('§3.1: the events are called what npm openai 6 and 7 call them, and none is missing', () => {
  expectTypeOf<AssistantEvent['event']>().toEqualTypeOf<OpenAI6.Beta.AssistantStreamEvent['event']>();
  expectTypeOf<AssistantEvent['event']>().toEqualTypeOf<OpenAI7.Beta.AssistantStreamEvent['event']>();
  expectTypeOf<AssistantEvent['event']>().toEqualTypeOf<OpenAI4.Beta.AssistantStreamEvent['event']>();
});
