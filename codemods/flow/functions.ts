/** Small questions about functions. */
import { ts } from 'ts-morph';
import { lastName, propertyName } from '../source/parse.ts';

export function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessorDeclaration(node) ||
    ts.isConstructorDeclaration(node)
  );
}

/** Every expression that a function may return. */
export function returnedBy(node: ts.FunctionLikeDeclaration): ts.Expression[] {
  if (!node.body) return [];
  if (!ts.isBlock(node.body)) return [node.body];
  const found: ts.Expression[] = [];
  const visit = (each: ts.Node): void => {
    if (ts.isFunctionLike(each) || ts.isClassLike(each)) return;
    if (ts.isReturnStatement(each) && each.expression) found.push(each.expression);
    ts.forEachChild(each, visit);
  };
  ts.forEachChild(node.body, visit);
  return found;
}

export function describeFunction(node: ts.Node): string {
  if ((ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) && node.name)
    return `\`${node.name.text}\``;
  if (ts.isMethodDeclaration(node)) return `\`${propertyName(node.name) ?? 'a method'}\``;
  if (ts.isConstructorDeclaration(node))
    return `the constructor of \`${node.parent.name?.text ?? 'a class'}\``;
  const parent = node.parent;
  if (parent && ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name))
    return `\`${parent.name.text}\``;
  if (parent && ts.isPropertyAssignment(parent)) return `\`${propertyName(parent.name) ?? 'a function'}\``;
  if (parent && ts.isCallExpression(parent)) {
    const name = lastName(parent.expression);
    if (name !== undefined) return `a callback of \`${name}\``;
  }
  return 'a function';
}
