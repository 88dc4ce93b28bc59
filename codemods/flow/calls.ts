/** What calls and constructions give: their function's result, a module, a client. */
import { ts } from 'ts-morph';
import { bare, lastName } from '../source/parse.ts';
import { expandSpecifier } from './imports.ts';
import { extendsClient } from './inheritance.ts';
import { writtenByFunction } from './members.ts';
import { isClientClass, throughOptions } from './openai.ts';
import { registered } from './providers.ts';
import { lookup } from './scope.ts';
import { CALL, EACH, type Expanded, NEW, type Path, type Step, type Tracer, type Value } from './values.ts';

/** Members of promises, arrays and functions that hand on what they are called on or given. */
const THROUGH_ARGUMENT = new Set(['then', 'resolve']);
const THROUGH_RECEIVER = new Set(['catch', 'finally', 'filter', 'slice', 'concat', 'reverse']);
const ELEMENT_OF_RECEIVER = new Set(['find', 'at', 'pop', 'shift', 'get']);

export function expandCall(tracer: Tracer, node: ts.CallExpression, path: Path, step: Step): Expanded {
  const callee = bare(node.expression);
  const [first] = node.arguments;

  if (
    callee.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(callee) && callee.text === 'require' && !lookup(callee))
  ) {
    if (first && ts.isStringLiteralLike(first)) expandSpecifier(tracer, first.text, node, path, step);
    return;
  }
  if (isWithAssistants(tracer, callee)) {
    step.emit({ kind: 'wrapped', node, path: throughOptions(path) });
    return;
  }
  if (ts.isPropertyAccessExpression(callee) && expandMethod(tracer, node, callee, path, step)) return;

  step.push(node.expression, [CALL, ...path]);
  // What a foreign function does with a client or a factory is unknown, but `wrapOpenAI(client)`, `cache(getClient)` and
  // `useMemo(() => new OpenAI())` all give the client that they are given.
  if (path.length > 0 && !path.includes('beta')) return;
  const foreign = tracer.trace(node.expression).some((value) => value.kind === 'external');
  if (!foreign) return;
  if (path.length === 0) step.emit({ kind: 'called', node });
  else throughArguments(node, path, step);
}

function throughArguments(node: ts.CallExpression, path: Path, step: Step): Expanded {
  for (const argument of node.arguments) {
    const inner = bare(argument);
    if (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner)) {
      step.push(inner, path[0] === CALL ? path : [CALL, ...path]);
    } else if (
      ts.isIdentifier(inner) ||
      ts.isNewExpression(inner) ||
      ts.isCallExpression(inner) ||
      ts.isPropertyAccessExpression(inner)
    ) {
      step.push(inner, path);
    }
  }
}

/** `withAssistants` of rethread, under whatever name it was imported. */
export function isWithAssistants(tracer: Tracer, callee: ts.Expression): boolean {
  const { specifiers } = tracer.sources.of(callee).index;
  const mayBe = /withAssistants/i.test(lastName(callee) ?? '') || specifiers.some(isRethread);
  if (!mayBe || (!ts.isIdentifier(callee) && !ts.isPropertyAccessExpression(callee))) return false;
  return tracer
    .trace(callee)
    .some(
      (value) =>
        value.kind === 'external' && isRethread(value.specifier) && value.path.includes('withAssistants'),
    );
}

export function isRethread(specifier: string): boolean {
  return /^(?:npm:)?rethread(?:@[^/]*)?$/.test(specifier);
}

