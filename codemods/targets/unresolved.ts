/** Puts into words why a call's client was not found: one finding for all calls that are lost for the same reason. */
import { ts } from 'ts-morph';
import { isTestFile } from '../detect/test-files.ts';
import type { Tracer, Value } from '../flow/values.ts';
import type { Remark } from '../transforms/outcome.ts';
import type { PlannedSite } from './plan.ts';

export function unresolvedRemarks(tracer: Tracer, sites: readonly PlannedSite[], root: string): Remark[] {
  const groups = new Map<
    string,
    { site: PlannedSite; calls: Set<string>; lines: number[]; reason: string }
  >();
  for (const site of sites) {
    if (site.status !== 'unresolved' || isAboutMethod(site)) continue;
    const reason = reasonFor(tracer, site, root);
    const key = `${site.source.path}\0${reason}`;
    const group = groups.get(key) ?? { site, calls: new Set(), lines: [], reason };
    group.calls.add(site.path.join('.'));
    group.lines.push(site.source.position(site.node.getStart(site.source.ast)).line);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ site, calls, lines, reason }) => {
    const also =
      lines.length > 1
        ? ` (and ${lines.length - 1} more in this file: line${lines.length === 2 ? '' : 's'} ${lines.slice(1).join(', ')})`
        : '';
    return {
      source: site.source,
      at: site.node.getStart(site.source.ast),
      code: 'client-unresolved',
      severity: 'action',
      message: `The client of \`${[...calls][0]}\`${also} was not found: ${reason}.`,
      help: "Wrap it where it is made: `withAssistants(new OpenAI(…))`, with `import { withAssistants } from 'rethread'`.",
    };
  });
}

/** `client.beta.threads.create.resolves(…)`: it is about a mock, and needs no client. */
function isAboutMethod(site: PlannedSite): boolean {
  return ts.isCallExpression(site.node) && !site.isCall;
}

function reasonFor(tracer: Tracer, site: PlannedSite, root: string): string {
  if (site.candidates.length > 0) {
    const places = site.candidates.map((value) => placeOf(tracer, value, root)).sort();
    return `it comes through a property under whose name several clients are kept, and it may be any of them (${places.join(', ')})`;
  }
  const unknown = site.lost.filter((value) => value.kind === 'unknown');
  const told = unknown.length > 0 ? unknown : site.lost;
  const inCode = told.find((value) => !isTestFile(tracer.sources.of(value.node), root));
  const lost = inCode ?? told[0];
  if (!lost) return `nothing that reaches \`${rootText(site)}\` makes a client`;
  if (!inCode && !isTestFile(site.source, root))
    return `only tests hand one in (${placeOf(tracer, lost, root)}), so whoever uses this code makes it`;
  return `${sentence(lost)} (${placeOf(tracer, lost, root)})`;
}

/** What the call is made on, up to `beta`. */
function rootText(site: PlannedSite): string {
  const text = site.node.getText(site.source.ast).split(/[?!]?\.\s*beta\b/)[0] ?? '';
  return text.replace(/\s+/g, ' ').slice(0, 60);
}

function sentence(value: Value & { kind: 'unknown' | 'external' }): string {
  if (value.kind === 'unknown') return value.reason;
  if (value.specifier === 'global') return `it comes from the global \`${value.path[0] ?? ''}\``;
  return `it comes from the package \`${value.specifier}\``;
}

function placeOf(tracer: Tracer, value: Value, root: string): string {
  const source = tracer.sources.of(value.node);
  const { line } = source.position(value.node.getStart(source.ast));
  const file = source.path.startsWith(`${root}/`) ? source.path.slice(root.length + 1) : source.path;
  return `${file}:${line}`;
}
