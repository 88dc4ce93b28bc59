/**
 * Is this argument an id or an object? SDK 4 and SDK 5 take the same number of arguments for many methods, and only the
 * second one's kind tells them apart.
 */
import { ts } from 'ts-morph';
import { lookup } from '../flow/scope.ts';
import type { Tracer } from '../flow/values.ts';
import { bare, lastName } from '../source/parse.ts';

export type Kind = 'id' | 'object' | 'unknown';

/** Names that people give to ids: `id`, `runId`, `run_id`, `threadID`. */
const ID_NAME = /(?:^id|^_id|[a-z]Id|_id|ID)$/;

export function kindOf(tracer: Tracer, argument: ts.Expression): Kind {
  const inner = bare(argument);
  if (ts.isObjectLiteralExpression(inner)) return 'object';
  if (ts.isStringLiteralLike(inner) || ts.isTemplateExpression(inner)) return 'id';
  if (ts.isAsExpression(argument) && argument.type.kind === ts.SyntaxKind.StringKeyword) return 'id';
  if (ts.isAwaitExpression(inner)) return kindOf(tracer, inner.expression);
  if (ts.isConditionalExpression(inner))
    return agree(kindOf(tracer, inner.whenTrue), kindOf(tracer, inner.whenFalse));
  if (ts.isBinaryExpression(inner)) {
    if (inner.operatorToken.kind === ts.SyntaxKind.PlusToken) return 'id';
    return agree(kindOf(tracer, inner.left), kindOf(tracer, inner.right));
  }
  if (ts.isIdentifier(inner)) {
    const declared = declaredKind(inner);
    if (declared !== 'unknown') return declared;
  }
  for (const value of tracer.trace(inner)) {
    if (value.kind === 'object') return 'object';
    if (value.kind === 'literal' || value.kind === 'env') return 'id';
  }
  const called = ts.isCallExpression(inner) ? inner.expression : inner;
  const name = lastName(called);
  if (name === 'String' || name === 'toString') return 'id';
  return name !== undefined && ID_NAME.test(name) ? 'id' : 'unknown';
}

function agree(a: Kind, b: Kind): Kind {
  if (a === b || b === 'unknown') return a;
  return a === 'unknown' ? b : 'unknown';
}

/** What the declaration of a variable or parameter says. */
function declaredKind(identifier: ts.Identifier): Kind {
  for (const declaration of lookup(identifier)?.declarations ?? []) {
    if (!ts.isVariableDeclaration(declaration) && !ts.isParameter(declaration)) continue;
    const type = declaration.type ?? ts.getJSDocType(declaration);
    if (!type) continue;
    if (type.kind === ts.SyntaxKind.StringKeyword) return 'id';
    if (ts.isTypeLiteralNode(type)) return 'object';
    if (ts.isUnionTypeNode(type) && type.types.some((each) => each.kind === ts.SyntaxKind.StringKeyword))
      return 'id';
    if (ts.isTypeReferenceNode(type) && /Params\b/.test(type.getText())) return 'object';
  }
  return 'unknown';
}
