/** The part of a run that needs the compiler: trace, plan, rewrite, check, write. */
import { readFileSync } from 'node:fs';
import { Modules } from './flow/modules.ts';
import { Aborted, type MigrateOptions, type Phase } from './options.ts';
import { Configs } from './project/configs.ts';
import type { ProjectFiles } from './project/discover.ts';
import { rethreadVersion } from './project/own-version.ts';
import { Packages } from './project/packages.ts';
import { SdkVersions } from './project/sdk-version.ts';
import { Sources } from './source/sources.ts';
import type { Texts } from './source/texts.ts';
import { type PassesResult, Placer, relativeTo, runPasses } from './targets/passes.ts';
import { planShim } from './targets/shim.ts';
import { addDependency } from './transforms/dependency.ts';
import type { Report } from './types.ts';

export interface RewriteContext {
  options: MigrateOptions;
  root: string;
  files: ProjectFiles;
  texts: Texts;
  report: Report;
  aborted: () => boolean;
  progress: (phase: Phase, done: number, total: number) => void;
}

export async function rewriteProject(context: RewriteContext): Promise<void> {
  const { texts, files, root, report, options } = context;
  const sources = new Sources(texts);
  const packages = new Packages(files.manifests);
  const configs = new Configs();
  const modules = new Modules(texts, packages, configs);
  const versions = new SdkVersions(packages);
  const version = rethreadVersion();
  const inScope = (file: string): boolean => texts.has(file);

  context.progress('tracing', 0, texts.relevant.size);
  const result = runPasses({
    sources,
    modules,
    packages,
    aborted: context.aborted,
    plan: (flow, relevant) =>
      planShim(
        { tracer: flow, versions, root, inScope, allow: () => true, rethreadVersion: version },
        relevant,
      ),
  });
  if (context.aborted()) throw new Aborted('stopped; nothing was written');

  const placer = new Placer(result, sources, root, options.dryRun ? 'before' : 'after');
  report.changes.push(...placer.changes());
  for (const [file, before] of result.originals) {
    const after = texts.get(file)?.text ?? before;
    report.files.push({ file: relativeTo(root, file), before, after, written: false });
  }
  addDependencies(context, result, packages, version);
  fill(report, result, placer);
  report.summary.filesParsed = sources.everParsed.size;
}

function addDependencies(
  context: RewriteContext,
  result: PassesResult,
  packages: Packages,
  version: string,
): void {
  const { report, root } = context;
  const owners = new Set(
    [...result.first.dependents]
      .map((source) => packages.of(source.path))
      .filter((owner) => owner !== undefined),
  );
  for (const owner of owners) {
    const after = addDependency(owner, 'rethread', `^${version}`);
    if (after === undefined) continue;
    const file = relativeTo(root, owner.file);
    report.files.push({ file, before: readFileSync(owner.file, 'utf8'), after, written: false });
    report.changes.push({
      file,
      line: 1,
      column: 1,
      kind: 'dependency',
      message: `rethread ^${version} is a dependency`,
    });
  }
}

function fill(report: Report, result: PassesResult, placer: Placer): void {
  for (const site of result.first.sites) {
    if (!site.isCall) continue;
    report.sites.push({
      ...placer.place(site.source.path, site.node.getStart(site.source.ast)),
      call: site.path.join('.'),
      status: site.status,
      clients: site.clients.map(({ node }) => placer.place(node.getSourceFile().fileName, node.getStart())),
      test: false,
    });
  }
  for (const remark of result.first.remarks) {
    const { source, at, ...rest } = remark;
    report.findings.push({ ...placer.place(source.path, at), ...rest });
  }
}
