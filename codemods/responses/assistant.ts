/** An assistant whose configuration is in sight becomes a constant: what `responses.create` is given each time. */
import { ts } from 'ts-morph';
import type { Edit } from '../source/edits.ts';
import { bare } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { assigned, type Kept, keptIn, propertiesOf } from './code.ts';
import { Stays } from './stays.ts';

/** Parameters that mean the same to a response. */
const SAME = new Set(['model', 'instructions', 'temperature', 'top_p']);
/** What only a stored assistant has. */
const DROPPED = new Set(['name', 'description', 'metadata']);

export interface Assistant {
  kept: Kept;
  create: ts.CallExpression;
  /** Turns the call into the constant. */
  edits: Edit[];
  /** Has tools that the provider carries out, so that one answer may come in several messages. */
  hosted: boolean;
}

/** @param create the call of `assistants.create`. @throws Stays where the configuration is not known, or has no counterpart. */
export function assistantOf(source: Source, create: ts.CallExpression): Assistant {
  const kept = keptIn(create);
  if (!kept) throw new Stays('its assistant is not kept in a constant of its own that is not exported');
  const [body] = create.arguments;
  if (!body || create.arguments.length !== 1)
    throw new Stays('its assistant is created with options for the request');
  const properties = propertiesOf(body, "its assistant's configuration");
  const text = (node: ts.Node): string => source.text.slice(node.getStart(source.ast), node.end);
  const resources = resourcesOf(properties.get('tool_resources'), text);
  const edits: Edit[] = [];
  const kinds = new Set<string>();
  const isKept = (name: string): boolean => SAME.has(name) || name === 'tools';
  for (const [name, property] of properties) {
    if (name === 'tools') {
      edits.push(...toolEdits(source, assigned(property), resources, kinds));
    } else if (DROPPED.has(name)) {
      if (doesSomething(property))
        throw new Stays(`the ${name} of its assistant, for which there is no place, is computed`);
    } else if (!SAME.has(name) && name !== 'tool_resources') {
      throw new Stays(`its assistant has \`${name}\``);
    }
  }
  if (!properties.has('model')) throw new Stays('its assistant has no model');
  for (const kind of Object.keys(resources)) {
    if (!kinds.has(kind)) throw new Stays(`its assistant has files for ${kind}, but not the tool`);
  }
  const object = bare(body);
  const names = [...properties.keys()];
  const nodes = [...properties.values()];
  edits.push(...dropped(source, names, nodes, isKept));
  const awaited = create.parent;
  edits.push({ start: awaited.getStart(source.ast), end: object.getStart(source.ast), text: '' });
  edits.push({ start: object.end, end: awaited.end, text: '' });
  return { kept, create, edits, hosted: kinds.size > 0 };
}

/** `tool_resources` as texts: the ids of vector stores, and of files for code interpreter. */
function resourcesOf(
  property: ts.PropertyAssignment | ts.ShorthandPropertyAssignment | undefined,
  text: (node: ts.Node) => string,
): Record<string, string> {
  if (!property) return {};
  const found: Record<string, string> = {};
  const ids: Record<string, string> = { file_search: 'vector_store_ids', code_interpreter: 'file_ids' };
  for (const [tool, value] of propertiesOf(assigned(property), "its assistant's `tool_resources`")) {
    const inside = propertiesOf(assigned(value), `its assistant's \`tool_resources.${tool}\``);
    const list = inside.get(ids[tool] ?? '');
    if (!list || inside.size !== 1) throw new Stays(`its assistant has other resources for ${tool} than ids`);
    if (doesSomething(list)) throw new Stays(`its assistant's resources for ${tool} are computed`);
    found[tool] = text(assigned(list));
  }
  return found;
}

function toolEdits(
  source: Source,
  expression: ts.Expression,
  resources: Readonly<Record<string, string>>,
  kinds: Set<string>,
): Edit[] {
  const list = bare(expression);
  if (!ts.isArrayLiteralExpression(list))
    throw new Stays("its assistant's tools are not written out where it is created");
  // In a constant of its own the literal would be taken for any string.
  const exact = /\.[mc]?tsx?$/.test(source.path) ? ' as const' : '';
  return list.elements.map((element) => {
    const tool = propertiesOf(element, "one of its assistant's tools");
    const type = tool.get('type');
    const literal = type && bare(assigned(type));
    const kind = literal && ts.isStringLiteralLike(literal) ? literal.text : undefined;
    if (kind === 'function')
      throw new Stays(
        'its assistant has functions: a run waits for their outputs (`requires_action`), a response ends with the calls',
      );
    if (tool.size !== 1 || !literal || kind === undefined || kinds.has(kind))
      throw new Stays("one of its assistant's tools has settings of its own");
    kinds.add(kind);
    const typed = `type: ${source.text.slice(literal.getStart(source.ast), literal.end)}${exact}`;
    const whole = { start: element.getStart(source.ast), end: element.end };
    const ids = resources[kind];
    if (kind === 'code_interpreter') {
      const quote = source.text.charAt(literal.getStart(source.ast));
      const files = ids === undefined ? '' : `, file_ids: ${ids}`;
      return {
        ...whole,
        text: `{ ${typed}, container: { type: ${quote}auto${quote}${exact}${files} } }`,
      };
    }
    if (kind !== 'file_search') throw new Stays(`its assistant has the tool \`${kind}\``);
    if (ids === undefined) throw new Stays('its assistant searches files without naming a vector store');
    return { ...whole, text: `{ ${typed}, vector_store_ids: ${ids} }` };
  });
}

/** Takes properties away with their commas. */
function dropped(
  source: Source,
  names: readonly string[],
  nodes: readonly ts.ObjectLiteralElementLike[],
  isKept: (name: string) => boolean,
): Edit[] {
  const edits: Edit[] = [];
  const last = names.findLastIndex(isKept);
  for (const [index, node] of nodes.entries()) {
    if (isKept(names[index] ?? '') || index > last) continue;
    const next = nodes[index + 1];
    if (!next) continue;
    edits.push({ start: node.getStart(source.ast), end: next.getStart(source.ast), text: '' });
  }
  const lastKept = nodes[last];
  const lastNode = nodes.at(-1);
  if (lastKept && lastNode && lastKept !== lastNode)
    edits.push({ start: lastKept.end, end: lastNode.end, text: '' });
  return edits;
}

/** Whether leaving an expression out could leave out something that it does. */
function doesSomething(node: ts.Node): boolean {
  if (
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isAwaitExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    ts.isPostfixUnaryExpression(node) ||
    ts.isYieldExpression(node)
  )
    return true;
  return ts.forEachChild(node, (child) => doesSomething(child) || undefined) ?? false;
}
