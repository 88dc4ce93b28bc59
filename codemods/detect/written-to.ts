/**
 * The last way to a client that came through something foreign (a request, a context, a container): whatever the project
 * writes to a property of that name. Believed only if what is written is, beyond doubt, a client.
 */
import { ts } from 'ts-morph';
import { CALL, NEW, type Path, type Tracer, type Value } from '../flow/values.ts';

/** Names that say nothing about what they hold. */
const TOO_COMMON = new Set([
  'data',
  'value',
  'default',
  'current',
  'state',
  'context',
  'props',
  'options',
  'config',
  CALL,
  NEW,
]);

/** `app.set('openai', client)`, `fastify.decorate('openai', client)`. */
const SETTERS = ['set', 'decorate', 'provide', 'decorateRequest', 'register', 'registerInstance'];

export interface ByName {
  /** Believed: all of them are made in one place. */
  clients: Value[];
  /** Made in several places, any of which may be the one that is meant. */
  candidates: Value[];
}

export function clientsWrittenTo(tracer: Tracer, values: readonly Value[]): ByName {
  const found: Value[] = [];
  const asked = new Set<string>();
  for (const value of values) {
    const question = propertyAsked(value);
    if (!question || asked.has(question.name)) continue;
    asked.add(question.name);
    found.push(...writers(tracer, question.name, question.rest));
  }
  const made = found.filter((value) => !/\.(?:test|spec)\.[mc]?[jt]sx?$/.test(fileOf(value)));
  const unique = [...new Map(made.map((value) => [value.node, value])).values()];
  const files = new Set(unique.map(fileOf));
  return files.size <= 1 ? { clients: unique, candidates: [] } : { clients: [], candidates: unique };
}

function fileOf(value: Value): string {
  return value.node.getSourceFile().fileName;
}

/** The property whose value would be the client: the one before `beta`, or before the resource of a typed place. */
function propertyAsked(value: Value): { name: string; rest: Path } | undefined {
  if (value.kind === 'typed') {
    const holder = value.node.parent?.parent;
    if (holder && ts.isPropertySignature(holder) && ts.isIdentifier(holder.name)) {
      return { name: holder.name.text, rest: value.path };
    }
    return undefined;
  }
  if (value.kind !== 'unknown' && value.kind !== 'external') return undefined;
  const beta = value.path.indexOf('beta');
  const name = beta > 0 ? value.path[beta - 1] : undefined;
  if (name === undefined || TOO_COMMON.has(name) || name.length < 3) return undefined;
  return { name, rest: value.path.slice(beta) };
}

function writers(tracer: Tracer, name: string, rest: Path): Value[] {
  const found: Value[] = [];
  tracer.want(name);
  for (const file of tracer.sources.mentioning(name)) {
    for (const write of file.index.writes.get(name) ?? []) {
      found.push(...clientsOf(tracer.trace(write.value, rest), rest));
    }
    for (const setter of SETTERS) {
      for (const call of file.index.callsByName.get(setter) ?? []) {
        const [key, value] = call.arguments ?? [];
        if (key && value && ts.isStringLiteralLike(key) && key.text === name) {
          found.push(...clientsOf(tracer.trace(value, rest), rest));
        }
      }
    }
  }
  return found;
}

/** Clients that are asked for just this; `{ id: assistant.id }` leads to a client as well, but by way of a call. */
function clientsOf(values: readonly Value[], rest: Path): Value[] {
  return values.filter(
    (value) =>
      (value.kind === 'client' || value.kind === 'wrapped') && value.path.join('.') === rest.join('.'),
  );
}
