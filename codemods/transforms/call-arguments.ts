/**
 * Positional ids (SDK 4) to ids in an object (SDK 5 and later), and back, by the version that is installed
 * (docs/contracts/openai.md §5.4).
 */
import { ts } from 'ts-morph';
import { kindOf } from '../detect/evidence.ts';
import { canonical, MOVED_IDS, type MovedIds } from '../detect/methods.ts';
import type { Path, Tracer } from '../flow/values.ts';
import type { SdkVersion } from '../project/sdk-version.ts';
import type { Edit } from '../source/edits.ts';
import { bare, propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { indentAt, NOTHING, type Outcome, textOf } from './outcome.ts';

const REQUEST_OPTIONS = new Set([
  'headers',
  'signal',
  'timeout',
  'maxRetries',
  'idempotencyKey',
  'fetchOptions',
  'httpAgent',
  'query',
  'path',
  'stream',
  'pollIntervalMs',
  'defaultBaseURL',
]);

export function repairArguments(
  tracer: Tracer,
  source: Source,
  call: ts.CallExpression,
  path: Path,
  version: SdkVersion,
): Outcome {
  const moved = MOVED_IDS[canonical(path)];
  if (!moved) return NOTHING;
  const dialect = dialectOf(tracer, call, moved);
  const wanted = version.major >= 5 ? 'object' : 'positional';
  if (dialect === wanted) return NOTHING;
  const name = path.join('.');
  if (dialect === 'named-only' || (dialect === 'unknown' && wanted === 'object')) {
    return {
      remark: {
        at: call.getStart(source.ast),
        code: 'ambiguous-arguments',
        severity: 'action',
        message: `\`${name}\` is called with arguments that fit no version of the SDK for certain (openai ${version.text} is used here).`,
        help: `With openai ${version.major} write ${signature(path, moved, wanted)}.`,
      },
    };
  }
  if (dialect === 'unknown') return NOTHING;
  const edits = wanted === 'object' ? toObject(source, call, moved) : toPositional(source, call, moved);
  if (!edits) return NOTHING;
  return {
    rewrite: {
      kind: 'call-arguments',
      at: call.getStart(source.ast),
      message: `arguments of \`${name}\` as openai ${version.major} takes them: ${signature(path, moved, wanted)}`,
      edits,
    },
  };
}

type Dialect = 'positional' | 'object' | 'named-only' | 'unknown';

function dialectOf(tracer: Tracer, call: ts.CallExpression, moved: MovedIds): Dialect {
  const given = call.arguments;
  const idCount = moved.ids.length;
  if (given.some((argument) => ts.isSpreadElement(argument))) return 'unknown';
  const [first, second, third] = given;
  if (!first) return 'unknown';
  if (ts.isObjectLiteralExpression(bare(first))) return 'named-only';
  if (!second) return 'unknown';
  const secondKind = kindOf(tracer, second);
  if (secondKind === 'object') {
    const literal = bare(second);
    if (!ts.isObjectLiteralExpression(literal)) return 'object';
    const names = literal.properties.map((property) => propertyName(property.name));
    return names.includes(moved.ids[0]) ||
      literal.properties.some((property) => ts.isSpreadAssignment(property))
      ? 'object'
      : 'unknown';
  }
  if (secondKind === 'id') return given.length >= idCount ? 'positional' : 'unknown';
  // `submitToolOutputs(a, b, { tool_outputs })`: a third argument with a body's keys leaves only one reading.
  if (third && moved.body === 'merged' && idCount === 2 && isBody(third)) return 'positional';
  return 'unknown';
}

function isBody(argument: ts.Expression): boolean {
  const literal = bare(argument);
  if (!ts.isObjectLiteralExpression(literal) || literal.properties.length === 0) return false;
  return literal.properties.some((property) => {
    const name = propertyName(property.name);
    return name !== undefined && !REQUEST_OPTIONS.has(name);
  });
}

/** `(a, b, body?, options?)` → `(b, { thread_id: a, ...body }, options?)`. */
function toObject(source: Source, call: ts.CallExpression, moved: MovedIds): Edit[] | undefined {
  const count = moved.ids.length;
  const ids = call.arguments.slice(0, count);
  const kept = ids[count - 1];
  const firstArgument = ids[0];
  if (!kept || !firstArgument) return undefined;
  const named = ids.slice(0, -1).map((id, index) => member(moved.ids[index] ?? '', textOf(source, id)));
  const body = call.arguments[count];
  const merges = moved.body === 'merged' && body !== undefined && !isOptions(body);

  const edits: Edit[] = [replace(source, firstArgument, textOf(source, kept))];
  if (!merges) {
    const second = ids[1];
    if (!second) return undefined;
    edits.push(replace(source, second, `{ ${named.join(', ')} }`));
    for (let index = 2; index < count; index += 1) edits.push(removeArgument(call, index));
    return edits;
  }
  for (let index = 1; index < count; index += 1) edits.push(removeArgument(call, index));
  const literal = bare(body);
  if (!ts.isObjectLiteralExpression(literal)) {
    edits.push(replace(source, body, `{ ${[...named, `...${spreadable(source, body)}`].join(', ')} }`));
    return edits;
  }
  edits.push(insertMembers(source, literal, named));
  return edits;
}

/** `(b, { thread_id: a, ...body }, options?)` → `(a, b, body?, options?)`. */
function toPositional(source: Source, call: ts.CallExpression, moved: MovedIds): Edit[] | undefined {
  const [last, object] = call.arguments;
  if (!last || !object) return undefined;
  const literal = bare(object);
  if (!ts.isObjectLiteralExpression(literal)) return undefined;
  const values: string[] = [];
  const rest: string[] = [];
  const names = moved.ids.slice(0, -1);
  for (const name of names) {
    const property = literal.properties.find((each) => propertyName(each.name) === name);
    if (!property) return undefined;
    if (ts.isPropertyAssignment(property)) values.push(textOf(source, property.initializer));
    else if (ts.isShorthandPropertyAssignment(property)) values.push(name);
    else return undefined;
  }
  for (const property of literal.properties) {
    if (!names.includes(propertyName(property.name) ?? '')) rest.push(textOf(source, property));
  }
  const positional = [...values, textOf(source, last)];
  const edits = [replace(source, last, positional.slice(0, 1).join(''))];
  const tail = positional.slice(1);
  if (rest.length > 0) tail.push(`{ ${rest.join(', ')} }`);
  edits.push(replace(source, object, tail.join(', ')));
  return edits;
}

function isOptions(argument: ts.Expression): boolean {
  const literal = bare(argument);
  if (!ts.isObjectLiteralExpression(literal) || literal.properties.length === 0) return false;
  return literal.properties.every((property) => {
    const name = propertyName(property.name);
    // `stream` is a key of bodies as well, and there it decides what comes back.
    return name !== undefined && name !== 'stream' && REQUEST_OPTIONS.has(name);
  });
}

function member(name: string, value: string): string {
  return name === value ? name : `${name}: ${value}`;
}

/** The text of an expression after `...`. */
function spreadable(source: Source, node: ts.Expression): string {
  const text = textOf(source, node);
  return ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)
    ? text
    : `(${text})`;
}

