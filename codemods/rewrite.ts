/** The part of a run that needs the compiler: trace, plan, rewrite and check, until what is left can be written. */
import { isTestFile } from './detect/test-files.ts';
import { extraFiles, extraFindings } from './extras.ts';
import { Modules } from './flow/modules.ts';
import { Aborted } from './options.ts';
import { Configs } from './project/configs.ts';
import { rethreadVersion } from './project/own-version.ts';
import { Packages } from './project/packages.ts';
import { SdkVersions } from './project/sdk-version.ts';
import { syntaxErrors } from './source/parse.ts';
import { relativeTo } from './source/relative.ts';
import { Sources } from './source/sources.ts';
import { type PassesResult, Placer, runPasses } from './targets/passes.ts';
import { planResponses } from './targets/responses.ts';
import { planShim } from './targets/shim.ts';
import type { ChangeKind, Finding } from './types.ts';
import { newTypeErrors } from './verify/type-check.ts';
import type { RewriteContext, Workshop } from './workshop.ts';

/** Rewrites that a file has to do without, because its result would not parse or type-check. */
type Blocked = Map<string, { kinds: 'moves' | 'repairs' | 'all'; errors: string[] }>;

/** How often a result may be sent back: to try without Responses, then without repairs, and once to give up, for a file and its neighbours. */
const MOST_ATTEMPTS = 6;

export async function rewriteProject(context: RewriteContext): Promise<void> {
  const { texts, files, root, report, options } = context;
  const packages = new Packages(files.manifests);
  const configs = new Configs();
  const shop: Workshop = {
    ...context,
    sources: new Sources(texts),
    packages,
    configs,
    modules: new Modules(texts, packages, configs),
    versions: new SdkVersions(packages),
    version: rethreadVersion(),
  };
  const blocked: Blocked = new Map();
  let result = attempt(shop, blocked);
  for (let tries = 1; tries < MOST_ATTEMPTS; tries += 1) {
    if (!sendBack(shop, result, blocked)) break;
    restore(shop, result);
    result = attempt(shop, blocked);
  }
  if (context.aborted()) throw new Aborted('stopped; nothing was written');

  const placer = new Placer(result, shop.sources, root, options.dryRun ? 'before' : 'after');
  report.changes.push(...placer.changes());
  for (const [file, before] of result.originals) {
    report.files.push({
      file: relativeTo(root, file),
      before,
      after: texts.get(file)?.text ?? before,
      written: false,
    });
  }
  fill(shop, result, placer);
  for (const [file, { kinds, errors }] of blocked)
    report.findings.push(notWritten(shop, file, kinds === 'moves', result.originals.has(file), errors));
  extraFiles(shop, result);
  report.findings.push(...extraFindings(shop, result));
  report.summary.filesParsed = shop.sources.everParsed.size;
}

function attempt(shop: Workshop, blocked: Blocked): PassesResult {
  const { sources, modules, packages, versions, texts, root } = shop;
  const allow = (file: string, kind: ChangeKind): boolean => {
    const kinds = blocked.get(file)?.kinds;
    return (
      kinds === undefined ||
      (kinds === 'moves' && kind !== 'to-responses') ||
      (kinds === 'repairs' && kind === 'wrap-client')
    );
  };
  shop.progress('tracing', 0, texts.relevant.size);
  return runPasses({
    sources,
    modules,
    packages,
    aborted: shop.aborted,
    plan: (tracer, relevant) =>
      (shop.options.target === 'responses' ? planResponses : planShim)(
        {
          tracer,
          versions,
          root,
          allow,
          inScope: (file) => texts.has(file),
          rethreadVersion: shop.version,
          gateway: shop.options.gateway,
        },
        relevant,
      ),
  });
}

/** Notes which files must not be written like this. False when all of them may. */
function sendBack(shop: Workshop, result: PassesResult, blocked: Blocked): boolean {
  const changed = [...result.originals].map(([path, before]) => ({
    path,
    before,
    after: shop.texts.get(path)?.text ?? before,
  }));
  const errors = new Map<string, string[]>();
  for (const { path } of changed) {
    const source = shop.sources.get(path);
    const broken = source ? syntaxErrors(source.ast) : [];
    if (broken.length > 0) errors.set(path, broken);
  }
  if (errors.size === 0) {
    const check = (done: number, total: number): void => shop.progress('checking', done, total);
    for (const [path, found] of newTypeErrors(changed, shop.configs, shop.version, check))
      errors.set(path, found);
  }
  for (const [path, found] of errors) {
    const done = result.done.filter(({ file }) => file === path).map(({ rewrite }) => rewrite.kind);
    const earlier = blocked.get(path);
    const repaired = earlier?.kinds !== 'repairs' && done.some((kind) => kind !== 'wrap-client');
    const kinds = done.includes('to-responses') ? 'moves' : repaired ? 'repairs' : 'all';
    blocked.set(path, { kinds, errors: earlier?.errors ?? found });
  }
  return errors.size > 0;
}

function restore(shop: Workshop, result: PassesResult): void {
  for (const [path, text] of result.originals) {
    const bom = shop.texts.get(path)?.bom ?? false;
    shop.texts.overlay(path, { text, bom });
  }
}

function notWritten(
  shop: Workshop,
  file: string,
  onlyStays: boolean,
  wrapped: boolean,
  errors: readonly string[],
): Finding {
  const what = onlyStays
    ? 'Its threads stay on the shim'
    : wrapped
      ? 'Its clients were wrapped, but its calls were not repaired'
      : 'It was not changed';
  return {
    file: relativeTo(shop.root, file),
    line: 1,
    column: 1,
    code: 'not-written',
    severity: 'action',
    message: `${what}: the result would have new errors (${errors.slice(0, 3).join('; ')}${errors.length > 3 ? '; …' : ''}).`,
    help: 'Change it by hand, or bring the installed SDK to the version that the code is written for and run the command again.',
  };
}

function fill(shop: Workshop, result: PassesResult, placer: Placer): void {
  const { report, root } = shop;
  for (const site of result.first.sites) {
    if (!site.isCall) continue;
    report.sites.push({
      ...placer.place(site.source.path, site.node.getStart(site.source.ast)),
      call: site.path.join('.'),
      status: site.status,
      clients: site.clients.map(({ node }) => placer.place(node.getSourceFile().fileName, node.getStart())),
      test: isTestFile(site.source, root),
    });
  }
  for (const { source, at, ...remark } of result.first.remarks) {
    const severity =
      remark.code === 'client-unresolved' && isTestFile(source, root) ? 'note' : remark.severity;
    report.findings.push({ ...placer.place(source.path, at), ...remark, severity });
  }
}
