/** Code that is deployed to a runtime without Node: there is neither a file system nor a TCP socket for the store. */
import { ts } from 'ts-morph';
import type { Package } from '../project/packages.ts';
import { bare, propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';

/** What the file says it runs on, in words for a report, and how it is moved to Node; nothing if it says no such thing. */
export function edgeRuntime(
  source: Source,
  owner: Package | undefined,
): { at: number; name: string; remedy: string } | undefined {
  for (const statement of source.ast.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const value = initializer && bare(initializer);
      const runtime =
        name.getText() === 'runtime' ? value : name.getText() === 'config' ? runtimeOf(value) : undefined;
      if (runtime && ts.isStringLiteralLike(runtime) && /^(?:experimental-)?edge$/.test(runtime.text))
        return {
          at: runtime.getStart(source.ast),
          name: 'the edge runtime',
          remedy: "Say `runtime = 'nodejs'` here",
        };
    }
  }
  const packages = { ...owner?.json.dependencies, ...owner?.json.devDependencies };
  const isWorker = ['wrangler', '@cloudflare/workers-types'].some((name) => packages[name] !== undefined);
  const entry = isWorker ? source.ast.statements.find(isWorkerEntry) : undefined;
  return (
    entry && {
      at: entry.getStart(source.ast),
      name: 'Cloudflare Workers',
      remedy: 'Deploy it to a server with Node',
    }
  );
}

function runtimeOf(config: ts.Expression | undefined): ts.Expression | undefined {
  if (!config || !ts.isObjectLiteralExpression(config)) return undefined;
  const property = config.properties.find((each) => propertyName(each.name) === 'runtime');
  return property && ts.isPropertyAssignment(property) ? bare(property.initializer) : undefined;
}

/** `export default { async fetch(request, env) { … } }`. */
function isWorkerEntry(statement: ts.Statement): boolean {
  if (!ts.isExportAssignment(statement)) return false;
  const value = bare(statement.expression);
  return (
    ts.isObjectLiteralExpression(value) &&
    value.properties.some((property) => propertyName(property.name) === 'fetch')
  );
}
