/** What a module gives to others, ES modules and CommonJS alike. */
import { ts } from 'ts-morph';
import type { Source } from '../source/sources.ts';

export type ExportTarget =
  | { kind: 'node'; node: ts.Node }
  /** `export { name } from 'specifier'`; the whole namespace when `name` is `*`. */
  | { kind: 'from'; specifier: string; name: string };

export interface Exports {
  named: Map<string, ExportTarget[]>;
  /** Specifiers of `export * from`. */
  stars: string[];
  /** `module.exports = …` and `export = …`. */
  whole: ts.Expression[];
}

const known = new WeakMap<ts.SourceFile, Exports>();

export function exportsOf(source: Source): Exports {
  let exports = known.get(source.ast);
  if (!exports) {
    exports = collect(source);
    known.set(source.ast, exports);
  }
  return exports;
}

function collect(source: Source): Exports {
  const exports: Exports = { named: new Map(), stars: [], whole: [] };
  const add = (name: string, target: ExportTarget): void => {
    const list = exports.named.get(name);
    if (list) list.push(target);
    else exports.named.set(name, [target]);
  };
  const addNode = (name: string, node: ts.Node): void => add(name, { kind: 'node', node });
  const addNames = (name: ts.BindingName, declaration: ts.Node): void => {
    if (ts.isIdentifier(name)) addNode(name.text, declaration);
    else
      for (const element of name.elements) if (ts.isBindingElement(element)) addNames(element.name, element);
  };

  for (const statement of source.ast.statements) {
    if (ts.isExportAssignment(statement)) {
      if (statement.isExportEquals) exports.whole.push(statement.expression);
      else addNode('default', statement.expression);
    } else if (ts.isExportDeclaration(statement)) {
      collectExportDeclaration(statement, add, exports);
    } else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      if (ts.isVariableStatement(statement)) {
        for (const declaration of statement.declarationList.declarations)
          addNames(declaration.name, declaration);
      } else if (hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) {
        addNode('default', statement);
      } else if (
        ts.isFunctionDeclaration(statement) ||
        ts.isClassDeclaration(statement) ||
        ts.isInterfaceDeclaration(statement) ||
        ts.isTypeAliasDeclaration(statement) ||
        ts.isEnumDeclaration(statement)
      ) {
        if (statement.name) addNode(statement.name.text, statement);
      }
    }
  }
  for (const { name, value } of source.index.commonJsExports) {
    if (name === undefined) exports.whole.push(value);
    else addNode(name, value);
  }
  return exports;
}

function collectExportDeclaration(
  statement: ts.ExportDeclaration,
  add: (name: string, target: ExportTarget) => void,
  exports: Exports,
): void {
  const specifier =
    statement.moduleSpecifier && ts.isStringLiteralLike(statement.moduleSpecifier)
      ? statement.moduleSpecifier.text
      : undefined;
  if (!statement.exportClause) {
    if (specifier !== undefined) exports.stars.push(specifier);
  } else if (ts.isNamespaceExport(statement.exportClause)) {
    if (specifier !== undefined)
      add(statement.exportClause.name.text, { kind: 'from', specifier, name: '*' });
  } else {
    for (const element of statement.exportClause.elements) {
      const inner = element.propertyName ?? element.name;
      if (specifier !== undefined) add(element.name.text, { kind: 'from', specifier, name: inner.text });
      else add(element.name.text, { kind: 'node', node: inner });
    }
  }
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind)
  );
}
