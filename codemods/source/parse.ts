/** Parsing, and one walk over each tree that files away what the detection asks for by name. */
import { ts } from 'ts-morph';

export type CallLike = ts.CallExpression | ts.NewExpression;

/** What one walk over a file collects. */
export interface FileIndex {
  calls: ts.CallExpression[];
  news: ts.NewExpression[];
  /** Calls and constructions by the last name of what is called: `a.b.run()` under `run`. */
  callsByName: Map<string, CallLike[]>;
  /** `name = value` and `({ name } = value)`, by name. */
  assignments: Map<string, Assignment[]>;
  /** `target[key] = value` with a computed key. */
  elementWrites: PropertyWrite[];
  /** What is written to a property of this name, in object literals and by assignment. */
  writes: Map<string, PropertyWrite[]>;
  /** `module.exports = …`, `exports.name = …`, `module.exports.name = …`. */
  commonJsExports: { name: string | undefined; value: ts.Expression }[];
  strings: ts.StringLiteralLike[];
  templates: ts.TemplateExpression[];
  /** `x.beta`, `x['beta']` and `{ beta } = x`. */
  betas: (ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.BindingElement)[];
  /** Methods of classes that have a body, by name. */
  methods: Map<string, ts.MethodDeclaration[]>;
  /** Object literals with a `provide` key: providers of Nest and Angular. */
  providers: ts.ObjectLiteralExpression[];
  /** Specifiers of import and export declarations, `require` and `import()`. */
  specifiers: string[];
}

export interface Assignment {
  /** The name as it stands on the left. */
  target: ts.Identifier;
  value: ts.Expression;
  /** Where in the value, for destructuring. */
  prefix: readonly string[];
}

export interface PropertyWrite {
  /** The value, or the object literal's method or accessor. */
  value: ts.Expression | ts.MethodDeclaration | ts.GetAccessorDeclaration;
  /** What the property belongs to when it is written by assignment. */
  target?: ts.Expression;
}

export function scriptKind(file: string): ts.ScriptKind {
  if (/\.[mc]?ts$/.test(file)) return ts.ScriptKind.TS;
  if (file.endsWith('.tsx')) return ts.ScriptKind.TSX;
  return ts.ScriptKind.JSX;
}

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(
    file,
    text,
    { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseAll },
    true,
    scriptKind(file),
  );
}

/** Errors that make a file's tree untrustworthy, as text with the line. Empty for a file that parses. */
export function syntaxErrors(ast: ts.SourceFile): string[] {
  // The parser keeps its diagnostics on the tree; the public way to them is a whole program.
  const diagnostics =
    (ast as unknown as { parseDiagnostics?: ts.DiagnosticWithLocation[] }).parseDiagnostics ?? [];
  const isScript = /\.(?:[mc]?js|jsx)$/.test(ast.fileName);
  return diagnostics
    .filter((diagnostic) => !(isScript && diagnostic.code >= 8000 && diagnostic.code < 9000))
    .map((diagnostic) => {
      const { line } = ast.getLineAndCharacterOfPosition(diagnostic.start);
      return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
    });
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The name by which an expression is called: the last name of an access chain. */
export function lastName(expression: ts.Expression): string | undefined {
  const inner = bare(expression);
  if (ts.isIdentifier(inner)) return inner.text;
  if (ts.isPropertyAccessExpression(inner)) return inner.name.text;
  if (ts.isElementAccessExpression(inner) && ts.isStringLiteralLike(inner.argumentExpression)) {
    return inner.argumentExpression.text;
  }
  return undefined;
}

/** An expression without parentheses, type assertions and non-null marks around it. */
export function bare(expression: ts.Expression): ts.Expression {
  let inner = expression;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

export function propertyName(name: ts.PropertyName | ts.BindingName | undefined): string | undefined {
  if (!name) return undefined;
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) return name.text;
  if (ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text;
  if (ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)) return name.expression.text;
  return undefined;
}

const WRITES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
]);

export function isAssignment(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && WRITES.has(node.operatorToken.kind);
}

