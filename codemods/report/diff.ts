/** Unified diffs of what changed. */
import { createTwoFilesPatch } from 'diff';
import type { FileChange } from '../types.ts';

/** A patch that `git apply` takes. */
export function unifiedDiff(change: FileChange): string {
  const patch = createTwoFilesPatch(
    change.before === null ? '/dev/null' : `a/${change.file}`,
    `b/${change.file}`,
    change.before ?? '',
    change.after,
    undefined,
    undefined,
    { context: 3 },
  );
  return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) ([^\t\n]*)\t?$/gm, '$1 $2');
}

/** Colours for a terminal: added green, removed red, places cyan. */
export function colourDiff(
  patch: string,
  colours: { red: Paint; green: Paint; cyan: Paint; bold: Paint },
): string {
  return patch
    .split('\n')
    .map((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return colours.bold(line);
      if (line.startsWith('@@')) return colours.cyan(line);
      if (line.startsWith('+')) return colours.green(line);
      return line.startsWith('-') ? colours.red(line) : line;
    })
    .join('\n');
}

type Paint = (text: string) => string;
