/** The report as lines for a terminal. */
import type picocolors from 'picocolors';
import type { Finding, Report } from '../types.ts';
import { colourDiff, unifiedDiff } from './diff.ts';
import { count, headline } from './summary.ts';

type Colours = ReturnType<typeof picocolors.createColors>;

export function terminalReport(report: Report, colours: Colours, showDiff: boolean): string {
  const lines: string[] = [];
  if (showDiff) {
    for (const file of report.files) lines.push(colourDiff(unifiedDiff(file).trimEnd(), colours), '');
  } else {
    const byFile = new Map<string, number>();
    for (const change of report.changes) byFile.set(change.file, (byFile.get(change.file) ?? 0) + 1);
    for (const [file, changes] of byFile)
      lines.push(
        `${colours.green(report.dryRun ? 'would change' : 'changed')} ${file} ${colours.dim(count(changes, 'change'))}`,
      );
    if (byFile.size > 0) lines.push('');
  }
  const action = report.findings.filter((each) => each.severity === 'action');
  for (const finding of action) lines.push(...findingLines(finding, colours.yellow('to do'), colours));
  for (const finding of report.findings.filter((each) => each.severity === 'note')) {
    lines.push(...findingLines(finding, colours.dim('note'), colours));
  }
  if (report.findings.length > 0) lines.push('');
  if (report.foreign.length > 0) {
    for (const site of report.foreign)
      lines.push(`${colours.cyan(site.language)} ${site.file}:${site.line} ${colours.dim(site.code)}`);
    lines.push('', 'Start `npx rethread serve` and set:');
    for (const { language, vendor, set } of report.foreignAdvice)
      lines.push(`  ${language} (${vendor}): ${set}`);
    lines.push('');
  }
  lines.push(headline(report));
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding, label: string, colours: Colours): string[] {
  return [
    `${label} ${finding.file}:${finding.line} ${finding.message}`,
    `      ${colours.dim(finding.help)}`,
  ];
}
