/**
 * Value flow, backwards: from an expression to everything it may come from, over variables, properties, calls, classes,
 * modules and parameters, in one file or many. It is a reachability search over (node, path) states, so it ends on
 * cycles, forgets order and takes every branch: it may find too much, which a wrapped client doesn't mind.
 */
import { ts } from 'ts-morph';
import type { Packages } from '../project/packages.ts';
import { bare, isExportsObject, propertyName } from '../source/parse.ts';
import type { Sources } from '../source/sources.ts';
import { argumentsFor } from './callers.ts';
import { expandCall, expandNew } from './calls.ts';
import { describeFunction, isFunction, returnedBy } from './functions.ts';
import { expandModule, expandSpecifier } from './imports.ts';
import { expandClass, expandObject, ownerOfThis } from './members.ts';
import type { Modules } from './modules.ts';
import { injected } from './providers.ts';
import { type Declaration, lookup } from './scope.ts';
import { expandType } from './types.ts';
import { CALL, EACH, type Expanded, NEW, type Path, type Step, type Tracer, type Value } from './values.ts';

/** States that one question may visit before it is given up. Real questions visit a few dozen. */
const BUDGET = 4000;

export class Flow implements Tracer {
  readonly sources: Sources;
  readonly modules: Modules;
  readonly packages: Packages;
  readonly wanted = new Set<string>();
  readonly #memo = new Map<ts.Node, Map<string, readonly Value[]>>();
  readonly #open = new Set<string>();
  readonly #ids = new Map<ts.Node, number>();

  constructor(sources: Sources, modules: Modules, packages: Packages) {
    this.sources = sources;
    this.modules = modules;
    this.packages = packages;
  }

  want(word: string): void {
    this.wanted.add(word);
  }

  trace(node: ts.Node, path: Path = []): readonly Value[] {
    const pathKey = path.join('\0');
    const known = this.#memo.get(node)?.get(pathKey);
    if (known) return known;
    const question = this.#key(node, path);
    // A question that comes up again while it is being answered adds nothing to its own answer.
    if (this.#open.has(question)) return [];
    this.#open.add(question);
    const values = this.#search(node, path);
    this.#open.delete(question);
    if (this.#open.size === 0 || path.length === 0) {
      const byPath = this.#memo.get(node) ?? new Map<string, readonly Value[]>();
      byPath.set(pathKey, values);
      this.#memo.set(node, byPath);
    }
    return values;
  }

  #key(node: ts.Node, path: Path): string {
    let id = this.#ids.get(node);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(node, id);
    }
    return `${id} ${path.join('\0')}`;
  }

  #search(start: ts.Node, startPath: Path): Value[] {
    const values = new Map<string, Value>();
    const seen = new Set<string>();
    const queue: [ts.Node, Path][] = [];
    const step: Step = {
      push: (node, path) => {
        // A path that only grows comes from a recursive structure; nothing real is that deep.
        if (path.length > 16) return;
        const key = this.#key(node, path);
        if (seen.has(key)) return;
        seen.add(key);
        queue.push([node, path]);
      },
      emit: (value) => {
        const path = 'path' in value ? value.path : [];
        values.set(`${value.kind} ${this.#key(value.node, path)}`, value);
      },
    };
    step.push(start, startPath);
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (seen.size > BUDGET) {
        step.emit({
          kind: 'unknown',
          node: start,
          path: startPath,
          reason: 'there are too many ways that lead here',
        });
        break;
      }
      expand(this, next[0], next[1], step);
    }
    return [...values.values()];
  }
}

function expand(tracer: Tracer, node: ts.Node, path: Path, step: Step): Expanded {
  const unknown = (reason: string): Expanded => step.emit({ kind: 'unknown', node, path, reason });

  if (ts.isSourceFile(node)) return expandModule(tracer, node, path, step);
  if (ts.isClassLike(node)) return expandClass(tracer, node, path, step);
  if (isFunction(node)) return expandFunction(tracer, node, path, step);
  if (isDeclaration(node)) return expandDeclaration(tracer, node, path, step);
  if (ts.isShorthandPropertyAssignment(node)) return step.push(node.name, path);
  if (!isExpression(node)) return unknown('this is not an expression');

  const inner = bare(node);
  if (inner !== node) {
    if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node))
      typeHint(tracer, node.type, path, step);
    return step.push(inner, path);
  }
  if (ts.isIdentifier(node)) return expandIdentifier(tracer, node, path, step);
  if (ts.isAwaitExpression(node)) return step.push(node.expression, path);
  if (ts.isPropertyAccessExpression(node))
    return expandAccess(node, node.expression, node.name.text, path, step);
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    const name = ts.isStringLiteralLike(key) || ts.isNumericLiteral(key) ? key.text : EACH;
    return expandAccess(node, node.expression, name, path, step);
  }
  if (ts.isCallExpression(node)) return expandCall(tracer, node, path, step);
  if (ts.isNewExpression(node)) return expandNew(tracer, node, path, step);
  if (ts.isObjectLiteralExpression(node)) return expandObject(node, path, step);
  if (ts.isArrayLiteralExpression(node)) return expandArray(node, path, step);
  if (ts.isConditionalExpression(node)) {
    step.push(node.whenTrue, path);
    return step.push(node.whenFalse, path);
  }
  if (ts.isBinaryExpression(node)) return expandBinary(node, path, step);
  if (node.kind === ts.SyntaxKind.ThisKeyword) {
    const owner = ownerOfThis(node);
    if (!owner) return unknown('`this` belongs to no class or object that can be followed');
    return step.push(
      owner.node,
      owner.isStatic || ts.isObjectLiteralExpression(owner.node) ? path : [NEW, ...path],
    );
  }
  if (node.kind === ts.SyntaxKind.SuperKeyword) {
    const owner = ownerOfThis(node);
    const base = owner && ts.isClassLike(owner.node) ? baseOf(owner.node) : undefined;
    return base ? step.push(base, [NEW, ...path]) : unknown('`super` without a base class');
  }
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isNumericLiteral(node)) {
    return step.emit({ kind: 'literal', node });
  }
  if (isNothing(node)) return;
  unknown('this kind of expression is not followed');
}

