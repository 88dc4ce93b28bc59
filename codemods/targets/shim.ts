/**
 * Target `shim`: the smallest diff after which the calls are answered by rethread. Clients are wrapped where they are
 * made; calls are touched only where the installed SDK or version 2 of the API wants them otherwise.
 */
import { ts } from 'ts-morph';
import { edgeRuntime } from '../detect/edge.ts';
import { findLiveCalls } from '../detect/live-calls.ts';
import { isKnownMethod } from '../detect/methods.ts';
import { findOtherLibraries } from '../detect/other-libraries.ts';
import { findSites, type Site } from '../detect/sites.ts';
import { isTestFile } from '../detect/test-files.ts';
import type { Path } from '../flow/values.ts';
import { atLeast, FIRST_V2, type SdkVersion } from '../project/sdk-version.ts';
import { syntaxErrors } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { toolTypesOf, upgradeCall, upgradeHeaders } from '../transforms/assistants-v1.ts';
import { repairArguments } from '../transforms/call-arguments.ts';
import { importRethread } from '../transforms/import-rethread.ts';
import { repairCreateAndStream, repairDelete } from '../transforms/method-names.ts';
import type { Outcome, Remark } from '../transforms/outcome.ts';
import { moveVectorStores } from '../transforms/vector-stores.ts';
import { reasonToLeave, rethreadSpecifier } from '../transforms/wrap-clients.ts';
import type { SiteStatus } from '../types.ts';
import type { ShimContext } from './context.ts';
import { addRewrite, type Plan, type PlannedSite } from './plan.ts';
import { routeRawHttp } from './route-raw.ts';
import { unresolvedRemarks } from './unresolved.ts';

/** Names the calls of which another target takes care; `broken`: files that must not be changed. */
export type TakeOver = (sites: readonly Site[], broken: ReadonlySet<Source>) => ReadonlySet<ts.Node>;

export function planShim(
  context: ShimContext,
  files: readonly string[],
  takeOver: TakeOver = () => new Set(),
): Plan {
  const plan: Plan = { sites: [], wraps: [], rewrites: new Map(), remarks: [], dependents: new Set() };
  const broken = new Set<Source>();
  const sources: Source[] = [];
  for (const file of files) {
    const source = context.tracer.sources.get(file);
    if (!source) continue;
    if (hasSyntaxErrors(source, plan)) broken.add(source);
    sources.push(source);
  }
  const all = sources.flatMap((source) => findSites(context.tracer, source));
  const taken = takeOver(all, broken);
  const found = all.filter((site) => !taken.has(site.node));
  const wrapped = planWraps(context, plan, found, broken);
  for (const site of found) plan.sites.push(withStatus(context, site, wrapped));
  for (const site of plan.sites) {
    if (!broken.has(site.source)) repairSite(context, plan, site);
  }
  for (const source of sources) {
    if (!broken.has(source)) repairLiveCalls(context, plan, source);
    plan.remarks.push(...findOtherLibraries(context.tracer, source));
  }
  upgradeToV2(
    context,
    plan,
    sources.filter((source) => !broken.has(source)),
  );
  routeRawHttp(
    context,
    plan,
    sources.filter((source) => !broken.has(source)),
  );
  remarkOldSdk(context, plan);
  remarkEdge(context, plan);
  plan.remarks.push(...unresolvedRemarks(context.tracer, plan.sites, context.root));
  for (const site of all) {
    if (taken.has(site.node))
      plan.sites.push({ ...site, status: 'moved', version: versionFor(context, site) });
  }
  return plan;
}

function hasSyntaxErrors(source: Source, plan: Plan): boolean {
  const errors = syntaxErrors(source.ast);
  if (errors.length === 0) return false;
  plan.remarks.push({
    source,
    at: 0,
    code: 'not-parsed',
    severity: 'action',
    message: `This file has syntax errors, so it was not changed: ${errors.slice(0, 3).join('; ')}.`,
    help: 'Mend the file and run the command again.',
  });
  return true;
}

