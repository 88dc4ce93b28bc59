/** Assistants that rethread.assistants.json declares, for ids that the code has by literal or environment variable. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ts } from 'ts-morph';
import type { Json } from '../detect/static-value.ts';
import type { Tracer } from '../flow/values.ts';
import type { Source } from '../source/sources.ts';
import { styleOf } from '../source/style.ts';
import { ASSISTANTS_FILE } from '../transforms/assistants-file.ts';
import { Stays } from './stays.ts';

/** Properties for `responses.create`, by name, each as code. @throws Stays where that is not known for certain. */
export function declaredAssistant(tracer: Tracer, source: Source, id: ts.Expression): Map<string, string> {
  const values = tracer.trace(id);
  const [only] = values;
  const key =
    only?.kind === 'env'
      ? `\${${only.name}}`
      : only?.kind === 'literal' && 'text' in only.node
        ? String(only.node.text)
        : undefined;
  const body = values.length === 1 && key !== undefined ? declarations(source)[key] : undefined;
  if (!isObject(body))
    throw new Stays(
      `its assistant is neither created in this file nor, under one certain id, declared in ${ASSISTANTS_FILE}`,
    );
  const { quote } = styleOf(source);
  const parts = new Map<string, string>();
  for (const [name, value] of Object.entries(body)) {
    if (['name', 'description', 'metadata'].includes(name)) continue;
    if (['model', 'instructions', 'temperature', 'top_p'].includes(name)) {
      if (value !== null) parts.set(name, `${name}: ${code(value, quote)}`);
    } else if (!(name === 'tools' && Array.isArray(value) && value.length === 0)) {
      throw new Stays(`its assistant is declared with \`${name}\` in ${ASSISTANTS_FILE}`);
    }
  }
  if (!parts.has('model')) throw new Stays(`its assistant has no model yet in ${ASSISTANTS_FILE}`);
  return parts;
}

/** The nearest file above a source, as far as it can be read. */
function declarations(source: Source): { [key: string]: Json } {
  for (let dir = path.posix.dirname(source.path); ; dir = path.posix.dirname(dir)) {
    const file = `${dir}/${ASSISTANTS_FILE}`;
    if (existsSync(file)) {
      try {
        const parsed = JSON.parse(readFileSync(file, 'utf8')) as Json;
        return isObject(parsed) ? parsed : {};
      } catch {
        throw new Stays(`${ASSISTANTS_FILE} is not JSON`);
      }
    }
    if (existsSync(`${dir}/.git`) || path.posix.dirname(dir) === dir) return {};
  }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function code(value: Json, quote: "'" | '"'): string {
  const json = JSON.stringify(value);
  if (typeof value !== 'string' || quote === '"') return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
