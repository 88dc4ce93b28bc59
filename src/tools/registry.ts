/** The tools that runs may have beside OpenAI's own, and what a model is offered for them. */
import { isRegistered, type Run, typeOf } from '../assistants/types.ts';
import { nativeType } from '../translate/native-tools.ts';
import type { LocalFunction } from '../translate/types.ts';
import type { Profile } from '../upstream/profile.ts';
import type { Tool, ToolContext, ToolFunction } from './define.ts';

/** A function for one tool of a run, under the name that the model knows it by. */
export interface Offer extends LocalFunction {
  tool: ToolContext['tool'];
  run: ToolFunction;
}

export interface Registry {
  has(type: string): boolean;
  /** Whether a run can use a tool of this type: the upstream has it, or rethread runs it. */
  serves(type: string, profile: Profile): boolean;
  /**
   * The functions for all tools of a run that rethread runs itself. The same run and the same answers of its tools give
   * the same names.
   */
  offer(run: Run, signal: AbortSignal): Promise<Offer[]>;
}

/** Names that providers keep for themselves (dashscope §C.5), or that models take for a tool of the provider. */
const RESERVED = ['search', 'web_search', 'file_search', 'code_interpreter', 'python', 'image_generation'];

/** Later tools take the place of earlier ones of the same type, and any tool that of one which the upstream has. */
export function createRegistry(tools: readonly Tool[]): Registry {
  const byType = new Map(tools.map((tool) => [tool.type, tool]));
  const isNative = (type: string, profile: Profile) => {
    const name =
      nativeType(type) ?? (type === 'file_search' || type === 'code_interpreter' ? type : undefined);
    return name !== undefined && profile.tools[name];
  };

  return {
    has: (type) => byType.has(type) || nativeType(type) !== undefined,
    serves: (type, profile) => {
      const tool = byType.get(type);
      return isNative(type, profile) || (tool !== undefined && (tool.serves?.(profile) ?? true));
    },
    async offer(run, signal) {
      const wanted = distinct(run.tools.filter(isRegistered)).filter((tool) => byType.has(typeOf(tool)));
      const found = await Promise.all(
        wanted.map(async (tool) => {
          const functions = await functionsOf(byType.get(tool.type) as Tool, tool, signal);
          return functions.map((run) => ({ tool, run }));
        }),
      );
      return named(run, found.flat());
    },
  };
}

/** The same tool twice is one; with other settings it is another. */
function distinct<T>(tools: T[]): T[] {
  return [...new Map(tools.map((tool) => [JSON.stringify(tool), tool])).values()];
}

/** What cannot be asked for its functions is offered all the same: the model is told why it does not work when it tries. */
async function functionsOf(
  tool: Tool,
  declared: ToolContext['tool'],
  signal: AbortSignal,
): Promise<ToolFunction[]> {
  try {
    return await tool.functions(declared, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const unavailable = async () => {
      throw new Error(`The tool is not available: ${error instanceof Error ? error.message : error}`);
    };
    return [
      {
        name: tool.type,
        description: `The tool ${tool.type}, which may not be available now.`,
        parameters: { type: 'object', properties: {} },
        timeout: 1000,
        maxOutput: 1000,
        call: unavailable,
      },
    ];
  }
}

function named(run: Run, functions: Pick<Offer, 'tool' | 'run'>[]): Offer[] {
  const callers = run.tools.flatMap((tool) => (tool.type === 'function' ? [tool.function.name] : []));
  const taken = new Set([...RESERVED, ...callers]);
  return functions.map(({ tool, run: its }) => {
    const name = freeName(its.name, taken);
    taken.add(name);
    const told = typeof tool['description'] === 'string' ? `\n${tool['description']}` : '';
    return {
      type: tool.type,
      name,
      description: `${its.description}${told}`,
      parameters: its.parameters,
      tool,
      run: its,
    };
  });
}

/** A function's name has 1 to 64 letters, digits, `_` and `-` (openai.md §1.6). */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 56) || 'tool';
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : n === 2 ? `${base}_tool` : `${base}_${n - 1}`;
    if (!taken.has(name)) return name;
  }
}
