/** Members of classes and object literals: where a property gets its value. */
import { ts } from 'ts-morph';
import { isAssignment, propertyName } from '../source/parse.ts';
import { constructionsOf } from './callers.ts';
import { hasModifier } from './exports.ts';
import { baseExpression, extendsClient } from './inheritance.ts';
import { injectedProperty } from './providers.ts';
import { expandType } from './types.ts';
import { CALL, EACH, type Expanded, NEW, type Path, type Step, type Tracer } from './values.ts';

/** The class or object literal whose `this` is seen at `node`. */
export function ownerOfThis(
  node: ts.Node,
): { node: ts.ClassLikeDeclaration | ts.ObjectLiteralExpression; isStatic: boolean } | undefined {
  for (let at: ts.Node = node.parent; at; at = at.parent) {
    if (ts.isArrowFunction(at)) continue;
    if (ts.isClassStaticBlockDeclaration(at)) return { node: at.parent, isStatic: true };
    if (
      ts.isPropertyDeclaration(at) ||
      ts.isMethodDeclaration(at) ||
      ts.isAccessor(at) ||
      ts.isConstructorDeclaration(at)
    ) {
      const owner = at.parent;
      if (ts.isClassLike(owner))
        return { node: owner, isStatic: hasModifier(at, ts.SyntaxKind.StaticKeyword) };
      if (ts.isObjectLiteralExpression(owner)) return { node: owner, isStatic: false };
      return undefined;
    }
    if (ts.isFunctionExpression(at)) {
      const property = at.parent;
      if (ts.isPropertyAssignment(property)) return { node: property.parent, isStatic: false };
      return undefined;
    }
    if (ts.isFunctionDeclaration(at)) return undefined;
  }
  return undefined;
}

/** A class, its instances (`path` begins with NEW) and their members. */
export function expandClass(tracer: Tracer, node: ts.ClassLikeDeclaration, path: Path, step: Step): Expanded {
  const [first, ...afterFirst] = path;
  if (first === undefined) return step.emit({ kind: 'class', node });
  const onInstance = first === NEW;
  const [name, ...rest] = onInstance ? afterFirst : path;
  if (name === undefined) return step.emit({ kind: 'instance', node });

  let found = false;
  for (const member of node.members) {
    if (hasModifier(member, ts.SyntaxKind.StaticKeyword) === onInstance) continue;
    if (propertyName(member.name) !== name) continue;
    found = true;
    expandMember(tracer, member, rest, step);
  }
  if (onInstance) {
    for (const parameter of parameterProperties(node)) {
      if (!ts.isIdentifier(parameter.name) || parameter.name.text !== name) continue;
      found = true;
      step.push(parameter, rest);
    }
  }
  for (const value of writtenInside(tracer, node, name, onInstance)) {
    found = true;
    step.push(value, rest);
  }
  const base = baseExpression(node);
  if (onInstance && !found && extendsClient(tracer, node)) {
    // `this.beta` in a class that is a client: wherever the class is made.
    step.emit({ kind: 'typed', node, path: [name, ...rest] });
    for (const made of constructionsOf(tracer, node)) step.push(made, [name, ...rest]);
    return;
  }
  if (base && !found) return step.push(base, path);
  if (!found) {
    const className = node.name?.text ?? 'this class';
    step.emit({ kind: 'unknown', node, path, reason: `\`${name}\` is not set in \`${className}\`` });
  }
}

function expandMember(tracer: Tracer, member: ts.ClassElement, rest: Path, step: Step): Expanded {
  if (ts.isPropertyDeclaration(member)) {
    if (member.initializer) step.push(member.initializer, rest);
    const type = member.type ?? ts.getJSDocType(member);
    if (type) expandType(tracer, type, rest, step);
    for (const value of injectedProperty(tracer, member)) step.push(value.node, [...value.prefix, ...rest]);
  } else if (ts.isGetAccessorDeclaration(member)) {
    step.push(member, [CALL, ...rest]);
  } else if (ts.isMethodDeclaration(member)) {
    step.push(member, rest);
  }
}

function parameterProperties(node: ts.ClassLikeDeclaration): ts.ParameterDeclaration[] {
  return node.members
    .filter((member) => ts.isConstructorDeclaration(member))
    .flatMap((member) => [...member.parameters])
    .filter((parameter) => ts.isParameterPropertyDeclaration(parameter, parameter.parent));
}

/** Values assigned to `this.name` (or `ClassName.name`) inside the class, and to its instances in the same file. */
function writtenInside(
  tracer: Tracer,
  node: ts.ClassLikeDeclaration,
  name: string,
  onInstance: boolean,
): ts.Expression[] {
  const source = tracer.sources.of(node);
  const found: ts.Expression[] = [];
  for (const write of source.index.writes.get(name) ?? []) {
    if (!write.target || !isAssignment(write.value.parent)) continue;
    const target = write.target;
    if (target.kind === ts.SyntaxKind.ThisKeyword) {
      const owner = ownerOfThis(target);
      if (owner?.node === node && owner.isStatic !== onInstance) found.push(write.value as ts.Expression);
    } else if (ts.isIdentifier(target)) {
      // `ClassName.name = …`, and `copy.name = …` where `copy` is made from the class.
      const kind = onInstance ? 'instance' : 'class';
      const isOfClass = tracer.trace(target).some((value) => value.kind === kind && value.node === node);
      if (isOfClass) found.push(write.value as ts.Expression);
    }
  }
  return found;
}

export function expandObject(node: ts.ObjectLiteralExpression, path: Path, step: Step): Expanded {
  const [name, ...rest] = path;
  if (name === undefined) return step.emit({ kind: 'object', node });
  let found = name === EACH;
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      step.push(property.expression, path);
      found = true;
      continue;
    }
    if (name !== EACH && propertyName(property.name) !== name) continue;
    found = true;
    if (ts.isPropertyAssignment(property)) step.push(property.initializer, rest);
    else if (ts.isShorthandPropertyAssignment(property)) step.push(property.name, rest);
    else if (ts.isGetAccessorDeclaration(property)) step.push(property, [CALL, ...rest]);
    else if (ts.isMethodDeclaration(property)) step.push(property, rest);
  }
  if (!found) step.emit({ kind: 'unknown', node, path, reason: `\`${name}\` is not set in this object` });
}

/** Values that a constructor function (`function Service() { this.client = … }`) gives to `this.name`. */
export function writtenByFunction(
  tracer: Tracer,
  node: ts.FunctionLikeDeclaration,
  name: string,
): ts.Expression[] {
  const source = tracer.sources.of(node);
  return (source.index.writes.get(name) ?? [])
    .filter((write) => {
      if (write.target?.kind !== ts.SyntaxKind.ThisKeyword) return false;
      for (let at: ts.Node = write.target; at; at = at.parent) {
        if (ts.isArrowFunction(at)) continue;
        if (ts.isFunctionLike(at)) return at === node;
      }
      return false;
    })
    .map((write) => write.value as ts.Expression);
}