function baseOf(node: ts.ClassLikeDeclaration): ts.Expression | undefined {
  const clause = node.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ExtendsKeyword);
  return clause?.types[0]?.expression;
}

function isNothing(node: ts.Node): boolean {
  return (
    node.kind === ts.SyntaxKind.NullKeyword ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    ts.isVoidExpression(node) ||
    ts.isRegularExpressionLiteral(node)
  );
}

function isExpression(node: ts.Node): node is ts.Expression {
  return ts.isExpression(node);
}

function isDeclaration(node: ts.Node): node is Declaration {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node) ||
    ts.isImportClause(node) ||
    ts.isImportSpecifier(node) ||
    ts.isNamespaceImport(node) ||
    ts.isImportEqualsDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isTypeParameterDeclaration(node)
  );
}

function expandAccess(node: ts.Node, base: ts.Expression, name: string, path: Path, step: Step): Expanded {
  const inner = bare(base);
  const environment =
    (ts.isPropertyAccessExpression(inner) &&
      inner.name.text === 'env' &&
      /^(?:process|import\.meta|Bun)$/.test(inner.expression.getText())) ||
    (ts.isIdentifier(inner) && inner.text === 'env' && /^[A-Z][A-Z0-9_]+$/.test(name));
  if (environment && path.length === 0) return step.emit({ kind: 'env', name, node });
  if (ts.isIdentifier(inner) && inner.text === 'module' && name === 'exports' && !lookup(inner)) {
    return step.push(node.getSourceFile(), path);
  }
  step.push(base, [name, ...path]);
}

function expandArray(node: ts.ArrayLiteralExpression, path: Path, step: Step): Expanded {
  const [index, ...rest] = path;
  if (index === undefined) return step.emit({ kind: 'array', node });
  const chosen =
    index === EACH ? node.elements : [node.elements[Number(index)]].filter((each) => each !== undefined);
  for (const element of chosen) {
    if (ts.isSpreadElement(element)) step.push(element.expression, [EACH, ...rest]);
    else step.push(element, rest);
  }
}

function expandBinary(node: ts.BinaryExpression, path: Path, step: Step): Expanded {
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.QuestionQuestionToken:
    case ts.SyntaxKind.BarBarToken:
      step.push(node.left, path);
      step.push(node.right, path);
      return;
    case ts.SyntaxKind.QuestionQuestionEqualsToken:
    case ts.SyntaxKind.BarBarEqualsToken:
      step.push(node.left, path);
      step.push(node.right, path);
      return;
    case ts.SyntaxKind.AmpersandAmpersandToken:
    case ts.SyntaxKind.CommaToken:
    case ts.SyntaxKind.EqualsToken:
    case ts.SyntaxKind.AmpersandAmpersandEqualsToken:
      step.push(node.right, path);
      return;
    case ts.SyntaxKind.PlusToken:
      if (path.length === 0) step.emit({ kind: 'literal', node });
      return;
    default:
  }
}

function expandFunction(tracer: Tracer, node: ts.FunctionLikeDeclaration, path: Path, step: Step): Expanded {
  const [first, second, ...rest] = path;
  if (first === undefined) return step.emit({ kind: 'function', node });
  if (first === 'bind' && second === CALL) return step.push(node, rest);
  if (first !== CALL) return;
  const result = path.slice(1);
  for (const value of returnedBy(node)) step.push(value, result);
  if (node.type) typeHint(tracer, node.type, result, step);
}

/** The declared type of a place: it tells that something is a client even where nobody can say which. */
function typeHint(tracer: Tracer, type: ts.TypeNode | undefined, path: Path, step: Step): Expanded {
  if (type) expandType(tracer, type, path, step);
}

