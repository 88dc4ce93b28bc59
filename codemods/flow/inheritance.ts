/** Base classes, and whether one of them is the SDK's client. */
import { ts } from 'ts-morph';
import { isClientClass } from './openai.ts';
import type { Tracer } from './values.ts';

export function baseExpression(node: ts.ClassLikeDeclaration): ts.Expression | undefined {
  const clause = node.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ExtendsKeyword);
  return clause?.types[0]?.expression;
}

/** True for a class of the project whose base, possibly through others, is the SDK's client. */
export function extendsClient(tracer: Tracer, node: ts.ClassLikeDeclaration, depth = 0): boolean {
  const base = baseExpression(node);
  if (!base || depth > 8) return false;
  return tracer
    .trace(base)
    .some(
      (value) =>
        isClientClass(value) || (value.kind === 'class' && extendsClient(tracer, value.node, depth + 1)),
    );
}
