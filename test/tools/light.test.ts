/** `import 'rethread'` stays light: what tools stand on is loaded when one of them is called. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from '../docs/pages.ts';

/** Packages that a file imports at once, it and all that it imports so. */
function packagesOf(file: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(file)) return packages;
  seen.add(file);
  const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  for (const statement of statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const from = statement.moduleSpecifier;
    const onlyTypes = ts.isImportDeclaration(statement)
      ? statement.importClause?.isTypeOnly
      : statement.isTypeOnly;
    if (!from || !ts.isStringLiteral(from) || onlyTypes) continue;
    if (from.text.startsWith('.')) packagesOf(path.resolve(path.dirname(file), from.text), seen, packages);
    else packages.add(from.text.split('/', from.text.startsWith('@') ? 2 : 1).join('/'));
  }
  return packages;
}

it('imports neither arithmetic, QR codes, images, GitHub, OpenAPI nor MCP', () => {
  const packages = packagesOf(path.join(ROOT, 'src/index.ts'));
  expect(packages).toContain('zod');
  for (const heavy of [
    'mathjs',
    'qr',
    'fast-png',
    '@octokit/core',
    '@modelcontextprotocol/sdk',
    '@apidevtools/swagger-parser',
  ]) {
    expect([...packages]).not.toContain(heavy);
  }
});
