/**
 * Which declaration a name means, by the scoping rules of the language and nothing else. No types, no other files:
 * an import is itself a declaration.
 */
import { ts } from 'ts-morph';

export type Declaration =
  | ts.VariableDeclaration
  | ts.BindingElement
  | ts.ParameterDeclaration
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ClassDeclaration
  | ts.ClassExpression
  | ts.EnumDeclaration
  | ts.ModuleDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.TypeParameterDeclaration
  | ts.ImportClause
  | ts.ImportSpecifier
  | ts.NamespaceImport
  | ts.ImportEqualsDeclaration;

/** A name in a scope. Overloads, merged declarations and repeated `var` share one. */
export interface Binding {
  name: string;
  scope: ts.Node;
  declarations: Declaration[];
}

const scopes = new WeakMap<ts.Node, Map<string, Binding>>();

/** The binding that an identifier refers to, or `undefined` for a global. */
export function lookup(identifier: ts.Identifier): Binding | undefined {
  return lookupName(identifier.text, identifier);
}

export function lookupName(name: string, from: ts.Node): Binding | undefined {
  for (let node: ts.Node | undefined = from; node; node = node.parent) {
    if (!isScope(node)) continue;
    // A default value of a parameter does not see the function's own variables; close enough to look there anyway.
    const found = bindingsOf(node).get(name);
    if (found) return found;
  }
  return undefined;
}

function isScope(node: ts.Node): boolean {
  return (
    ts.isSourceFile(node) ||
    ts.isBlock(node) ||
    ts.isModuleBlock(node) ||
    ts.isCaseBlock(node) ||
    ts.isForStatement(node) ||
    ts.isForInStatement(node) ||
    ts.isForOfStatement(node) ||
    ts.isCatchClause(node) ||
    ts.isClassLike(node) ||
    ts.isFunctionLike(node)
  );
}

function bindingsOf(scope: ts.Node): Map<string, Binding> {
  const known = scopes.get(scope);
  if (known) return known;
  const bindings = new Map<string, Binding>();
  scopes.set(scope, bindings);
  const declare = (name: string, declaration: Declaration): void => {
    const binding = bindings.get(name);
    if (binding) binding.declarations.push(declaration);
    else bindings.set(name, { name, scope, declarations: [declaration] });
  };
  const declareName = (
    name: ts.BindingName,
    declaration: ts.VariableDeclaration | ts.BindingElement | ts.ParameterDeclaration,
  ): void => {
    if (ts.isIdentifier(name)) {
      declare(name.text, declaration);
      return;
    }
    for (const element of name.elements) {
      if (ts.isBindingElement(element)) declareName(element.name, element);
    }
  };
  const declareList = (list: ts.VariableDeclarationList): void => {
    for (const declaration of list.declarations) declareName(declaration.name, declaration);
  };

  if (ts.isFunctionLike(scope)) {
    for (const parameter of scope.parameters) {
      if (ts.isParameter(parameter)) declareName(parameter.name, parameter);
    }
    for (const parameter of scope.typeParameters ?? []) {
      if (ts.isTypeParameterDeclaration(parameter)) declare(parameter.name.text, parameter);
    }
    if (ts.isFunctionExpression(scope) && scope.name) declare(scope.name.text, scope);
    const body = 'body' in scope ? scope.body : undefined;
    if (body) hoist(body, declareList);
  } else if (ts.isClassLike(scope)) {
    if (scope.name) declare(scope.name.text, scope);
    for (const parameter of scope.typeParameters ?? []) declare(parameter.name.text, parameter);
  } else if (ts.isForStatement(scope) || ts.isForInStatement(scope) || ts.isForOfStatement(scope)) {
    if (scope.initializer && ts.isVariableDeclarationList(scope.initializer)) declareList(scope.initializer);
  } else if (ts.isCatchClause(scope)) {
    if (scope.variableDeclaration) declareName(scope.variableDeclaration.name, scope.variableDeclaration);
  } else {
    for (const statement of statementsOf(scope)) declareStatement(statement, declare, declareList);
    if (ts.isSourceFile(scope)) hoist(scope, declareList);
  }
  return bindings;
}

function statementsOf(scope: ts.Node): readonly ts.Statement[] {
  if (ts.isSourceFile(scope) || ts.isBlock(scope) || ts.isModuleBlock(scope)) return scope.statements;
  if (ts.isCaseBlock(scope)) return scope.clauses.flatMap((clause) => [...clause.statements]);
  return [];
}

function declareStatement(
  statement: ts.Statement,
  declare: (name: string, declaration: Declaration) => void,
  declareList: (list: ts.VariableDeclarationList) => void,
): void {
  if (ts.isVariableStatement(statement)) {
    // `var` is left to `hoist`, which gives it to the function.
    if (statement.declarationList.flags & ts.NodeFlags.BlockScoped) declareList(statement.declarationList);
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    if (statement.name && ts.isIdentifier(statement.name)) declare(statement.name.text, statement);
  } else if (ts.isImportEqualsDeclaration(statement)) {
    declare(statement.name.text, statement);
  } else if (ts.isImportDeclaration(statement) && statement.importClause) {
    const clause = statement.importClause;
    if (clause.name) declare(clause.name.text, clause);
    if (clause.namedBindings && ts.isNamespaceImport(clause.namedBindings)) {
      declare(clause.namedBindings.name.text, clause.namedBindings);
    } else if (clause.namedBindings) {
      for (const specifier of clause.namedBindings.elements) declare(specifier.name.text, specifier);
    }
  }
}

/** Finds the `var` declarations of a function or file, which belong to all of it wherever they stand. */
function hoist(body: ts.Node, declareList: (list: ts.VariableDeclarationList) => void): void {
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) declareList(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
}