function replace(source: Source, node: ts.Node, text: string): Edit {
  return { start: node.getStart(source.ast), end: node.end, text };
}

/** Takes an argument out together with what separates it from the one before. */
function removeArgument(call: ts.CallExpression, index: number): Edit {
  const before = call.arguments[index - 1];
  const argument = call.arguments[index];
  return { start: before?.end ?? 0, end: argument?.end ?? 0, text: '' };
}

/** Puts members first into an object literal, in the shape that the literal has. */
export function insertMembers(
  source: Source,
  literal: ts.ObjectLiteralExpression,
  members: readonly string[],
): Edit {
  const open = literal.getStart(source.ast) + 1;
  const [first] = literal.properties;
  if (!first) {
    return { start: open, end: literal.end - 1, text: ` ${members.join(', ')} ` };
  }
  const start = first.getStart(source.ast);
  const between = source.text.slice(open, start);
  if (!between.includes('\n')) {
    return {
      start: open,
      end: open,
      text: `${between === '' ? '' : ' '}${members.join(', ')},${between === '' ? ' ' : ''}`,
    };
  }
  const eol = between.includes('\r\n') ? '\r\n' : '\n';
  const indent = indentAt(source.text, start);
  return { start: open, end: open, text: members.map((each) => `${eol}${indent}${each},`).join('') };
}

function signature(path: Path, moved: MovedIds, dialect: 'positional' | 'object'): string {
  const method = path.at(-1) ?? '';
  const ids = [...moved.ids];
  if (dialect === 'positional')
    return `\`${method}(${[...ids, ...(moved.body === 'merged' ? ['body'] : [])].join(', ')})\``;
  const last = ids.pop() ?? '';
  return `\`${method}(${last}, { ${[...ids, ...(moved.body === 'merged' ? ['...body'] : [])].join(', ')} })\``;
}
