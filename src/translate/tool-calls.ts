/** Function calls, code interpreter and file search: from call items to tool_calls steps (§3.3 b–d, §4.4). */
import { callName } from '../assistants/call-name.ts';
import type { FunctionToolCall, Run, RunStepDeltaEvent, ToolCall } from '../assistants/types.ts';
import { openStep, setToolCalls, toolCalls } from './closing.ts';
import { type Json, list, object, text } from './read.ts';
import { effect, emit, type Slot, take, type Work } from './state.ts';

type CallDelta = NonNullable<RunStepDeltaEvent['delta']['step_details']['tool_calls']>[number];
type CodeCall = Extract<ToolCall, { type: 'code_interpreter' }>;
type SearchCall = Extract<ToolCall, { type: 'file_search' }>;

/** All function calls of a response share one step; id and name are in a call's first delta only (§3.4). */
export function openFunction(w: Work, slot: Slot): void {
  if (!w.state.functions) openStep(w, { type: 'tool_calls', tool_calls: [] });
  w.state.functions = true;
  const type = w.ctx.localTypes?.get(slot.name);
  const name = type === undefined ? slot.name : callName(w.state.run, type);
  const call: FunctionToolCall = {
    id: slot.callId,
    type: 'function',
    function: { name, arguments: '', output: null },
  };
  addCall(w, call, { id: call.id, type: 'function', function: call.function });
}

export function functionEvent(w: Work, slot: Slot, event: Json): void {
  if (event.type === 'response.function_call_arguments.delta') {
    addArguments(w, slot.call, text(event.delta));
  } else if (event.type === 'response.function_call_arguments.done') {
    addArguments(w, slot.call, missing(argumentsOf(w, slot), event.arguments));
  } else if (event.type === 'response.output_item.done') {
    addArguments(w, slot.call, missing(argumentsOf(w, slot), object(event.item)?.arguments));
  }
}

function argumentsOf(w: Work, slot: Slot): string {
  const call = toolCalls(w)[slot.call];
  return call?.type === 'function' ? call.function.arguments : '';
}

/** @param at position of the call in its step */
export function addArguments(w: Work, at: number, added: string): void {
  const calls = toolCalls(w);
  const call = calls[at];
  if (!added || call?.type !== 'function') return;
  const whole = { ...call.function, arguments: call.function.arguments + added };
  setToolCalls(w, calls.with(at, { ...call, function: whole }));
  callDelta(w, { index: at, type: 'function', function: { arguments: added } });
}

/** The output of the first function call of that id that has none yet, whole and in one delta. */
export function setOutput(w: Work, callId: string, output: string): void {
  const calls = toolCalls(w);
  const at = calls.findIndex(
    (call) => call.type === 'function' && call.id === callId && call.function.output === null,
  );
  const call = calls[at];
  if (call?.type !== 'function') return;
  setToolCalls(w, calls.with(at, { ...call, function: { ...call.function, output } }));
  callDelta(w, { index: at, type: 'function', function: { output } });
}

export function openCode(w: Work): void {
  openStep(w, { type: 'tool_calls', tool_calls: [] });
  const call: CodeCall = {
    id: mintCall(w),
    type: 'code_interpreter',
    code_interpreter: { input: '', outputs: [] },
  };
  addCall(w, call, call);
}

export function codeEvent(w: Work, event: Json): void {
  const call = toolCalls(w)[0];
  if (call?.type !== 'code_interpreter') return;
  const { input } = call.code_interpreter;
  if (event.type === 'response.code_interpreter_call_code.delta') {
    addInput(w, call, text(event.delta));
  } else if (event.type === 'response.code_interpreter_call_code.done') {
    addInput(w, call, missing(input, event.code));
  } else if (event.type === 'response.output_item.done') {
    addInput(w, call, missing(input, object(event.item)?.code));
    for (const output of list(object(event.item)?.outputs)) addOutput(w, output);
    w.state.held = true;
  }
}

function addInput(w: Work, call: CodeCall, added: string): void {
  if (!added) return;
  const { input, outputs } = call.code_interpreter;
  setToolCalls(w, [{ ...call, code_interpreter: { input: input + added, outputs } }]);
  callDelta(w, { index: 0, type: 'code_interpreter', code_interpreter: { input: added } });
}

