/** The JSON that an expression stands for, as far as the code tells it without being run. */
import { ts } from 'ts-morph';
import type { Tracer } from '../flow/values.ts';
import { bare, propertyName } from '../source/parse.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `undefined` where anything in it is only known when the program runs. */
export function staticValue(tracer: Tracer, expression: ts.Expression, depth = 0): Json | undefined {
  const node = bare(expression);
  if (depth > 12) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (node.kind === ts.SyntaxKind.NullKeyword) return null;
  if (ts.isArrayLiteralExpression(node)) {
    const items: Json[] = [];
    for (const element of node.elements) {
      const value = ts.isSpreadElement(element) ? undefined : staticValue(tracer, element, depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
    }
    return items;
  }
  if (ts.isObjectLiteralExpression(node)) return staticObject(tracer, node, depth);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const left = staticValue(tracer, node.left, depth + 1);
    const right = staticValue(tracer, node.right, depth + 1);
    return typeof left === 'string' && typeof right === 'string' ? left + right : undefined;
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = staticValue(tracer, node.operand, depth + 1);
    return typeof value === 'number' ? -value : undefined;
  }
  if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) {
    const values = tracer.trace(node);
    const [only] = values;
    if (values.length !== 1 || !only) return undefined;
    if (only.kind !== 'literal' && only.kind !== 'object' && only.kind !== 'array') return undefined;
    return only.node === node ? undefined : staticValue(tracer, only.node, depth + 1);
  }
  return undefined;
}

function staticObject(tracer: Tracer, node: ts.ObjectLiteralExpression, depth: number): Json | undefined {
  const object: { [key: string]: Json } = {};
  for (const property of node.properties) {
    const name = propertyName(property.name);
    if (name === undefined) return undefined;
    const expression = ts.isPropertyAssignment(property)
      ? property.initializer
      : ts.isShorthandPropertyAssignment(property)
        ? property.name
        : undefined;
    const value = expression && staticValue(tracer, expression, depth + 1);
    if (value === undefined) return undefined;
    object[name] = value;
  }
  return object;
}
