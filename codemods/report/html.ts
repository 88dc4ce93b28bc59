/** The report as one HTML page that needs nothing else: no script, no network. */
import type { FileChange, Finding, Report } from '../types.ts';
import { unifiedDiff } from './diff.ts';
import { escapeHtml } from './markdown.ts';
import { guideFor } from './migration-guide.ts';
import { headline, summaryRows } from './summary.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --add: #2da44e33; --del: #cf222e33; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td { padding: .15rem 1rem .15rem 0; } td:last-child { text-align: right; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { margin: 0; padding: .5rem; overflow-x: auto; background: var(--soft); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; } summary { padding: .4rem .6rem; cursor: pointer; }
li { margin: .4rem 0; } .help { opacity: .8; } .add { background: var(--add); } .del { background: var(--del); }
.add, .del, .at { display: block; } .at { opacity: .6; }`;

export function htmlReport(report: Report): string {
  const action = report.findings.filter((each) => each.severity === 'action');
  const notes = report.findings.filter((each) => each.severity === 'note');
  const rows = summaryRows(report).map(
    ([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${value}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rethread migrate</title>
<style>${STYLE}</style>
<h1>rethread migrate</h1>
<p>${escapeHtml(headline(report))}</p>
<table>${rows.join('')}</table>
${list('What needs a hand', action.map(findingItem))}
${list('Good to know', notes.map(findingItem))}
${list(
  'What changed',
  report.changes.map((each) => `${place(each.file, each.line)} ${inline(each.message)}`),
)}
${list(
  'Other languages',
  report.foreignAdvice.map(
    (each) =>
      `${escapeHtml(each.language)} (${escapeHtml(each.vendor)}): <code>${escapeHtml(each.set)}</code>`,
  ),
)}
${list(
  '',
  report.foreign.map((each) => `${place(each.file, each.line)} <code>${escapeHtml(each.code)}</code>`),
)}
${report.files.length > 0 ? `<h2>File by file</h2>\n${report.files.map(fileBlock).join('\n')}` : ''}
</html>
`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const heading = title === '' ? '' : `<h2>${title}</h2>\n`;
  return `${heading}<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

function findingItem(finding: Finding): string {
  return `${place(finding.file, finding.line)} ${inline(finding.message)}<br><span class="help">${inline(finding.help)} <a href="${guideFor(finding.code)}">${finding.code}</a></span>`;
}

function place(file: string, line: number): string {
  return `<code>${escapeHtml(file)}:${line}</code>`;
}

/** Text with `code` in backticks. */
function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function fileBlock(file: FileChange): string {
  const lines = unifiedDiff(file)
    .split('\n')
    .slice(2)
    .map((line) => {
      const kind = line.startsWith('+')
        ? 'add'
        : line.startsWith('-')
          ? 'del'
          : line.startsWith('@@')
            ? 'at'
            : '';
      const text = escapeHtml(line);
      return kind === '' ? `${text}\n` : `<span class="${kind}">${text}</span>`;
    });
  return `<details><summary><code>${escapeHtml(file.file)}</code></summary><pre>${lines.join('')}</pre></details>`;
}
