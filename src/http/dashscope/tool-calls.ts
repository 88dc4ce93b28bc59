/** Tools and tool calls in DashScope's form: each but a function's is `{type, <type>: {arguments, output}}` (§A.10, §D). */
import { callName } from '../../assistants/call-name.ts';
import type { AssistantTool, Run, ToolCall } from '../../assistants/types.ts';

/** Names that a tool had before (§A.10). */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['search', 'quark_search'],
  ['wanx', 'text_to_image'],
]);

const presentName = (type: string) => FORMER_NAMES.get(type) ?? type;

/** Tools whose calls are streamed as they come; those of all others appear in a completed step only (§A.9.2). */
const STREAMED: ReadonlySet<string> = new Set([
  'code_interpreter',
  'quark_search',
  'text_to_image',
  'calculator',
]);

export const isStreamed = (type: string): boolean => STREAMED.has(presentName(type));

/** A tool as it was declared; what OpenAI's objects add to a function is left out. */
export function presentTool(tool: AssistantTool): object {
  if (tool.type !== 'function') return tool;
  const { strict: _, ...declared } = tool.function;
  return { type: 'function', function: declared };
}

/**
 * The type of the tool that a function call was made for; undefined where it is the caller's own function. The domain
 * keeps the call of a tool that runs inside the run as a function call by the tool's {@link callName}.
 */
export function builtInType(run: Pick<Run, 'tools'>, name: string): string | undefined {
  const types = run.tools.map((tool): string => tool.type).filter((type) => type !== 'function');
  if (run.tools.some((tool) => tool.type === 'function' && tool.function.name === name)) return undefined;
  return (
    types.find((type) => callName(run, type) === name) ??
    types.find((type) => presentName(type) === presentName(name))
  );
}

/** Java reads all values of such an entry as strings (§A.9.3). */
export interface Parts {
  arguments?: string;
  output?: string;
  input?: string;
}

/** The entry of a built-in tool, whole or a piece of it. */
export const keyed = (type: string, parts: Parts, id?: string): object => ({
  ...(id !== undefined && { id }),
  type,
  [type]: parts,
});

type CodeCall = Extract<ToolCall, { type: 'code_interpreter' }>;

/** Outputs as one text: logs as they are, and the ids of pictures. Never `outputs`, on which the Python SDK fails (§A.9.3). */
export function codeOutput(outputs: CodeCall['code_interpreter']['outputs']): string {
  return outputs
    .map((output) => (output.type === 'logs' ? output.logs : `[image ${output.image.file_id}]`))
    .join('\n');
}

export const codeArguments = (code: string): string => JSON.stringify({ code });

/** A tool call of a run step (§A.8). */
export function presentCall(run: Pick<Run, 'tools'>, call: ToolCall): object {
  switch (call.type) {
    case 'code_interpreter': {
      const { input, outputs } = call.code_interpreter;
      // `input` is what the Python SDK's repr() asks for (§A.9.3).
      const parts = { arguments: codeArguments(input), output: codeOutput(outputs), input };
      return keyed(call.type, parts, call.id);
    }
    case 'file_search': {
      const output = JSON.stringify(call.file_search.results ?? []);
      return keyed(call.type, { arguments: '{}', output }, call.id);
    }
    case 'function': {
      const { name, arguments: args, output } = call.function;
      const type = builtInType(run, name);
      const parts = { arguments: args, ...(output !== null && { output }) };
      if (type !== undefined) return keyed(type, parts, call.id);
      return { id: call.id, type: 'function', function: { name, ...parts } };
    }
  }
}
