/** The report as Markdown, to be attached to a pull request. */
import type { Finding, Report } from '../types.ts';
import { unifiedDiff } from './diff.ts';
import { guideFor } from './migration-guide.ts';
import { headline, summaryRows } from './summary.ts';

export function markdownReport(report: Report): string {
  const lines: string[] = ['# rethread migrate', '', headline(report), ''];
  lines.push(
    '| | |',
    '|---|---:|',
    ...summaryRows(report).map(([name, value]) => `| ${name} | ${value} |`),
    '',
  );
  section(
    lines,
    'What needs a hand',
    report.findings.filter((each) => each.severity === 'action').flatMap(findingLines),
  );
  section(
    lines,
    'Good to know',
    report.findings.filter((each) => each.severity === 'note').flatMap(findingLines),
  );
  section(
    lines,
    'What changed',
    report.changes.map((each) => `- \`${each.file}:${each.line}\` ${each.message}`),
  );
  section(lines, 'Other languages', foreignLines(report));
  section(
    lines,
    'File by file',
    report.files.flatMap((file) => [
      `<details><summary><code>${escapeHtml(file.file)}</code></summary>`,
      '',
      fence(unifiedDiff(file).trimEnd()),
      '',
      '</details>',
      '',
    ]),
  );
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(lines: string[], title: string, body: readonly string[]): void {
  if (body.length > 0) lines.push(`## ${title}`, '', ...body, '');
}

function findingLines(finding: Finding): string[] {
  return [
    `- \`${finding.file}:${finding.line}\` ${finding.message}  `,
    `  ${finding.help} ([${finding.code}](${guideFor(finding.code)}))`,
  ];
}

function foreignLines(report: Report): string[] {
  if (report.foreign.length === 0) return [];
  return [
    'These are not rewritten: start `npx rethread serve` and set, per language:',
    '',
    ...report.foreignAdvice.map((each) => `- ${each.language} (${each.vendor}): \`${each.set}\``),
    '',
    ...report.foreign.map((each) => `- \`${each.file}:${each.line}\` \`${each.code.replaceAll('`', "'")}\``),
  ];
}

/** A fence longer than any run of backticks in what it holds. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}diff\n${text}\n${marks}`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
