/**
 * Version 1 of the API in code that calls version 2: `retrieval` is `file_search`, `file_ids` are tool resources of an
 * assistant and attachments of a message, and the header says `v2`.
 */
import { ts } from 'ts-morph';
import { canonical } from '../detect/methods.ts';
import type { Path, Tracer } from '../flow/values.ts';
import { EACH } from '../flow/values.ts';
import type { Edit, Rewrite } from '../source/edits.ts';
import { propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { type Remark, textOf } from './outcome.ts';

/** A rewrite may land in another file than the call: a tool list is often a constant elsewhere. */
export interface V1Outcome {
  rewrites: { source: Source; rewrite: Rewrite }[];
  remarks: Remark[];
}

type ToolType = 'code_interpreter' | 'file_search';

/** Where bodies with tools, and bodies of messages, are in a method's arguments. */
const TOOL_BODIES: Record<string, { argument: number; path: Path }> = {
  'assistants.create': { argument: 0, path: [] },
  'assistants.update': { argument: 1, path: [] },
  'threads.runs.create': { argument: 1, path: [] },
  'threads.runs.stream': { argument: 1, path: [] },
  'threads.runs.createAndPoll': { argument: 1, path: [] },
  'threads.runs.createAndStream': { argument: 1, path: [] },
  'threads.createAndRun': { argument: 0, path: [] },
  'threads.createAndRunPoll': { argument: 0, path: [] },
  'threads.createAndRunStream': { argument: 0, path: [] },
};
const MESSAGE_BODIES: Record<string, { argument: number; path: Path }> = {
  'threads.messages.create': { argument: 1, path: [] },
  'threads.create': { argument: 0, path: ['messages', EACH] },
  'threads.runs.create': { argument: 1, path: ['additional_messages', EACH] },
  'threads.runs.stream': { argument: 1, path: ['additional_messages', EACH] },
  'threads.createAndRun': { argument: 0, path: ['thread', 'messages', EACH] },
  'threads.createAndRunPoll': { argument: 0, path: ['thread', 'messages', EACH] },
  'threads.createAndRunStream': { argument: 0, path: ['thread', 'messages', EACH] },
};

/** `OpenAI-Beta: assistants=v1` wherever it is written as a header. */
export function upgradeHeaders(source: Source): Rewrite[] {
  return source.index.strings
    .filter((literal) => literal.text === 'assistants=v1' && headerName(literal) === 'openai-beta')
    .map((literal) => ({
      kind: 'assistants-v1' as const,
      at: literal.getStart(source.ast),
      message: 'version 1 of the Assistants API was retired: the header asks for version 2',
      edits: [{ start: literal.end - 3, end: literal.end - 1, text: 'v2' }],
    }));
}

function headerName(literal: ts.StringLiteralLike): string | undefined {
  const parent = literal.parent;
  if (ts.isPropertyAssignment(parent)) return propertyName(parent.name)?.toLowerCase();
  if (ts.isBinaryExpression(parent) && ts.isElementAccessExpression(parent.left)) {
    const key = parent.left.argumentExpression;
    return ts.isStringLiteralLike(key) ? key.text.toLowerCase() : undefined;
  }
  // `headers.set('OpenAI-Beta', 'assistants=v1')`, `['OpenAI-Beta', 'assistants=v1']`.
  const siblings: readonly ts.Node[] = ts.isCallExpression(parent)
    ? parent.arguments
    : ts.isArrayLiteralExpression(parent)
      ? parent.elements
      : [];
  const before = siblings[siblings.indexOf(literal) - 1];
  return before && ts.isStringLiteralLike(before) ? before.text.toLowerCase() : undefined;
}

/** The tool types that assistants of the project are given, for messages whose attachments have to name one. */
export function toolTypesOf(tracer: Tracer, call: ts.CallExpression, path: Path): Set<ToolType> {
  const found = new Set<ToolType>();
  const at = TOOL_BODIES[canonical(path)];
  const body = at && call.arguments[at.argument];
  if (!body) return found;
  for (const value of tracer.trace(body, [...at.path, 'tools', EACH, 'type'])) {
    if (value.kind !== 'literal' || !ts.isStringLiteralLike(value.node)) continue;
    if (value.node.text === 'retrieval' || value.node.text === 'file_search') found.add('file_search');
    if (value.node.text === 'code_interpreter') found.add('code_interpreter');
  }
  return found;
}

/** Brings the bodies of one call to version 2. */
export function upgradeCall(
  tracer: Tracer,
  source: Source,
  call: ts.CallExpression,
  path: Path,
  projectTools: ReadonlySet<ToolType>,
): V1Outcome {
  const outcome: V1Outcome = { rewrites: [], remarks: [] };
  const name = canonical(path);
  if (name.startsWith('assistants.files.') || name.startsWith('threads.messages.files.')) {
    outcome.remarks.push(filesRemark(source, call, path));
    return outcome;
  }
  const tools = TOOL_BODIES[name];
  const body = tools && call.arguments[tools.argument];
  if (body) {
    renameRetrieval(tracer, body, outcome);
    if (name.startsWith('assistants.')) {
      const own = toolTypesOf(tracer, call, path);
      for (const property of fileIdsIn(tracer, body, []))
        moveToResources(tracer, property, own, name, outcome);
    }
  }
  const messages = MESSAGE_BODIES[name];
  const message = messages && call.arguments[messages.argument];
  if (message) {
    for (const property of fileIdsIn(tracer, message, messages.path))
      moveToAttachments(tracer, property, projectTools, outcome);
  }
  return outcome;
}

function renameRetrieval(tracer: Tracer, body: ts.Expression, outcome: V1Outcome): void {
  for (const value of tracer.trace(body, ['tools', EACH, 'type'])) {
    if (value.kind !== 'literal' || !ts.isStringLiteralLike(value.node) || value.node.text !== 'retrieval')
      continue;
    const source = tracer.sources.of(value.node);
    const start = value.node.getStart(source.ast);
    push(outcome, source, start, '`retrieval` is `file_search` in version 2', {
      start: start + 1,
      end: value.node.end - 1,
      text: 'file_search',
    });
  }
}

type FileIds = ts.PropertyAssignment | ts.ShorthandPropertyAssignment;

/** `file_ids` properties of the object literals that an argument may be. */
function fileIdsIn(tracer: Tracer, body: ts.Expression, path: Path): FileIds[] {
  const found = new Set<FileIds>();
  for (const value of tracer.trace(body, path)) {
    if (value.kind !== 'object') continue;
    for (const property of value.node.properties) {
      if (propertyName(property.name) !== 'file_ids') continue;
      if (ts.isPropertyAssignment(property) || ts.isShorthandPropertyAssignment(property))
        found.add(property);
    }
  }
  return [...found];
}

function valueText(source: Source, property: FileIds): string {
  return ts.isPropertyAssignment(property) ? textOf(source, property.initializer) : 'file_ids';
}

function asProperty(value: string): string {
  return value === 'file_ids' ? value : `file_ids: ${value}`;
}

/** `file_ids` of an assistant become tool resources of the tools that it has. */
function moveToResources(
  tracer: Tracer,
  property: FileIds,
  tools: ReadonlySet<ToolType>,
  method: string,
  outcome: V1Outcome,
): void {
  const source = tracer.sources.of(property);
  const value = valueText(source, property);
  const start = property.getStart(source.ast);
  const has = property.parent.properties.some((each) => propertyName(each.name) === 'tool_resources');
  const stores = method === 'assistants.update' && tools.has('file_search');
  if (has || stores || (tools.size === 0 && value !== '[]')) {
    outcome.remarks.push({
      source,
      at: start,
      code: 'assistants-v1',
      severity: 'action',
      message: stores
        ? '`file_ids` of an assistant with file search became a vector store in version 2, and an update takes only the id of one that exists.'
        : '`file_ids` of an assistant became `tool_resources` in version 2, and the code does not say which tool these files are for.',
      help: stores
        ? 'Make the store first: `const store = await client.vectorStores.create({ file_ids })`, then `tool_resources: { file_search: { vector_store_ids: [store.id] } }`.'
        : 'Write `tool_resources: { code_interpreter: { file_ids } }`, or `{ file_search: { vector_stores: [{ file_ids }] } }`.',
    });
    return;
  }
  const resources: string[] = [];
  if (value !== '[]') {
    if (tools.has('code_interpreter')) resources.push(`code_interpreter: { ${asProperty(value)} }`);
    if (tools.has('file_search'))
      resources.push(`file_search: { vector_stores: [{ ${asProperty(value)} }] }`);
  }
  const text = resources.length > 0 ? `tool_resources: { ${resources.join(', ')} }` : 'tool_resources: {}';
  push(outcome, source, start, '`file_ids` of an assistant are `tool_resources` in version 2', {
    start,
    end: property.end,
    text,
  });
}

/** `file_ids` of a message become attachments, for the tools that the project's assistants have. */
function moveToAttachments(
  tracer: Tracer,
  property: FileIds,
  tools: ReadonlySet<ToolType>,
  outcome: V1Outcome,
): void {
  const source = tracer.sources.of(property);
  const start = property.getStart(source.ast);
  const types: ToolType[] = tools.size > 0 ? [...tools].sort() : ['code_interpreter', 'file_search'];
  const list = `[${types.map((type) => `{ type: '${type}' }`).join(', ')}]`;
  const initializer = ts.isPropertyAssignment(property) ? property.initializer : undefined;
  let value: string;
  if (
    initializer &&
    ts.isArrayLiteralExpression(initializer) &&
    !initializer.elements.some((each) => ts.isSpreadElement(each))
  ) {
    const items = initializer.elements.map((each) => {
      const id = textOf(source, each);
      return `{ ${id === 'file_id' ? id : `file_id: ${id}`}, tools: ${list} }`;
    });
    value = `[${items.join(', ')}]`;
  } else {
    const ids = valueText(source, property);
    const isSimple =
      !initializer ||
      ts.isIdentifier(initializer) ||
      ts.isPropertyAccessExpression(initializer) ||
      ts.isCallExpression(initializer);
    value = `${isSimple ? ids : `(${ids})`}.map((file_id) => ({ file_id, tools: ${list} }))`;
  }
  push(outcome, source, start, '`file_ids` of a message are `attachments` in version 2', {
    start,
    end: property.end,
    text: `attachments: ${value}`,
  });
}

function push(outcome: V1Outcome, source: Source, at: number, message: string, edit: Edit): void {
  outcome.rewrites.push({ source, rewrite: { kind: 'assistants-v1', at, message, edits: [edit] } });
}

function filesRemark(source: Source, call: ts.CallExpression, path: Path): Remark {
  const ofMessage = path.includes('messages');
  return {
    source,
    at: call.getStart(source.ast),
    code: 'assistants-v1',
    severity: 'action',
    message: `\`${path.join('.')}\` went with version 1 of the API: files are attached otherwise since.`,
    help: ofMessage
      ? 'Read `message.attachments` instead.'
      : 'For code interpreter, update `tool_resources.code_interpreter.file_ids` of the assistant; for file search, use `client.vectorStores.files` of its vector store.',
  };
}
