/** Small questions about code: where a constant is used, what surrounds a statement, what an object literal says. */
import { ts } from 'ts-morph';
import { type Binding, lookup } from '../flow/scope.ts';
import type { Edit } from '../source/edits.ts';
import { bare, propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { Stays } from './stays.ts';

/** A constant that an awaited call is kept in: `const name = await call;`, and nothing else in the statement. */
export interface Kept {
  name: ts.Identifier;
  binding: Binding;
  statement: ts.VariableStatement;
}

export function keptIn(call: ts.CallExpression): Kept | undefined {
  const declaration = ts.isAwaitExpression(call.parent) ? call.parent.parent : undefined;
  if (!declaration || !ts.isVariableDeclaration(declaration) || declaration.type) return undefined;
  const statement = constantStatement(declaration);
  if (!statement || !ts.isIdentifier(declaration.name)) return undefined;
  const binding = lookup(declaration.name);
  return binding?.declarations.length === 1 ? { name: declaration.name, binding, statement } : undefined;
}

/** The statement of a constant that is alone in it and not exported. */
export function constantStatement(declaration: ts.VariableDeclaration): ts.VariableStatement | undefined {
  const list = declaration.parent;
  if (!ts.isVariableDeclarationList(list) || list.declarations.length !== 1) return undefined;
  if ((list.flags & ts.NodeFlags.BlockScoped) !== ts.NodeFlags.Const) return undefined;
  const statement = list.parent;
  return ts.isVariableStatement(statement) && !statement.modifiers?.length ? statement : undefined;
}

/** `await call;` as a statement. */
export function awaitedStatement(call: ts.CallExpression): ts.ExpressionStatement | undefined {
  const statement = ts.isAwaitExpression(call.parent) ? call.parent.parent : undefined;
  return statement && ts.isExpressionStatement(statement) ? statement : undefined;
}

/** Every use of a name but its declaration, in the order of the text; those in types and exports count. */
export function usesOf(name: ts.Identifier): ts.Identifier[] {
  const binding = lookup(name);
  const uses: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name.text && node !== name && isReference(node)) {
      if (lookup(node) === binding) uses.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(binding?.scope ?? name.getSourceFile());
  return uses;
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  if (ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) return parent.name !== node;
  return true;
}

/** The statements that a statement stands among. */
export function siblingsOf(statement: ts.Statement): readonly ts.Statement[] {
  const { parent } = statement;
  return ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent)
    ? parent.statements
    : [statement];
}

/** The properties of an object literal whose keys are all written out. */
export function propertiesOf(
  expression: ts.Expression | undefined,
  what: string,
): Map<string, ts.PropertyAssignment | ts.ShorthandPropertyAssignment> {
  const node = expression && bare(expression);
  if (!node || !ts.isObjectLiteralExpression(node))
    throw new Stays(`${what} is not written out where it is used`);
  const found = new Map<string, ts.PropertyAssignment | ts.ShorthandPropertyAssignment>();
  for (const property of node.properties) {
    const name = propertyName(property.name);
    if (
      name === undefined ||
      found.has(name) ||
      !(ts.isPropertyAssignment(property) || ts.isShorthandPropertyAssignment(property))
    )
      throw new Stays(`${what} has more in it than plain properties`);
    found.set(name, property);
  }
  return found;
}

export function assigned(property: ts.PropertyAssignment | ts.ShorthandPropertyAssignment): ts.Expression {
  return ts.isPropertyAssignment(property) ? property.initializer : property.name;
}

/** Takes a statement away with the line that it leaves empty; comments around it stay. */
export function removal(source: Source, statement: ts.Statement): Edit {
  const { text } = source;
  const start = statement.getStart(source.ast);
  const rest = /^[ \t]*\r?\n[ \t]*/.exec(text.slice(statement.end));
  if (!rest) return { start, end: statement.end, text: '' };
  const before = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const lineStart = start - before;
  const atLineStart = lineStart === 0 || text[lineStart - 1] === '\n';
  const newline = text.indexOf('\n', statement.end) + 1;
  return atLineStart ? { start: lineStart, end: newline, text: '' } : { start, end: statement.end, text: '' };
}

/** The line that a node begins on, for a sentence about it; numbers of lines change with what is rewritten. */
export function quoted(source: Source, node: ts.Node): string {
  const start = node.getStart(source.ast);
  const line = source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1).split(/\r?\n/)[0] ?? '';
  const code = line.trim();
  return `\`${code.length > 110 ? `${code.slice(0, 109)}…` : code}\``;
}