function expandIdentifier(tracer: Tracer, node: ts.Identifier, path: Path, step: Step): Expanded {
  if (node.text === 'undefined') return;
  const binding = lookup(node);
  if (!binding) {
    if (isExportsObject(node)) return step.push(node.getSourceFile(), path);
    return step.emit({ kind: 'external', specifier: 'global', path: [node.text, ...path], node });
  }
  for (const declaration of binding.declarations) step.push(declaration, path);
  const { index } = tracer.sources.of(binding.scope);
  for (const assignment of index.assignments.get(binding.name) ?? []) {
    if (lookup(assignment.target) === binding) step.push(assignment.value, [...assignment.prefix, ...path]);
  }
  const [first, ...rest] = path;
  if (first === undefined) return;
  const isOn = (target: ts.Expression | undefined): boolean =>
    target !== undefined &&
    ts.isIdentifier(target) &&
    target.text === binding.name &&
    lookup(target) === binding;
  // `state.client = …` and `clients[key] = …` on this very variable.
  for (const write of index.writes.get(first) ?? []) if (isOn(write.target)) step.push(write.value, rest);
  for (const write of index.elementWrites) if (isOn(write.target)) step.push(write.value, rest);
}

function expandDeclaration(tracer: Tracer, node: Declaration, path: Path, step: Step): Expanded {
  if (ts.isVariableDeclaration(node)) return expandVariable(tracer, node, path, step);
  if (ts.isParameter(node)) return expandParameter(tracer, node, path, step);
  if (ts.isBindingElement(node)) {
    if (node.initializer) step.push(node.initializer, path);
    const { root, prefix } = destructured(node);
    return step.push(root, [...prefix, ...path]);
  }
  if (ts.isImportClause(node)) return expandImport(tracer, node.parent, ['default', ...path], step);
  if (ts.isNamespaceImport(node)) return expandImport(tracer, node.parent.parent, path, step);
  if (ts.isImportSpecifier(node)) {
    return expandImport(
      tracer,
      node.parent.parent.parent,
      [(node.propertyName ?? node.name).text, ...path],
      step,
    );
  }
  if (ts.isImportEqualsDeclaration(node)) {
    const reference = node.moduleReference;
    if (ts.isExternalModuleReference(reference) && ts.isStringLiteralLike(reference.expression)) {
      expandSpecifier(tracer, reference.expression.text, node, path, step);
    }
    return;
  }
  if (ts.isEnumDeclaration(node)) {
    const member = node.members.find((each) => propertyName(each.name) === path[0]);
    if (member?.initializer) step.push(member.initializer, path.slice(1));
    return;
  }
  step.emit({ kind: 'unknown', node, path, reason: 'a type has no value to follow' });
}

/** The variable or parameter that a destructured name comes from, and the way from there to the name. */
function destructured(element: ts.BindingElement): {
  root: ts.VariableDeclaration | ts.ParameterDeclaration;
  prefix: string[];
} {
  const prefix: string[] = [];
  let node: ts.BindingElement = element;
  for (;;) {
    const pattern = node.parent;
    if (ts.isArrayBindingPattern(pattern)) {
      prefix.unshift(node.dotDotDotToken ? EACH : String(pattern.elements.indexOf(node)));
    } else if (!node.dotDotDotToken) {
      prefix.unshift(propertyName(node.propertyName) ?? propertyName(node.name) ?? EACH);
    }
    const owner = pattern.parent;
    if (!ts.isBindingElement(owner)) return { root: owner, prefix };
    node = owner;
  }
}

function expandVariable(tracer: Tracer, node: ts.VariableDeclaration, path: Path, step: Step): Expanded {
  if (node.initializer) step.push(node.initializer, path);
  const loop = node.parent.parent;
  if (ts.isForOfStatement(loop)) step.push(loop.expression, [EACH, ...path]);
  typeHint(tracer, node.type ?? ts.getJSDocType(node), path, step);
  if (ts.isCatchClause(node.parent)) {
    step.emit({ kind: 'unknown', node, path, reason: 'it is a caught error' });
  }
}

function expandParameter(tracer: Tracer, node: ts.ParameterDeclaration, path: Path, step: Step): Expanded {
  if (node.initializer) step.push(node.initializer, path);
  typeHint(tracer, node.type ?? ts.getJSDocType(node), path, step);
  const owner = node.parent;
  let found = false;
  if (isFunction(owner)) {
    const index = owner.parameters.indexOf(node);
    for (const argument of argumentsFor(tracer, owner, index, node.dotDotDotToken !== undefined, path)) {
      found = true;
      step.push(argument.node, [...argument.prefix, ...path]);
    }
    if (ts.isConstructorDeclaration(owner)) {
      for (const value of injected(tracer, node)) {
        found = true;
        step.push(value.node, [...value.prefix, ...path]);
      }
    }
  }
  if (!found) {
    const name = ts.isIdentifier(node.name) ? `\`${node.name.text}\`` : 'destructured';
    step.emit({
      kind: 'unknown',
      node,
      path,
      reason: `it comes in through the parameter ${name} of ${describeFunction(owner)}, and no call of that was found`,
    });
  }
}

function expandImport(tracer: Tracer, node: ts.Node, path: Path, step: Step): Expanded {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteralLike(node.moduleSpecifier)) return;
  expandSpecifier(tracer, node.moduleSpecifier.text, node, path, step);
}
