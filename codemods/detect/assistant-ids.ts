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
import { isTestFile } from './test-files.ts';

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
  /** Files that name it. */
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

export function findAssistantIds(
  tracer: Tracer,
  sites: readonly Site[],
  sources: readonly Source[],
  root: string,
): AssistantId[] {
  const found = new Map<string, AssistantId>();
  const note = (key: string, source: Source): AssistantId => {
    const known = found.get(key) ?? { key, usedIn: new Set<Source>(), body: {}, filledFrom: undefined };
    if (!isTestFile(source, root)) known.usedIn.add(source);
    found.set(key, known);
    return known;
  };
  for (const source of sources) {
    if (isTestFile(source, root)) continue;
    for (const literal of source.index.strings) {
      if (ID.test(literal.text) && !/^asst_(.)\1+$/.test(literal.text)) note(literal.text, source);
    }
  }
  for (const { node, path, source } of sites) {
    if (!ts.isCallExpression(node) || isTestFile(source, root)) continue;
    for (const { argument, path: inside } of ID_ARGUMENTS[canonical(path)] ?? []) {
      const given = node.arguments[argument];
      if (!given) continue;
      for (const value of tracer.trace(given, inside)) {
        if (value.kind === 'env') note(`\${${value.name}}`, source);
      }
    }
  }
  fillFromUpdates(tracer, sites, found, root);
  fillFromOnlyCreate(tracer, sites, found, root);
  return [...found.values()]
    .filter((each) => each.usedIn.size > 0)
    .sort((a, b) => a.key.localeCompare(b.key));
}

/** `assistants.update(id, body)` says for certain what `id` is configured with. */
function fillFromUpdates(
  tracer: Tracer,
  sites: readonly Site[],
  found: ReadonlyMap<string, AssistantId>,
  root: string,
): void {
  for (const { node, path, source } of sites) {
    if (canonical(path) !== 'assistants.update' || !ts.isCallExpression(node) || isTestFile(source, root))
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
      const known = found.get(key);
      if (known) fill(tracer, known, body, source);
    }
  }
}

/** The one assistant that a program creates is the one whose id it names, when it names a single one. */
function fillFromOnlyCreate(
  tracer: Tracer,
  sites: readonly Site[],
  found: ReadonlyMap<string, AssistantId>,
  root: string,
): void {
  const creates = sites.filter(
    ({ node, path, source }) =>
      canonical(path) === 'assistants.create' && ts.isCallExpression(node) && !isTestFile(source, root),
  );
  const [create] = creates;
  const [only] = found.values();
  if (creates.length !== 1 || found.size !== 1 || !create || !only || only.filledFrom) return;
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
