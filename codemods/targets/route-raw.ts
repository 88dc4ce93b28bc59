/** Decides for each raw HTTP call of the project where it goes: in process, to a gateway, or to a person. */
import type { ts } from 'ts-morph';
import { findRawHttp, type RawUse } from '../detect/raw-http.ts';
import { isTestFile } from '../detect/test-files.ts';
import type { Source } from '../source/sources.ts';
import {
  isRouted,
  plainFetch,
  rawRemark,
  routeInProcess,
  routeToGateway,
  runsInBrowser,
} from '../transforms/raw-http.ts';
import type { ShimContext } from './context.ts';
import { addRewrite, type Plan } from './plan.ts';

type Routable = RawUse & { kind: 'url' | 'base' };

export function routeRawHttp(context: ShimContext, plan: Plan, sources: readonly Source[]): void {
  const { tracer } = context;
  const uses = sources.flatMap((source) => findRawHttp(tracer, source));
  const routable = new Map<Source, Routable[]>();
  const seen = new Set<ts.Node>();
  for (const use of uses) {
    if (use.kind !== 'lost' && isRouted(tracer, use)) continue;
    if (seen.has(use.node)) continue;
    seen.add(use.node);
    const why = reasonToLeave(context, use);
    if (why === 'silently') continue;
    if (why !== undefined) plan.remarks.push(rawRemark(use, why));
    else if (use.kind !== 'lost') routable.set(use.source, [...(routable.get(use.source) ?? []), use]);
  }
  // One process may well have several handlers, but they would not share what is only in memory: several files, or a
  // URL that is not a plain fetch's, go to a gateway together.
  const all = [...routable.values()].flat();
  const fetches = all.map((use) => plainFetch(use));
  const inProcess =
    context.gateway === undefined && routable.size === 1 && fetches.every((call) => call !== undefined);
  for (const [source, list] of routable) {
    // An import that another rewrite of this pass brings in is found by the next pass.
    if (plan.rewrites.get(source)?.some((rewrite) => rewrite.kind === 'wrap-client')) continue;
    const rewrites = inProcess
      ? routeInProcess(source, fetches as ts.CallExpression[], {
          packageType: tracer.packages.of(source.path)?.json.type,
          specifier: /from\s+['"](?:npm:|https:\/\/)/.test(source.text)
            ? `npm:rethread@^${context.rethreadVersion}`
            : 'rethread',
        })
      : routeToGateway(source, list, context.gateway);
    for (const rewrite of rewrites) {
      if (context.allow(source.path, 'raw-http')) addRewrite(plan, source, rewrite);
    }
    if (inProcess) plan.dependents.add(source);
  }
}

function reasonToLeave(context: ShimContext, use: RawUse): string | undefined {
  if (use.kind === 'lost') return isTestFile(use.source, context.root) ? 'silently' : use.reason;
  if (isTestFile(use.source, context.root)) return 'silently';
  if (!context.inScope(use.source.path))
    return 'its base URL is written in a file outside of the paths that were given';
  if (runsInBrowser(use.source, context.tracer.packages.of(use.source.path)))
    return 'it runs in a browser, and with it the API key';
  return undefined;
}
