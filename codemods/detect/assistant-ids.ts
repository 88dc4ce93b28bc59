/**
 * The ids of assistants that the code names, by literal or by environment variable, and what the code itself says about
 * how they are configured. What was behind such an id is gone; it has to be declared again.
 */
import { ts } from 'ts-morph';
import type { Path, Tracer } from '../flow/values.ts';
import { propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { canonical } from './methods.ts';
import type { Site } from './sites.ts';
import { type Json, staticValue } from './static-value.ts';
import { isAmongTests } from './test-files.ts';

/** Real ids have 24 letters and digits after the prefix; shorter ones are somebody's placeholder. */
const ID = /^asst_[A-Za-z0-9-]{16,}$/;

/** Keys of an assistant's declaration. */
const BODY = [
  'name',
  'description',
  'model',
  'instructions',
  'tools',
  'tool_resources',
  'metadata',
  'temperature',
  'top_p',
  'response_format',
  'reasoning_effort',
];

export interface AssistantId {
  /** `asst_…`, or `${NAME}` for the id that an environment variable holds. */
  key: string;
  /** The package that names it. Two programs may well have a variable of the same name for two assistants. */
  dir: string;
  /** Its files that name it: that hold the literal, or read the variable. */
  usedIn: Set<Source>;
  /** What the code says about it. */
  body: Record<string, Json>;
  /** Where it says so. */
  filledFrom: Source | undefined;
}

/** Where a method takes an assistant's id. */
const ID_ARGUMENTS: Record<string, { argument: number; path: Path }[]> = {
  'assistants.retrieve': [{ argument: 0, path: [] }],
  'assistants.update': [{ argument: 0, path: [] }],
  'assistants.delete': [{ argument: 0, path: [] }],
  'threads.runs.create': [{ argument: 1, path: ['assistant_id'] }],
  'threads.runs.stream': [{ argument: 1, path: ['assistant_id'] }],
  'threads.runs.createAndPoll': [{ argument: 1, path: ['assistant_id'] }],
  'threads.runs.createAndStream': [{ argument: 1, path: ['assistant_id'] }],
  'threads.createAndRun': [{ argument: 0, path: ['assistant_id'] }],
  'threads.createAndRunPoll': [{ argument: 0, path: ['assistant_id'] }],
  'threads.createAndRunStream': [{ argument: 0, path: ['assistant_id'] }],
};

/** The ids found so far, for whoever has a key and the file that has it. */
interface Known {
  get(key: string, source: Source): AssistantId | undefined;
  all: AssistantId[];
}

/**
 * The assistants that programs name, tests apart: what a test wants it makes for itself.
 * @param dirOf the directory of the package that a file belongs to
 */
export function findAssistantIds(
  tracer: Tracer,
  sites: readonly Site[],
  sources: readonly Source[],
  root: string,
  dirOf: (source: Source) => string,
): AssistantId[] {
  const found = new Map<string, AssistantId>();
  const at = (key: string, source: Source): string => `${dirOf(source)}\n${key}`;
  const note = (key: string, source: Source): void => {
    if (isAmongTests(source, root)) return;
    const dir = dirOf(source);
    const known = found.get(at(key, source)) ?? {
      key,
      dir,
      usedIn: new Set(),
      body: {},
      filledFrom: undefined,
    };
    known.usedIn.add(source);
    found.set(at(key, source), known);
  };
  for (const source of sources) {
    for (const literal of source.index.strings) {
      if (ID.test(literal.text) && !/^asst_(.)\1+$/.test(literal.text)) note(literal.text, source);
    }
  }
  for (const { node, path } of sites) {
    if (!ts.isCallExpression(node)) continue;
    for (const { argument, path: inside } of ID_ARGUMENTS[canonical(path)] ?? []) {
      const given = node.arguments[argument];
      if (!given) continue;
      // The call may be a library's; who reads the variable is the program that runs with it.
      for (const value of tracer.trace(given, inside)) {
        if (value.kind === 'env') note(`\${${value.name}}`, tracer.sources.of(value.node));
      }
    }
  }
  const all = [...found.values()].sort((a, b) => a.key.localeCompare(b.key));
  const known: Known = { get: (key, source) => found.get(at(key, source)), all };
  fillFromUpdates(tracer, sites, known, root);
  fillFromOnlyCreate(tracer, sites, known, root);
  return all;
}

/** `assistants.update(id, body)` says for certain what `id` is configured with. */
function fillFromUpdates(tracer: Tracer, sites: readonly Site[], found: Known, root: string): void {
  for (const { node, path, source } of sites) {
    if (canonical(path) !== 'assistants.update' || !ts.isCallExpression(node) || isAmongTests(source, root))
      continue;
    const [id, body] = node.arguments;
    if (!id || !body) continue;
    for (const value of tracer.trace(id)) {
      const key =
        value.kind === 'env'
          ? `\${${value.name}}`
          : value.kind === 'literal' && ts.isStringLiteralLike(value.node)
            ? value.node.text
            : '';
      const known = found.get(key, tracer.sources.of(value.node));
      if (known) fill(tracer, known, body, source);
    }
  }
}

/** The one assistant that a program creates is the one whose id it names, when it names a single one. */
function fillFromOnlyCreate(tracer: Tracer, sites: readonly Site[], found: Known, root: string): void {
  const creates = sites.filter(
    ({ node, path, source }) =>
      canonical(path) === 'assistants.create' && ts.isCallExpression(node) && !isAmongTests(source, root),
  );
  const [create] = creates;
  const [only] = found.all;
  if (creates.length !== 1 || found.all.length !== 1 || !create || !only || only.filledFrom) return;
  const [body] = ts.isCallExpression(create.node) ? create.node.arguments : [];
  if (body) fill(tracer, only, body, create.source);
}

function fill(tracer: Tracer, known: AssistantId, body: ts.Expression, source: Source): void {
  for (const value of tracer.trace(body)) {
    if (value.kind !== 'object') continue;
    for (const property of value.node.properties) {
      if (ts.isSpreadAssignment(property)) {
        fill(tracer, known, property.expression, source);
        continue;
      }
      const name = propertyName(property.name);
      if (name === undefined || !BODY.includes(name)) continue;
      const expression = ts.isPropertyAssignment(property)
        ? property.initializer
        : ts.isShorthandPropertyAssignment(property)
          ? property.name
          : undefined;
      const json = expression && staticValue(tracer, expression);
      if (json === undefined) continue;
      known.body[name] = name === 'tools' ? asVersion2(json) : json;
      known.filledFrom = source;
    }
  }
}

function asVersion2(tools: Json): Json {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool) =>
    typeof tool === 'object' && tool !== null && !Array.isArray(tool) && tool['type'] === 'retrieval'
      ? { ...tool, type: 'file_search' }
      : tool,
  );
}
