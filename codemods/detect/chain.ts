/** Access chains: `a.b?.c!['d']` as a root and names. */
import { ts } from 'ts-morph';
import { bare } from '../source/parse.ts';

export interface Chain {
  /** What the chain starts from. */
  root: ts.Expression;
  /** Names from the root on. */
  names: string[];
  /** The access node of each name. */
  nodes: (ts.PropertyAccessExpression | ts.ElementAccessExpression)[];
}

export function chainOf(expression: ts.Expression): Chain {
  const names: string[] = [];
  const nodes: Chain['nodes'] = [];
  let at = bare(expression);
  for (;;) {
    if (ts.isPropertyAccessExpression(at)) {
      names.unshift(at.name.text);
    } else if (ts.isElementAccessExpression(at) && ts.isStringLiteralLike(at.argumentExpression)) {
      names.unshift(at.argumentExpression.text);
    } else {
      return { root: at, names, nodes };
    }
    nodes.unshift(at);
    at = bare(at.expression);
  }
}

/** The longest access chain that begins with `node`: climbs while `node` is what the next access is made on. */
export function wholeChain(node: ts.Expression): ts.Expression {
  let at: ts.Expression = node;
  for (;;) {
    const parent: ts.Node = at.parent;
    const climbs =
      ((ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) &&
        parent.expression === at) ||
      ts.isNonNullExpression(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isAsExpression(parent) ||
      ts.isSatisfiesExpression(parent);
    if (!climbs) return at;
    at = parent as ts.Expression;
  }
}
