/** How a file is written, so that what is added looks as if its author had added it. */
import { ts } from 'ts-morph';
import type { Source } from './sources.ts';

export type ModuleStyle = 'esm' | 'commonjs';

export interface Style {
  quote: "'" | '"';
  semicolon: string;
  eol: '\n' | '\r\n';
  /** Spaces inside the braces of imports and destructuring. */
  pad: '' | ' ';
}

export function styleOf(source: Source): Style {
  let single = 0;
  let double = 0;
  for (const literal of source.index.strings) {
    const first = source.text.charAt(literal.getStart(source.ast));
    if (first === "'") single += 1;
    else if (first === '"') double += 1;
  }
  const statements = source.ast.statements.filter(
    (statement) =>
      ts.isImportDeclaration(statement) ||
      ts.isVariableStatement(statement) ||
      ts.isExpressionStatement(statement),
  );
  const ended = statements.filter((statement) => source.text.charAt(statement.end - 1) === ';').length;
  const tight = /(?:import|const|let|var)\s*\{\S[^}\n]*\}/.test(source.text);
  const padded = /(?:import|const|let|var)\s*\{ [^}\n]*\}/.test(source.text);
  return {
    quote: double > single ? '"' : "'",
    semicolon: statements.length === 0 || ended * 2 >= statements.length ? ';' : '',
    eol: source.text.includes('\r\n') ? '\r\n' : '\n',
    pad: tight && !padded ? '' : ' ',
  };
}

/** Whether a file loads modules by `import` or by `require`; by its extension and package where it does neither. */
export function moduleStyle(source: Source, packageType: string | undefined): ModuleStyle {
  if (/\.m[jt]s$/.test(source.path)) return 'esm';
  if (/\.c[jt]s$/.test(source.path)) return 'commonjs';
  const usesImport = source.ast.statements.some(
    (statement) =>
      ts.isImportDeclaration(statement) ||
      ts.isExportDeclaration(statement) ||
      ts.isExportAssignment(statement),
  );
  if (usesImport) return 'esm';
  if ((source.index.callsByName.get('require') ?? []).length > 0 || source.index.commonJsExports.length > 0)
    return 'commonjs';
  return /\.[jt]sx$|\.ts$/.test(source.path) || packageType === 'module' ? 'esm' : 'commonjs';
}