/** Each output once, with its own index (§3.4); a picture becomes a file of rethread's own (§4.4). */
function addOutput(w: Work, value: unknown): void {
  const call = toolCalls(w)[0];
  const output = outputOf(w, object(value));
  if (call?.type !== 'code_interpreter' || !output) return;
  const { input, outputs } = call.code_interpreter;
  const index = outputs.length;
  setToolCalls(w, [{ ...call, code_interpreter: { input, outputs: [...outputs, output] } }]);
  callDelta(w, { index: 0, type: 'code_interpreter', code_interpreter: { outputs: [{ index, ...output }] } });
}

function outputOf(
  w: Work,
  output: Json | undefined,
): CodeCall['code_interpreter']['outputs'][number] | undefined {
  if (output?.type === 'logs') return { type: 'logs', logs: text(output.logs) };
  if (output?.type !== 'image') return undefined;
  const url = text(output.url);
  const as = w.ctx.ids.file(take(w, 'file'));
  effect(w, { type: 'save_image', url, as, filename: `${as}.${imageExtension(url)}` });
  return { type: 'image', image: { file_id: as } };
}

function imageExtension(url: string): string {
  const extension =
    /^data:image\/(\w+)/i.exec(url)?.[1] ?? /\.(png|jpe?g|gif|webp)(?:[?#]|$)/i.exec(url)?.[1];
  return (extension ?? 'png').toLowerCase();
}

export function openSearch(w: Work): void {
  openStep(w, { type: 'tool_calls', tool_calls: [] });
  const call: SearchCall = {
    id: mintCall(w),
    type: 'file_search',
    file_search: { ranking_options: rankingOptions(w.state.run), results: [] },
  };
  addCall(w, call, call);
}

/** Results come with step.completed, not as deltas (§3.3 d). `content` is always filled in: the wire decides (§1.5). */
export function searchEvent(w: Work, event: Json): void {
  const call = toolCalls(w)[0];
  if (event.type !== 'response.output_item.done' || call?.type !== 'file_search') return;
  const results = list(object(event.item)?.results).map((value) => {
    const it = object(value) ?? {};
    return {
      file_id: text(it.file_id),
      file_name: text(it.filename),
      score: typeof it.score === 'number' ? it.score : 0,
      // On the wire, but not in the SDK's types (§1.10 no. 9).
      attributes: object(it.attributes) ?? {},
      content: [{ type: 'text' as const, text: text(it.text) }],
    };
  });
  setToolCalls(w, [{ ...call, file_search: { ...call.file_search, results } }]);
  w.state.searches = [...w.state.searches, results.map((found) => found.file_id)];
  w.state.held = true;
}

/** The tool's own options, as the run echoes them (§1.7). */
function rankingOptions(run: Run): NonNullable<SearchCall['file_search']['ranking_options']> {
  const tool = run.tools.find((candidate) => candidate.type === 'file_search');
  const options = tool?.type === 'file_search' ? tool.file_search?.ranking_options : undefined;
  return {
    ranker: options?.ranker ?? 'default_2024_08_21',
    score_threshold: options?.score_threshold ?? 0,
  };
}

/** The upstream's ids of hosted calls are no `call_…` ids (§1.3). */
export function mintCall(w: Work): string {
  return w.ctx.ids.toolCall(take(w, 'call'));
}

export function addCall(w: Work, call: ToolCall, delta: object = call): void {
  const calls = toolCalls(w);
  setToolCalls(w, [...calls, call]);
  callDelta(w, { index: calls.length, ...delta } as CallDelta);
}

function callDelta(w: Work, call: CallDelta): void {
  const id = w.state.openStep?.id ?? '';
  emit(w, {
    event: 'thread.run.step.delta',
    data: {
      id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [call] } },
    },
  });
}

/** What the whole text has beyond the streamed one; nothing where they contradict each other. */
function missing(streamed: string, whole: unknown): string {
  const all = text(whole);
  return all.startsWith(streamed) ? all.slice(streamed.length) : '';
}