/** Plans the wrapping of every client that a call of assistants or threads reaches. */
function planWraps(
  context: ShimContext,
  plan: Plan,
  sites: readonly Site[],
  broken: ReadonlySet<Source>,
): ReadonlySet<ts.NewExpression> {
  const clients = new Map<ts.NewExpression, Source>();
  for (const site of sites) {
    if (site.path[1] === 'vectorStores') continue;
    for (const client of site.clients) clients.set(client.node, context.tracer.sources.of(client.node));
  }
  const bySource = new Map<Source, ts.NewExpression[]>();
  for (const [client, source] of clients) {
    const reason = broken.has(source) ? undefined : leave(context, source, client);
    if (reason) {
      plan.remarks.push({ source, ...reason });
      continue;
    }
    if (broken.has(source) || syntaxErrors(source.ast).length > 0) continue;
    bySource.set(source, [...(bySource.get(source) ?? []), client]);
  }
  const wrapped = new Set<ts.NewExpression>();
  for (const [source, nodes] of bySource) {
    nodes.sort((a, b) => a.pos - b.pos);
    for (const node of nodes) wrapped.add(node);
    planWrapsIn(context, plan, source, nodes);
  }
  plan.wraps.push(...wrapped);
  return wrapped;
}

function leave(
  context: ShimContext,
  source: Source,
  client: ts.NewExpression,
): Outcome['remark'] | undefined {
  if (!context.inScope(source.path)) {
    return {
      at: client.getStart(source.ast),
      code: 'client-unresolved',
      severity: 'action',
      message: 'This client reaches Assistants calls, but its file is outside of the paths that were given.',
      help: 'Run the command on a directory that has both.',
    };
  }
  return reasonToLeave(context.tracer, source, client, context.root);
}

function planWrapsIn(
  context: ShimContext,
  plan: Plan,
  source: Source,
  clients: readonly ts.NewExpression[],
): void {
  if (!context.allow(source.path, 'wrap-client')) return;
  const [first] = clients;
  if (!first) return;
  const imported = importRethread(source, {
    name: 'withAssistants',
    users: clients,
    packageType: context.tracer.packages.of(source.path)?.json.type,
    specifier: rethreadSpecifier(context.tracer, first, context.rethreadVersion),
  });
  plan.dependents.add(source);
  clients.forEach((client, index) => {
    const start = client.getStart(source.ast);
    addRewrite(plan, source, {
      kind: 'wrap-client',
      at: start,
      message: 'this client reaches Assistants calls: they are answered by rethread now',
      edits: [
        ...(index === 0 ? imported.edits : []),
        { start, end: start, text: `${imported.local}(` },
        { start: client.end, end: client.end, text: ')' },
      ],
    });
  });
}

function withStatus(context: ShimContext, site: Site, wrapped: ReadonlySet<ts.NewExpression>): PlannedSite {
  return { ...site, status: statusOf(site, wrapped), version: versionFor(context, site) };
}

function statusOf(site: Site, wrapped: ReadonlySet<ts.NewExpression>): SiteStatus {
  if (site.clients.some((client) => wrapped.has(client.node))) return 'wrapped';
  if (site.wrapped.length > 0) return 'already';
  if (site.path[1] === 'vectorStores' && site.certain) return 'live';
  return site.clients.length > 0 ? 'withheld' : 'unresolved';
}

/** The SDK that a call runs with is the one its client is made with. */
export function versionFor(context: ShimContext, site: Site): SdkVersion | undefined {
  const [client] = site.clients;
  const maker = client ? context.tracer.sources.of(client.node) : site.source;
  const specifiers = client ? externalSpecifiers(context, client.node) : [];
  return (
    context.versions.of(maker.path, specifiers) ??
    context.versions.of(site.source.path, site.source.index.specifiers)
  );
}

function externalSpecifiers(context: ShimContext, client: ts.NewExpression): string[] {
  return context.tracer
    .trace(client.expression)
    .flatMap((value) => (value.kind === 'external' ? [value.specifier] : []));
}

function repairSite(context: ShimContext, plan: Plan, site: PlannedSite): void {
  if (!site.certain || !context.inScope(site.source.path)) return;
  if (!ts.isExpression(site.node)) return;
  const { version, source, path } = site;
  if (!version) return;
  take(context, plan, source, moveVectorStores(source, site.node, path, version));
  if (!ts.isCallExpression(site.node) || !site.isCall) return;
  if (!isKnownMethod(path)) {
    plan.remarks.push({ source, ...unknownMethod(source, site.node, path) });
    return;
  }
  repairCall(context, plan, source, site.node, path, version);
}

function repairCall(
  context: ShimContext,
  plan: Plan,
  source: Source,
  call: ts.CallExpression,
  path: Path,
  version: SdkVersion,
): void {
  take(context, plan, source, repairDelete(source, call, path, version));
  // The old name still works; a test that spies on it would no longer see a call.
  if (!isTestFile(source, context.root)) {
    take(context, plan, source, repairCreateAndStream(source, call, path, version));
  }
  take(context, plan, source, repairArguments(context.tracer, source, call, path, version));
}

