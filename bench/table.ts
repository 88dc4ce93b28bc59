/** Rows of the benchmark and how they are printed. */
import type { Sample } from './measure.ts';

export interface Row {
  what: string;
  /** What the ratio is to; measured in the same run. */
  reference: string;
  ratio: Sample;
  /** `most`: the ratio's median may be no larger; `least`: no smaller. */
  target: { most: number } | { least: number };
  /** The reference's own median, with its unit. */
  base: string;
}

export const ms = ({ median }: Sample) => `${median.toFixed(median < 10 ? 2 : 0)} ms`;

export function isMet({ ratio, target }: Row): boolean {
  return 'most' in target ? ratio.median <= target.most : ratio.median >= target.least;
}

/** A Markdown table, as it is kept in README.md of this folder. */
export function table(rows: readonly Row[]): string {
  const number = (value: number) => value.toFixed(2);
  const cells = rows.map((row) => [
    row.what,
    row.reference,
    row.base,
    number(row.ratio.median),
    `${number(row.ratio.p10)}–${number(row.ratio.p90)}`,
    'most' in row.target ? `≤ ${row.target.most}` : `≥ ${row.target.least}`,
    isMet(row) ? 'yes' : '**no**',
  ]);
  const head = ['what', 'reference', 'its median', 'ratio', 'p10–p90', 'target', 'met'];
  const widths = head.map((name, at) =>
    Math.max(
      ...[[name], ...cells.map((row) => [row[at] as string])].map(([cell]) => [...(cell as string)].length),
    ),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell + ' '.repeat((widths[at] as number) - [...cell].length)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
