/** Small questions about functions. */
import { ts } from 'ts-morph';
import { bare, isAssignment, lastName, propertyName } from '../source/parse.ts';

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

/** The name under which a function is called: its own, its variable's, its property's. */
export function calledAs(node: ts.Node): string | undefined {
  if ((ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) && node.name) return node.name.text;
  if (ts.isMethodDeclaration(node) || ts.isGetAccessorDeclaration(node)) return propertyName(node.name);
  let holder: ts.Node = node.parent;
  // `const run = useCallback(async (client) => …)` and `cache(async () => …)` are still called by the variable's name.
  while (ts.isCallExpression(holder) || ts.isParenthesizedExpression(holder) || ts.isAsExpression(holder)) {
    holder = holder.parent;
  }
  if (ts.isVariableDeclaration(holder) && ts.isIdentifier(holder.name)) return holder.name.text;
  if (ts.isPropertyAssignment(holder) || ts.isPropertyDeclaration(holder)) return propertyName(holder.name);
  if (isAssignment(holder)) return lastName(bare(holder.left));
  return undefined;
}
