/**
 * Target `responses`: the flows of threads become Conversations and Responses where every operation on the thread can;
 * all others stay on the shim, with what target `shim` does for them and a finding that says why.
 */
import { ts } from 'ts-morph';
import type { Site } from '../detect/sites.ts';
import { isTestFile } from '../detect/test-files.ts';
import { lookup } from '../flow/scope.ts';
import { findMoves, type Moves } from '../responses/index.ts';
import type { Source } from '../source/sources.ts';
import type { ShimContext } from './context.ts';
import type { Plan, PlannedSite } from './plan.ts';
import { planShim, versionFor } from './shim.ts';

export function planResponses(context: ShimContext, files: readonly string[]): Plan {
  let moves: Moves | undefined;
  const plan = planShim(context, files, (sites: readonly Site[], broken: ReadonlySet<Source>) => {
    moves = findMoves(
      {
        tracer: context.tracer,
        root: context.root,
        mayMove: (source) =>
          !broken.has(source) && context.inScope(source.path) && context.allow(source.path, 'to-responses'),
        versionOf: (site) => versionFor(context, site),
      },
      sites,
    );
    return moves.calls;
  });
  if (!moves) return plan;
  for (const [source, rewrites] of moves.rewrites)
    plan.rewrites.set(source, [...rewrites, ...(plan.rewrites.get(source) ?? [])]);
  for (const { source, at } of moves.hosted) {
    plan.remarks.push({
      source,
      at,
      code: 'moved-with-tools',
      severity: 'note',
      message:
        'The assistant has tools that the provider carries out, so an answer may come in several messages: `output_text` is the text of all of them, where the newest one was read before.',
      help: 'Read the last item of `response.output` where only the newest message is wanted. Citations have no marker in the text now.',
    });
  }
  stayed(context, plan, moves);
  return plan;
}

/** One finding for the calls of a file that stay for the same reason. */
function stayed(context: ShimContext, plan: Plan, { reasons }: Moves): void {
  const groups = new Map<string, { site: PlannedSite; reason: string; count: number }>();
  for (const site of plan.sites) {
    if (!site.isCall || (site.status !== 'wrapped' && site.status !== 'already')) continue;
    // Why such a file was sent back is told by a finding of its own.
    if (!context.allow(site.source.path, 'to-responses') || isTestFile(site.source, context.root)) continue;
    const reason = reasons.get(site.node) ?? reasonFor(site, plan, reasons);
    if (reason === undefined) continue;
    const key = `${site.source.path}\0${reason}`;
    const group = groups.get(key) ?? { site, reason, count: 0 };
    group.count += 1;
    groups.set(key, group);
  }
  for (const { site, reason, count } of groups.values()) {
    const also = count === 1 ? '' : ` (and ${count - 1} more in this file)`;
    plan.remarks.push({
      source: site.source,
      at: site.node.getStart(site.source.ast),
      code: 'stays-on-shim',
      severity: 'action',
      message: `\`${site.path.join('.')}\`${also} stays on the shim: ${reason}.`,
      help: 'It runs as it is. MIGRATION.md, "Going native", shows how such code is moved by hand.',
    });
  }
}

/** Why a call stays that begins no thread; nothing where the reason of its thread says it. */
function reasonFor(site: PlannedSite, plan: Plan, reasons: Moves['reasons']): string | undefined {
  if (site.path[1] === 'vectorStores') return undefined;
  const told = plan.sites.some((each) => each.source === site.source && reasons.has(each.node));
  if (site.path[1] === 'assistants')
    return told ? undefined : 'no thread in this file is used from beginning to end';
  const results = new Set(
    plan.sites.flatMap((each) => (each.source === site.source ? [declarationOf(each.node)] : [])),
  );
  return ts.isCallExpression(site.node) && site.node.arguments.some((given) => mentions(given, results))
    ? undefined
    : 'its thread is not created where it is used, so nobody knows what else is done with it';
}

function declarationOf(call: ts.Node): ts.Node | undefined {
  const result = ts.isAwaitExpression(call.parent) ? call.parent.parent : call.parent;
  return ts.isVariableDeclaration(result) ? result : undefined;
}

/** Whether there is a name in an expression that one of these declarations gives. */
function mentions(node: ts.Node, declarations: ReadonlySet<ts.Node | undefined>): boolean {
  if (ts.isIdentifier(node)) {
    const [declaration] = lookup(node)?.declarations ?? [];
    return declaration !== undefined && declarations.has(declaration);
  }
  return ts.forEachChild(node, (child) => mentions(child, declarations) || undefined) ?? false;
}