/** Calls of the same client that OpenAI still serves, but whose arguments changed with SDK 5 as well. */
function repairLiveCalls(context: ShimContext, plan: Plan, source: Source): void {
  if (!context.inScope(source.path)) return;
  for (const { call, path } of findLiveCalls(context.tracer, source)) {
    const version = context.versions.of(source.path, source.index.specifiers);
    if (version) repairCall(context, plan, source, call, path, version);
  }
}

/** Version 1 of the API, where the SDK speaks version 2; before that the bodies fit neither its types nor its header. */
function upgradeToV2(context: ShimContext, plan: Plan, sources: readonly Source[]): void {
  const { tracer } = context;
  const calls = plan.sites.flatMap(({ source, node, path, certain, isCall, version }) =>
    certain && isCall && ts.isCallExpression(node) && (!version || atLeast(version, FIRST_V2))
      ? [{ source, node, path }]
      : [],
  );
  const tools = new Set(calls.flatMap(({ node, path }) => [...toolTypesOf(tracer, node, path)]));
  // A body that several calls share is upgraded once.
  const done = new Set<string>();
  for (const { source, node, path } of calls) {
    const { rewrites, remarks } = upgradeCall(tracer, source, node, path, tools);
    for (const each of rewrites) {
      const key = `${each.source.path}:${each.rewrite.at}`;
      if (done.has(key)) continue;
      done.add(key);
      take(context, plan, each.source, { rewrite: each.rewrite });
    }
    plan.remarks.push(...remarks.filter((each) => !done.has(`${each.source.path}:${each.at}`)));
    for (const each of remarks) done.add(`${each.source.path}:${each.at}`);
  }
  for (const source of sources) {
    for (const rewrite of upgradeHeaders(source)) take(context, plan, source, { rewrite });
  }
}

function unknownMethod(source: Source, call: ts.CallExpression, path: Path): Omit<Remark, 'source'> {
  const isV1 = path[1] === 'assistants' ? path[2] === 'files' : path[3] === 'files';
  return {
    at: call.getStart(source.ast),
    code: isV1 ? 'assistants-v1' : 'unknown-method',
    severity: 'action',
    message: `The Assistants API has no \`${path.join('.')}\`.`,
    help: 'Look at what this call is meant to do; rethread answers it as the original API did, with an error.',
  };
}

function remarkOldSdk(context: ShimContext, plan: Plan): void {
  const told = new Set<string>();
  for (const { version, source, isCall } of plan.sites) {
    if (!isCall || !version || atLeast(version, FIRST_V2) || version.from === 'range') continue;
    const owner = context.tracer.packages.of(source.path)?.dir ?? '';
    if (told.has(owner)) continue;
    told.add(owner);
    plan.remarks.push({
      source,
      at: 0,
      code: 'sdk-speaks-v1',
      severity: 'action',
      message: `openai ${version.text} speaks version 1 of the Assistants API (header \`assistants=v1\`), which was retired in 2024.`,
      help: 'Update it within its major first: `npm install openai@^4.104.0`. Then run this command again.',
    });
  }
}

/** Files that call, or make the client, where rethread has no place to keep threads. */
function remarkEdge(context: ShimContext, plan: Plan): void {
  const { tracer } = context;
  const files = new Set<Source>();
  for (const { status, source, clients } of plan.sites) {
    if (status !== 'wrapped' && status !== 'already') continue;
    for (const each of [source, ...clients.map(({ node }) => tracer.sources.of(node))]) files.add(each);
  }
  for (const source of files) {
    const edge = edgeRuntime(source, tracer.packages.of(source.path));
    if (!edge) continue;
    plan.remarks.push({
      source,
      at: edge.at,
      code: 'edge-runtime',
      severity: 'action',
      message: `This code runs on ${edge.name}, where rethread cannot keep threads: it needs Node.`,
      help: `${edge.remedy}, or run \`npx rethread serve\` and give the client its address instead: \`baseURL: "https://your-gateway/v1"\`.`,
    });
  }
}

function take(context: ShimContext, plan: Plan, source: Source, outcome: Outcome): void {
  const { rewrite, remark } = outcome;
  if (rewrite && context.inScope(source.path) && context.allow(source.path, rewrite.kind))
    addRewrite(plan, source, rewrite);
  if (remark) plan.remarks.push({ source, ...remark });
}
