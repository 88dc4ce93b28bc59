/** A report as JUnit XML, which CI servers read. */
import type { CheckResult, Report } from './run.ts';
import { shown } from './summary.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Control characters and halves of pairs have no way into XML 1.0, not even escaped. */
const escaped = (text: string) =>
  text.replace(/[&<>"\p{Cc}\p{Cs}\ufffe\uffff]/gu, (char) => ENTITIES[char] ?? '\ufffd');

const attributes = (values: Record<string, string | number>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');

/** One test suite an area, one test case a check. */
export function junit({ checks, dialect, durationMs }: Report): string {
  const areas = [...new Set(checks.map(({ area }) => area))];
  const suites = areas.map((area) => {
    const own = checks.filter((check) => check.area === area);
    const seconds = own.reduce((sum, check) => sum + check.durationMs, 0) / 1000;
    return `  <testsuite${attributes({ name: `${dialect}.${area}`, ...counts(own), time: seconds })}>\n${own.map(testcase).join('')}  </testsuite>\n`;
  });
  const head = attributes({ name: 'rethread compat', ...counts(checks), time: durationMs / 1000 });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${suites.join('')}</testsuites>\n`;
}

const counts = (checks: readonly CheckResult[]) => ({
  tests: checks.length,
  failures: checks.filter(({ outcome }) => outcome === 'failed').length,
  skipped: checks.filter(({ outcome }) => outcome === 'not_applicable').length,
});

function testcase({
  id,
  title,
  section,
  dialect,
  area,
  durationMs,
  outcome,
  reason = '',
  failure,
}: CheckResult): string {
  const head = attributes({
    name: `${id}: ${title} (${section})`,
    classname: `${dialect}.${area}`,
    time: durationMs / 1000,
  });
  if (outcome === 'passed') return `    <testcase${head}/>\n`;
  const inside =
    outcome === 'not_applicable'
      ? `<skipped${attributes({ message: reason })}/>`
      : `<failure${attributes({ message: failure?.message ?? 'failed' })}>${escaped(
          `expected ${shown(failure?.expected)}\nreceived ${shown(failure?.received)}\n${failure?.curl ?? ''}`,
        )}</failure>`;
  return `    <testcase${head}>${inside}</testcase>\n`;
}
