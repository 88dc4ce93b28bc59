import type { FunctionTool } from 'openai/resources/responses/responses';
import { sampleOf } from './sample-json.ts';
import { keywords } from './search.ts';

type Schema = Record<string, unknown>;

/** Function words a name is split into: `get_weather`, `getWeather` and `get-weather` are the same two. */
function nameWords(name: string): string[] {
  return keywords(name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' '));
}

/** Verbs that every function name has, and every message could. */
const COMMON = new Set([
  'get',
  'set',
  'find',
  'fetch',
  'call',
  'function',
  'tool',
  'given',
  'current',
  'value',
  'name',
]);

function parameterNames(tool: FunctionTool): string[] {
  const properties = tool.parameters?.properties;
  return properties !== null && typeof properties === 'object' ? Object.keys(properties) : [];
}

/**
 * How well a message fits a function: words it shares with the function's name count three, with its description or
 * parameters one.
 */
export function overlap(tool: FunctionTool, message: string): number {
  const said = new Set(keywords(message).filter((word) => !COMMON.has(word)));
  const shared = (words: readonly string[]) => new Set(words.filter((word) => said.has(word))).size;
  return (
    3 * shared(nameWords(tool.name)) +
    shared(keywords(tool.description ?? '')) +
    shared(parameterNames(tool).flatMap(nameWords))
  );
}

/** The function that fits a message best; undefined when none shares a telling word with it. */
export function bestFit(tools: readonly FunctionTool[], message: string): FunctionTool | undefined {
  let best: FunctionTool | undefined;
  let most = 0;
  for (const tool of tools) {
    const score = overlap(tool, message);
    if (score > most) {
      most = score;
      best = tool;
    }
  }
  return best;
}

/**
 * Arguments for a function, taken from a message by simple rules: an enum value or example that the message names,
 * numbers in order, names in capitals (`Paris`, `New York`), text in quotes. What is required and not found is sampled
 * from the schema.
 */
export function fillArguments(tool: FunctionTool, message: string): Record<string, unknown> {
  const numbers = (message.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  const quoted = [...message.matchAll(/"([^"]+)"|“([^”]+)”/g)].map((match) => match[1] ?? match[2] ?? '');
  const names = properNames(message);
  const fill = (name: string, schema: Schema): unknown => {
    const options = [...(asArray(schema.enum) ?? []), ...(asArray(schema.examples) ?? [])];
    const named = options.find((option) => typeof option === 'string' && mentions(message, option));
    if (named !== undefined) return named;
    if (schema.enum) return undefined;
    const type = asArray(schema.type)?.[0] ?? schema.type;
    if (type === 'number' || type === 'integer') return numbers.shift();
    if (type !== 'string' || schema.format) return undefined;
    return (
      quoted.shift() ??
      names.shift() ??
      (/quer|text|message|question|prompt|content/i.test(name) ? message : undefined)
    );
  };
  return (sampleOf(tool.parameters ?? {}, fill) as Record<string, unknown> | null) ?? {};
}

function asArray(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function mentions(message: string, option: string): boolean {
  return message.toLowerCase().includes(option.toLowerCase());
}

/** Runs of words in capitals, the first word of a sentence left out. */
function properNames(message: string): string[] {
  const found: string[] = [];
  for (const sentence of message.split(/(?<=[.!?])\s+/)) {
    const match = sentence.matchAll(/(?<=\s|[,(])\p{Lu}[\p{L}'’-]*(?:\s+\p{Lu}[\p{L}'’-]*)*/gu);
    for (const [name] of match) if (!/^I(?:['’]\w+)?$/.test(name)) found.push(name);
  }
  return found;
}
