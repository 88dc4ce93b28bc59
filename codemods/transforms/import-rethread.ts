/**
 * Brings a name of rethread into a file: after the statement that brings in the SDK, in that statement's own style, or
 * into an import of rethread that is there already.
 */
import { ts } from 'ts-morph';
import { chainOf } from '../detect/chain.ts';
import { isRethread } from '../flow/calls.ts';
import { lookup, lookupName } from '../flow/scope.ts';
import type { Edit } from '../source/edits.ts';
import { propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { moduleStyle, type Style, styleOf } from '../source/style.ts';
import { indentAt } from './outcome.ts';

/** What rethread exports that rewritten code may need. */
export type RethreadName = 'withAssistants' | 'createAssistants';

export interface Imported {
  /** What the name is called in this file. */
  local: string;
  /** Nothing when the name is there already. */
  edits: Edit[];
  /** Where the import is, for the report. */
  at: number;
}

export interface ImportRequest {
  name: RethreadName;
  /** Places that will use the name; each must see it. */
  users: readonly ts.Node[];
  packageType: string | undefined;
  /** `rethread`, or `npm:rethread@^0.1.0` where the SDK is imported by URL. */
  specifier: string;
}

export function importRethread(source: Source, request: ImportRequest): Imported {
  const present = existingImport(source, request.name);
  if (present) return present;
  const style = styleOf(source);
  const local = freeName(request.name, request.users);
  const anchors = request.users.map((user) => anchorOf(source, user));
  const [only] = anchors;
  if (only && anchors.every((anchor) => anchor?.statement === only.statement)) {
    const scope = only.statement.parent;
    if (request.users.every((user) => isInside(user, scope))) {
      const text = statementText(
        only.how,
        request,
        local,
        anchorStyle(source, only.statement, style),
        only.keyword,
      );
      return {
        local,
        edits: [afterStatement(source, only.statement, text, style)],
        at: only.statement.getStart(source.ast),
      };
    }
  }
  return atTop(source, request, local, style);
}

interface Anchor {
  statement: ts.Statement;
  how: 'import' | 'require' | 'dynamic';
  keyword: string;
}

/** The statement that brings in the class which `user` (a construction) names. */
function anchorOf(source: Source, user: ts.Node): Anchor | undefined {
  const root = ts.isNewExpression(user) ? chainOf(user.expression).root : undefined;
  if (!root || !ts.isIdentifier(root)) return undefined;
  return anchorOfName(source, root, 0);
}

function anchorOfName(source: Source, name: ts.Identifier, depth: number): Anchor | undefined {
  for (const declaration of lookup(name)?.declarations ?? []) {
    if (ts.isClassLike(declaration) && depth < 4) {
      const base = declaration.heritageClauses?.[0]?.types[0]?.expression;
      const root = base ? chainOf(base).root : undefined;
      return root && ts.isIdentifier(root) ? anchorOfName(source, root, depth + 1) : undefined;
    }
    let node: ts.Node = declaration;
    while (node.parent && !ts.isStatement(node)) node = node.parent;
    if (ts.isImportDeclaration(node) || ts.isImportEqualsDeclaration(node)) {
      return { statement: node, how: 'import', keyword: 'const' };
    }
    if (ts.isVariableStatement(node)) {
      const text = node.getText(source.ast);
      const keyword = /^(?:export\s+)?(const|let|var)\b/.exec(text)?.[1] ?? 'const';
      if (/\brequire\s*\(/.test(text)) return { statement: node, how: 'require', keyword };
      if (/\bimport\s*\(/.test(text)) return { statement: node, how: 'dynamic', keyword };
      // `const OpenAI = sdk.OpenAI`: the statement before that one.
      const initializer = node.declarationList.declarations[0]?.initializer;
      const root = initializer ? chainOf(initializer).root : undefined;
      if (root && ts.isIdentifier(root) && depth < 4) return anchorOfName(source, root, depth + 1);
    }
  }
  return undefined;
}

function isInside(node: ts.Node, scope: ts.Node): boolean {
  for (let at: ts.Node = node; at; at = at.parent) if (at === scope) return true;
  return false;
}

/** Quote, semicolon and braces of the statement that the new one stands under. */
function anchorStyle(source: Source, statement: ts.Statement, style: Style): Style {
  const text = source.text.slice(statement.getStart(source.ast), statement.end);
  const quote = /['"](?=[^'"]*['"]\s*\)?[^'"]*$)/.exec(text)?.[0];
  return {
    ...style,
    quote: quote === '"' || quote === "'" ? quote : style.quote,
    semicolon: text.endsWith(';') ? ';' : '',
    pad: /\{\s/.test(text) ? ' ' : text.includes('{') ? '' : style.pad,
  };
}

function statementText(
  how: Anchor['how'],
  request: ImportRequest,
  local: string,
  style: Style,
  keyword: string,
): string {
  const { quote, pad, semicolon } = style;
  const specifier = `${quote}${request.specifier}${quote}`;
  const isAlias = local !== request.name;
  if (how === 'import') {
    const names = isAlias ? `${request.name} as ${local}` : request.name;
    return `import {${pad}${names}${pad}} from ${specifier}${semicolon}`;
  }
  const names = isAlias ? `${request.name}: ${local}` : request.name;
  const load = how === 'require' ? `require(${specifier})` : `await import(${specifier})`;
  return `${keyword} {${pad}${names}${pad}} = ${load}${semicolon}`;
}

function afterStatement(source: Source, statement: ts.Statement, text: string, style: Style): Edit {
  const lineEnd = /\r?\n|$/.exec(source.text.slice(statement.end));
  const rest = source.text.slice(statement.end, statement.end + (lineEnd?.index ?? 0));
  // A comment behind the statement belongs to it.
  const onlyComment = /^[ \t]*(?:\/\/.*|\/\*.*\*\/[ \t]*)?$/.test(rest);
  const at = statement.end + (onlyComment ? rest.length : 0);
  const start = statement.getStart(source.ast);
  return { start: at, end: at, text: `${style.eol}${indentAt(source.text, start)}${text}` };
}

/** After the last import of the file; in a file without any, before its first statement. */
function atTop(source: Source, request: ImportRequest, local: string, style: Style): Imported {
  const { how, last, before } = topOf(source, request.packageType);
  const anchored = last ? anchorStyle(source, last, style) : style;
  const text = statementText(how, request, local, anchored, 'const');
  const edit = last
    ? afterStatement(source, last, text, style)
    : { start: before, end: before, text: text + style.eol };
  return { local, edits: [edit], at: edit.start };
}

/**
 * Puts a statement at the top of a file, before all of `users`: behind its imports, and behind what brings the `.env` file
 * into the environment, which the statement may read.
 */
export function declareAtTop(
  source: Source,
  text: string,
  packageType: string | undefined,
  users: readonly ts.Node[],
): Edit {
  const style = styleOf(source);
  const { how, last, before } = topOf(source, packageType);
  const first = Math.min(...users.map((user) => topStatement(user).pos));
  const anchor = source.ast.statements.findLast(
    (statement) =>
      statement.end <= first && (statement === last || isLoad(statement, how) || loadsEnvironment(statement)),
  );
  if (anchor) return afterStatement(source, anchor, text, style);
  return { start: before, end: before, text: text.trimStart() + style.eol + style.eol };
}

function topStatement(node: ts.Node): ts.Node {
  let at = node;
  while (at.parent && !ts.isSourceFile(at.parent)) at = at.parent;
  return at;
}

/** `dotenv.config()`, `require('dotenv').config()`, `process.loadEnvFile()`. */
function loadsEnvironment(statement: ts.Statement): boolean {
  if (!ts.isExpressionStatement(statement) && !ts.isVariableStatement(statement)) return false;
  return /\b\w*dotenv[\w-]*(?:\/config)?(?:['"]\s*\))?(?:\s*\.\s*\w+)?\s*\(|require\(\s*['"]dotenv|\bloadEnvFile\s*\(/i.test(
    statement.getText(),
  );
}

interface Top {
  how: 'import' | 'require';
  /** The last statement that loads a module. */
  last: ts.Statement | undefined;
  /** Where the first statement begins, behind directives. */
  before: number;
}

function topOf(source: Source, packageType: string | undefined): Top {
  const how = moduleStyle(source, packageType) === 'esm' ? 'import' : 'require';
  const { statements } = source.ast;
  const last = statements.findLast((statement) => isLoad(statement, how));
  const isDirective = (statement: ts.Statement): boolean =>
    ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
  const first = statements.find((statement) => !isDirective(statement));
  return {
    how,
    last,
    before: first ? first.getStart(source.ast) : source.text.length,
  };
}

function isLoad(statement: ts.Statement, how: Top['how']): boolean {
  return how === 'import'
    ? ts.isImportDeclaration(statement)
    : ts.isVariableStatement(statement) && /=\s*require\s*\(/.test(statement.getText());
}

/** A name that means nothing else where it will be used. */
function freeName(name: RethreadName, users: readonly ts.Node[]): string {
  const taken = users.some((user) => lookupName(name, user) !== undefined);
  return taken ? `rethread${name.charAt(0).toUpperCase()}${name.slice(1)}` : name;
}

function existingImport(source: Source, name: RethreadName): Imported | undefined {
  for (const statement of source.ast.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      if (!isRethread(statement.moduleSpecifier.text) || statement.importClause?.isTypeOnly) continue;
      const bindings = statement.importClause?.namedBindings;
      if (!bindings) continue;
      const at = statement.getStart(source.ast);
      if (ts.isNamespaceImport(bindings)) return { local: `${bindings.name.text}.${name}`, edits: [], at };
      const known = bindings.elements.find((each) => (each.propertyName ?? each.name).text === name);
      if (known) return { local: known.name.text, edits: [], at };
      return { local: name, edits: [appendName(bindings.elements, bindings, name)], at };
    }
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      if (
        !declaration.initializer ||
        !/^require\(\s*['"]rethread['"]\s*\)$/.test(declaration.initializer.getText())
      )
        continue;
      const at = statement.getStart(source.ast);
      if (ts.isIdentifier(declaration.name))
        return { local: `${declaration.name.text}.${name}`, edits: [], at };
      if (!ts.isObjectBindingPattern(declaration.name)) continue;
      const known = declaration.name.elements.find(
        (each) => propertyName(each.propertyName ?? each.name) === name,
      );
      if (known && ts.isIdentifier(known.name)) return { local: known.name.text, edits: [], at };
      return { local: name, edits: [appendName(declaration.name.elements, declaration.name, name)], at };
    }
  }
  return undefined;
}

function appendName(elements: ts.NodeArray<ts.Node>, braces: ts.Node, name: string): Edit {
  const last = elements.at(-1);
  return last
    ? { start: last.end, end: last.end, text: `, ${name}` }
    : { start: braces.getStart() + 1, end: braces.end - 1, text: ` ${name} ` };
}
