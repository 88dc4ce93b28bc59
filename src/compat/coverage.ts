/** What the checks cover, counted from the checks themselves, as Markdown. */
import type { Check } from './check.ts';

/** Sections without their rows: `§2.9 #8` and `§2.9` are one. */
const sectionOf = ({ section }: Check) => /^§[A-Z0-9]+(?:\.\d+)*/.exec(section)?.[0] ?? section;

/** Sections as their contract orders them. */
const bySection = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

function count(names: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const name of names) counted.set(name, (counted.get(name) ?? 0) + 1);
  return counted;
}

function table(head: string, counted: ReadonlyMap<string, number>): string {
  const rows = [...counted].map(([name, checks]) => `| ${name} | ${checks} |`);
  return [`| ${head} | Checks |`, '|---|---:|', ...rows].join('\n');
}

const line = (head: string, counted: ReadonlyMap<string, number>) =>
  `${head}: ${[...counted].map(([name, checks]) => `${name} ${checks}`).join(', ')}.`;

/** A table by operation, and lines by section and by evidence tag. A check with two tags counts for both. */
export function coverage(name: string, checks: readonly Check[]): string {
  const sections = count(checks.map(sectionOf).sort(bySection));
  const evidence = count(checks.flatMap((check) => check.evidence.map((tag) => `[${tag}]`)).sort());
  const divergences = checks.filter(({ takes }) => takes);
  const sides = count(divergences.map(({ takes }) => String(takes)).sort());
  return [
    `**${name}**: ${checks.length} checks.`,
    line('By section', sections),
    line('By evidence', evidence),
    ...(divergences.length > 0
      ? [line('Where specification and recordings differ, the checks take the side of', sides)]
      : []),
    table('Operation', count(checks.map(({ operation }) => `\`${operation}\``).sort())),
  ].join('\n\n');
}