/** Methods with a meaning of their own. True when the call has been dealt with. */
function expandMethod(
  tracer: Tracer,
  node: ts.CallExpression,
  callee: ts.PropertyAccessExpression,
  path: Path,
  step: Step,
): boolean {
  const name = callee.name.text;
  const receiver = bare(callee.expression);
  const [first] = node.arguments;
  const on = ts.isIdentifier(receiver) && !lookup(receiver) ? receiver.text : undefined;

  if (on === 'Promise' && (name === 'all' || name === 'resolve' || name === 'race' || name === 'any')) {
    if (first) step.push(first, name === 'race' || name === 'any' ? [EACH, ...path] : path);
    return true;
  }
  if (on === 'Object' && (name === 'assign' || name === 'freeze' || name === 'seal')) {
    for (const argument of node.arguments) step.push(argument, path);
    return true;
  }
  if (name === 'require' && on === 'module' && first && ts.isStringLiteralLike(first)) {
    expandSpecifier(tracer, first.text, node, path, step);
    return true;
  }
  const environment = environmentName(callee, first);
  if (environment !== undefined && path.length === 0) {
    step.emit({ kind: 'env', name: environment, node });
    return true;
  }
  if (first && (name === 'get' || name === 'resolve' || name === 'inject')) {
    const values = registered(tracer, first);
    for (const value of values) step.push(value.node, [...value.prefix, ...path]);
    if (values.length > 0) return true;
  }
  if (name === 'bind') {
    step.push(callee.expression, path);
    return true;
  }
  if (THROUGH_ARGUMENT.has(name) && first && (ts.isArrowFunction(first) || ts.isFunctionExpression(first))) {
    step.push(first, [CALL, ...path]);
    return true;
  }
  if (THROUGH_RECEIVER.has(name)) {
    step.push(callee.expression, path);
    return false;
  }
  if (ELEMENT_OF_RECEIVER.has(name)) step.push(callee.expression, [EACH, ...path]);
  return false;
}

/** `Deno.env.get('NAME')`, `configService.get<string>('NAME')`. */
function environmentName(
  callee: ts.PropertyAccessExpression,
  first: ts.Expression | undefined,
): string | undefined {
  if (!first || !ts.isStringLiteralLike(first) || !/^[A-Z][A-Z0-9_]+$/.test(first.text)) return undefined;
  if (callee.name.text !== 'get' && callee.name.text !== 'getOrThrow') return undefined;
  return /(?:\benv|config\w*)$/i.test(callee.expression.getText()) ? first.text : undefined;
}

export function expandNew(tracer: Tracer, node: ts.NewExpression, path: Path, step: Step): Expanded {
  const classes = tracer.trace(node.expression);
  const asked = throughOptions(path);
  let known = false;
  for (const value of classes) {
    if (isClientClass(value)) {
      known = true;
      emitClient(tracer, node, asked, false, step);
    } else if (value.kind === 'class') {
      known = true;
      const declares = asked[0] !== undefined && memberNames(value.node).has(asked[0]);
      if (!declares && extendsClient(tracer, value.node)) emitClient(tracer, node, asked, true, step);
      else step.push(value.node, [NEW, ...path]);
    } else if (value.kind === 'function') {
      known = true;
      const [name, ...rest] = path;
      if (name === undefined) continue;
      const body = value.node as ts.FunctionLikeDeclaration;
      for (const written of writtenByFunction(tracer, body, name)) step.push(written, rest);
    } else if (value.kind === 'external' && value.specifier === 'global' && value.path[0] === 'Proxy') {
      known = true;
      const [target] = node.arguments ?? [];
      if (target) step.push(target, path);
    }
  }
  if (known) return;
  const from = classes.find((value): value is Value & { kind: 'external' } => value.kind === 'external');
  const reason = from
    ? `it is an object of \`${from.specifier === 'global' ? from.path.join('.') : from.specifier}\``
    : 'its class is not known';
  step.emit({ kind: 'unknown', node, path, reason });
}

/** A client that is made; in `withAssistants(new OpenAI())` it is the call's, by whichever way it was reached. */
function emitClient(
  tracer: Tracer,
  node: ts.NewExpression,
  path: Path,
  subclass: boolean,
  step: Step,
): Expanded {
  let outer: ts.Node = node.parent;
  while (ts.isParenthesizedExpression(outer) || ts.isAsExpression(outer)) outer = outer.parent;
  if (ts.isCallExpression(outer) && isWithAssistants(tracer, bare(outer.expression)))
    return step.emit({ kind: 'wrapped', node: outer, path });
  step.emit({ kind: 'client', node, path, subclass });
}

function memberNames(node: ts.ClassLikeDeclaration): Set<string> {
  return new Set(
    node.members.map((member) => (member.name && ts.isIdentifier(member.name) ? member.name.text : '')),
  );
}
