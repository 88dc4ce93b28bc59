/** A report for a person: a table by area, then every failure with what it takes to look at it again. */
import picocolors from 'picocolors';
import type { CheckResult, Report } from './run.ts';

type Colours = ReturnType<typeof picocolors.createColors>;

/** Longest piece of a value that is shown; what failed is rarely at its end. */
const LONGEST = 600;

/** @param colours of picocolors; without them the text is plain */
export function summary(report: Report, colours: Colours = picocolors.createColors(false)): string {
  const failures = report.checks.filter(({ outcome }) => outcome === 'failed');
  const parts = [
    `${report.dialect} dialect at ${report.target}, ${report.mode} model`,
    table(report.checks, colours),
    ...notApplicable(report.checks),
    ...failures.map((check) => failureText(check, colours)),
    verdict(report, colours),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(checks: readonly CheckResult[], { bold, green, red, dim }: Colours): string {
  const areas = [...new Set(checks.map(({ area }) => area))];
  const counted = (rows: readonly CheckResult[]) =>
    (['passed', 'failed', 'not_applicable'] as const).map(
      (outcome) => rows.filter((check) => check.outcome === outcome).length,
    );
  const rows: [string, ...number[]][] = areas.map((area) => [
    area,
    ...counted(checks.filter((check) => check.area === area)),
  ]);
  rows.push(['all', ...counted(checks)]);
  const first = Math.max(...rows.map(([name]) => name.length)) + 2;
  const line = ([name, passed = 0, failed = 0, not = 0]: [string, ...number[]]) =>
    [
      name.padEnd(first),
      (passed > 0 ? green : dim)(String(passed).padStart(6)),
      (failed > 0 ? red : dim)(String(failed).padStart(8)),
      dim(String(not).padStart(16)),
    ].join('');
  return [bold(`${'area'.padEnd(first)}passed  failed  not applicable`), ...rows.map(line)].join('\n');
}

/** Why, and for how many. */
function notApplicable(checks: readonly CheckResult[]): string[] {
  const reasons = new Map<string, number>();
  for (const { outcome, reason = 'no reason' } of checks)
    if (outcome === 'not_applicable') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  if (reasons.size === 0) return [];
  return [['not applicable:', ...[...reasons].map(([reason, count]) => `  ${count} × ${reason}`)].join('\n')];
}

function failureText(
  { id, title, section, evidence, attempts, failure }: CheckResult,
  colours: Colours,
): string {
  const { bold, red, dim } = colours;
  const lines = [
    `${red('✗')} ${bold(id)}  ${dim(`${section} ${evidence.map((tag) => `[${tag}]`).join('')}`)}`,
    `  ${title}`,
  ];
  if (failure) {
    lines.push(
      `  ${failure.message}`,
      `  expected  ${shown(failure.expected)}`,
      `  received  ${shown(failure.received)}`,
    );
    if (failure.curl) lines.push(`  ${dim(failure.curl)}`);
  }
  if (attempts > 1) lines.push(dim(`  tried ${attempts} times`));
  return lines.join('\n');
}

/** A value on one line: texts as they are, all else as JSON. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replaceAll('\n', '\n            ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function verdict(
  { passed, failed, notApplicable: not, durationMs, checks }: Report,
  { green, red }: Colours,
): string {
  const again = checks.filter(({ attempts, outcome }) => attempts > 1 && outcome === 'passed').length;
  const counts = `${passed} passed, ${failed} failed, ${not} not applicable in ${(durationMs / 1000).toFixed(1)} s`;
  const retried = again > 0 ? `; ${again} passed only when tried again` : '';
  return (failed > 0 ? red : green)(counts) + retried;
}
