/** docs/architecture.md says which way the imports point; comments in the code cite its decisions. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { page, ROOT } from './pages.ts';

const { text } = page('docs/architecture.md');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const sources = globSync(['src/**/*.ts'], { cwd: ROOT });

/** Files that a file imports something else than types from, relative to the project. */
function valueImports(file: string): string[] {
  const { statements } = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const from = statement.moduleSpecifier;
    if (!from || !ts.isStringLiteral(from) || !from.text.startsWith('.') || onlyTypes(statement)) return [];
    return [path.join(path.dirname(file), from.text)];
  });
}

function onlyTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const names = ts.isImportDeclaration(statement) ? statement.importClause : statement;
  if (!names) return false;
  if (names.isTypeOnly) return true;
  const list = ts.isImportClause(names) ? (names.name ? undefined : names.namedBindings) : names.exportClause;
  if (!list || !('elements' in list)) return false;
  return [...list.elements].every((one) => one.isTypeOnly);
}

describe('the house is as docs/architecture.md draws it', () => {
  const rooms = [...text.matchAll(/^\| `src\/(\w+)\/` \|/gm)].map(([, room = '']) => room);

  it('names every room', () => {
    const folders = new Set(
      sources.map((file) => file.split('/')).flatMap(([, room, file]) => (file ? [room] : [])),
    );
    expect([...rooms, 'compat', 'simulator'].sort()).toEqual([...folders].sort());
  });

  it('imports run down the table of rooms, never up', () => {
    const roomOf = (file: string) => rooms.indexOf(file.split('/')[1] ?? '');
    const upwards = sources.flatMap((file) =>
      valueImports(file)
        .filter((target) => roomOf(file) >= 0 && roomOf(target) >= 0 && roomOf(target) < roomOf(file))
        .map((target) => `${file} -> ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  it('the simulator and the shim know nothing of each other', () => {
    const inside = (file: string) => file.startsWith('src/simulator/');
    const crossings = sources.flatMap((file) =>
      valueImports(file)
        .filter((target) => inside(file) !== inside(target) && target !== 'src/compat/script.ts')
        .map((target) => `${file} -> ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  it('the compatibility suite knows nothing of rethread', () => {
    const own = sources.filter((file) => file.startsWith('src/compat/'));
    const outside = own.flatMap((file) =>
      valueImports(file).filter((target) => !target.startsWith('src/compat/')),
    );
    expect(own.length).toBeGreaterThan(0);
    expect(outside).toEqual([]);
  });

  it('has every decision that the code cites', () => {
    const cited = sources.flatMap((file) =>
      [...read(file).matchAll(/DESIGN\s(?:\*\s)?decision (\d+)/g)].map(([, number]) => number),
    );
    expect(cited.length).toBeGreaterThan(0);
    const told = new Set([...text.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => number));
    expect(cited.filter((number) => !told.has(number))).toEqual([]);
  });
});
