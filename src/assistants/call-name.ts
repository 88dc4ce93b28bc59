/** The name by which run steps show the calls of a tool that is no function: its type, unless a function is called that. */
import type { Run } from './types.ts';

/**
 * The same for everybody who writes a step and who reads one.
 * @param type of a tool of the run that is not `function`
 * @returns the type itself, or with a suffix where the run has a function or another tool of that name
 */
export function callName({ tools }: Pick<Run, 'tools'>, type: string): string {
  const functions = new Set(tools.flatMap((tool) => (tool.type === 'function' ? [tool.function.name] : [])));
  if (!functions.has(type)) return type;
  const taken = new Set([...functions, ...tools.map((tool): string => tool.type)]);
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${type}_tool` : `${type}_${n}`;
    if (!taken.has(name)) return name;
  }
}
