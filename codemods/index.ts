/**
 * `rethread migrate`, as a function: finds Assistants code in TypeScript and JavaScript projects and moves it onto
 * rethread. The way of a run: list the files, test their text, trace clients from call sites to where they are made,
 * plan rewrites, check the result, write it.
 *
 * @example
 * const report = await migrate({ cwd: process.cwd(), dryRun: true });
 * for (const change of report.changes) console.log(`${change.file}:${change.line} ${change.message}`);
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { findForeign, foreignAdvice } from './detect/foreign.ts';
import { Aborted, DirtyTree, type MigrateOptions, UsageError } from './options.ts';
import { absolute, discover } from './project/discover.ts';
import { uncommittedChanges } from './project/git.ts';
import { testText } from './project/text-test.ts';
import { relativeTo } from './source/relative.ts';
import { encode } from './source/text.ts';
import { Texts } from './source/texts.ts';
import type { Report } from './types.ts';
import { writeAll } from './write.ts';

export * from './options.ts';
export type * from './types.ts';

export async function migrate(options: MigrateOptions): Promise<Report> {
  const started = performance.now();
  const paths = (options.paths ?? ['.']).map((each) => absolute(options.cwd, each));
  const root = rootOf(absolute(options.cwd), paths);
  const aborted = (): boolean => options.signal?.aborted ?? false;
  const progress = options.onProgress ?? (() => {});

  const files = await discover({ paths, ...pick(options) }).catch((error: unknown) => {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  });
  const texts = new Texts(files.scripts);
  await texts.scan((done, total) => progress('reading', done, total), aborted);
  if (aborted()) throw new Aborted('stopped; nothing was written');

  const report: Report = {
    format: 1,
    target: options.target ?? 'shim',
    root,
    dryRun: options.dryRun ?? false,
    summary: {
      filesScanned: files.scripts.length + files.components.length + files.foreign.length,
      filesParsed: 0,
      callSites: 0,
      clientsWrapped: 0,
      callsRepaired: 0,
      rawHttpCalls: 0,
      filesChanged: 0,
      needsHand: 0,
      foreignSites: 0,
      milliseconds: 0,
    },
    sites: [],
    changes: [],
    findings: [],
    files: [],
    foreign: [],
    foreignAdvice: [],
  };
  for (const file of files.foreign) report.foreign.push(...findForeign(file, relativeTo(root, file)));
  report.foreignAdvice.push(...foreignAdvice(report.foreign));
  const components = files.components.some((file) => testText(readFileSync(file, 'latin1')).relevant);
  if (texts.relevant.size > 0 || texts.unreadable.size > 0 || texts.generated.length > 0 || components) {
    // The compiler takes longer to load than most projects take to read: it is loaded when there is something to parse.
    const { rewriteProject } = await import('./rewrite.ts');
    await rewriteProject({ options, root, files, texts, report, aborted, progress });
  }
  await writeReport(report, options, progress, aborted);
  summarise(report);
  report.summary.milliseconds = Math.round(performance.now() - started);
  return report;
}

/** Writes what changed, unless nothing is to be written or the tree is not clean. */
async function writeReport(
  report: Report,
  options: MigrateOptions,
  progress: NonNullable<MigrateOptions['onProgress']>,
  aborted: () => boolean,
): Promise<void> {
  if (report.files.length === 0 || options.dryRun) return;
  if (!options.force) refuseDirtyTree(report);
  const pending = report.files.map(({ file, after }) => {
    const target = absolute(report.root, file);
    return {
      path: target,
      bytes: encode({ text: after.replace(/^\uFEFF/, ''), bom: startsWithBom(target) }),
    };
  });
  progress('writing', 0, pending.length);
  if (!(await writeAll(pending, aborted))) throw new Aborted('stopped; nothing was written');
  for (const file of report.files) file.written = true;
  progress('writing', pending.length, pending.length);
}

function startsWithBom(file: string): boolean {
  return (
    existsSync(file) &&
    readFileSync(file)
      .subarray(0, 3)
      .equals(Buffer.from([0xef, 0xbb, 0xbf]))
  );
}

function refuseDirtyTree(report: Report): void {
  const state = uncommittedChanges(
    report.root,
    report.files.map(({ file }) => file),
  );
  if (!state || state.length === 0) return;
  const some = state
    .slice(0, 3)
    .map((line) => line.slice(3))
    .join(', ');
  throw new DirtyTree(
    `the git tree has uncommitted changes (${some}${state.length > 3 ? ', …' : ''}); commit or stash them, or use --force`,
  );
}

/** Paths in the report are relative to the working directory, or to the one directory given outside of it. */
function rootOf(cwd: string, paths: readonly string[]): string {
  if (paths.every((each) => each === cwd || each.startsWith(`${cwd}/`))) return cwd;
  const [only] = paths;
  return paths.length === 1 && only !== undefined && statSync(only, { throwIfNoEntry: false })?.isDirectory()
    ? only
    : cwd;
}

function pick(options: MigrateOptions): { include?: string[]; exclude?: string[] } {
  return {
    ...(options.include && options.include.length > 0 ? { include: options.include } : {}),
    ...(options.exclude && options.exclude.length > 0 ? { exclude: options.exclude } : {}),
  };
}

const REPAIRS = new Set([
  'call-arguments',
  'delete-method',
  'create-and-stream',
  'vector-stores',
  'assistants-v1',
]);

function summarise(report: Report): void {
  const { summary } = report;
  summary.callSites = report.sites.length;
  summary.clientsWrapped = report.changes.filter((change) => change.kind === 'wrap-client').length;
  summary.callsRepaired = report.changes.filter((change) => REPAIRS.has(change.kind)).length;
  summary.rawHttpCalls = report.changes.filter((change) => change.kind === 'raw-http').length;
  summary.filesChanged = report.files.length;
  summary.needsHand = report.findings.filter((finding) => finding.severity === 'action').length;
  summary.foreignSites = report.foreign.length;
}