export function buildIndex(ast: ts.SourceFile): FileIndex {
  const index: FileIndex = {
    calls: [],
    news: [],
    callsByName: new Map(),
    assignments: new Map(),
    elementWrites: [],
    writes: new Map(),
    commonJsExports: [],
    strings: [],
    templates: [],
    betas: [],
    methods: new Map(),
    providers: [],
    specifiers: [],
  };

  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      index.calls.push(node);
      const name = lastName(node.expression);
      if (name !== undefined) add(index.callsByName, name, node);
      const [first] = node.arguments;
      const loads = name === 'require' || node.expression.kind === ts.SyntaxKind.ImportKeyword;
      if (loads && first && ts.isStringLiteralLike(first)) index.specifiers.push(first.text);
    } else if (ts.isNewExpression(node)) {
      index.news.push(node);
      const name = lastName(node.expression);
      if (name !== undefined) add(index.callsByName, name, node);
    } else if (isAssignment(node)) {
      collectAssignment(index, node);
    } else if (ts.isObjectLiteralExpression(node)) {
      for (const property of node.properties) {
        const name = propertyName(property.name);
        if (name === undefined) continue;
        if (name === 'provide') index.providers.push(node);
        if (ts.isPropertyAssignment(property)) add(index.writes, name, { value: property.initializer });
        else if (ts.isShorthandPropertyAssignment(property))
          add(index.writes, name, { value: property.name });
        else if (ts.isMethodDeclaration(property) || ts.isGetAccessorDeclaration(property)) {
          add(index.writes, name, { value: property });
        }
      }
    } else if (ts.isMethodDeclaration(node) && ts.isClassLike(node.parent)) {
      const name = propertyName(node.name);
      if (name !== undefined && node.body) add(index.methods, name, node);
    } else if (ts.isStringLiteralLike(node)) {
      index.strings.push(node);
    } else if (ts.isTemplateExpression(node)) {
      index.templates.push(node);
    } else if (ts.isPropertyAccessExpression(node) && node.name.text === 'beta') {
      index.betas.push(node);
    } else if (ts.isElementAccessExpression(node) && lastName(node) === 'beta') {
      index.betas.push(node);
    } else if (ts.isBindingElement(node) && propertyName(node.propertyName ?? node.name) === 'beta') {
      index.betas.push(node);
    } else if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      if (ts.isStringLiteralLike(node.moduleSpecifier)) index.specifiers.push(node.moduleSpecifier.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return index;
}

function collectAssignment(index: FileIndex, node: ts.BinaryExpression): void {
  const left = bare(node.left);
  if (ts.isIdentifier(left)) {
    add(index.assignments, left.text, { target: left, value: node.right, prefix: [] });
    return;
  }
  if (ts.isObjectLiteralExpression(left) || ts.isArrayLiteralExpression(left)) {
    collectPattern(index, left, node.right, []);
    return;
  }
  if (!ts.isPropertyAccessExpression(left) && !ts.isElementAccessExpression(left)) return;
  const name = lastName(left);
  const target = bare(left.expression);
  if (name === undefined) {
    index.elementWrites.push({ value: node.right, target });
    return;
  }
  add(index.writes, name, { value: node.right, target });
  if (ts.isIdentifier(target) && target.text === 'module' && name === 'exports') {
    index.commonJsExports.push({ name: undefined, value: node.right });
  } else if (isExportsObject(target)) {
    index.commonJsExports.push({ name, value: node.right });
  }
}

/** The names on the left of a destructuring assignment. */
function collectPattern(
  index: FileIndex,
  pattern: ts.ObjectLiteralExpression | ts.ArrayLiteralExpression,
  value: ts.Expression,
  prefix: readonly string[],
): void {
  const collect = (element: ts.Expression, path: readonly string[]): void => {
    const inner = isAssignment(element) ? bare(element.left) : bare(element);
    if (ts.isIdentifier(inner)) add(index.assignments, inner.text, { target: inner, value, prefix: path });
    else if (ts.isObjectLiteralExpression(inner) || ts.isArrayLiteralExpression(inner))
      collectPattern(index, inner, value, path);
  };
  if (ts.isArrayLiteralExpression(pattern)) {
    for (const [position, element] of pattern.elements.entries())
      collect(element, [...prefix, String(position)]);
    return;
  }
  for (const property of pattern.properties) {
    const name = propertyName(property.name);
    if (name === undefined) continue;
    if (ts.isShorthandPropertyAssignment(property)) collect(property.name, [...prefix, name]);
    else if (ts.isPropertyAssignment(property)) collect(property.initializer, [...prefix, name]);
  }
}

/** `exports` or `module.exports`. */
export function isExportsObject(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return node.text === 'exports';
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'exports' &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'module'
  );
}
