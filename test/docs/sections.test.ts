/** Code, tests and pages cite the contracts by section number (docs/contracts/openai.md, "How to cite"). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { page, pages, ROOT, sections } from './pages.ts';

const contracts = [page('docs/contracts/openai.md'), page('docs/contracts/dashscope.md')];
const known = new Map(contracts.flatMap((contract) => [...sections(contract)]));

interface Citation {
  where: string;
  section: string;
  /** `12` of `§2.9 #12`, `h` of `§3.3(h)`. */
  item?: string;
}

/** `§2.9 #12`, `§7 no. 10`, `§3.3(h)`, `§3.3 h`; not `DESIGN §3`, and not a letter that begins the next word. */
const CITATION =
  /(?<!DESIGN )§((?:[A-Z]|\d+)(?:\.\d+)*)(?: ?#(\d+)| no\. (\d+)| ?\(([a-z]'?)\)| ([b-h])(?=[\s,;:.)–-]))?/g;

function citations(file: string, text: string): Citation[] {
  return text.split('\n').flatMap((line, at) =>
    [...line.matchAll(CITATION)].map(([, section = '', ...items]) => {
      const item = items.find((one) => one !== undefined);
      return { where: `${file}:${at + 1}`, section, ...(item !== undefined && { item }) };
    }),
  );
}

/** A row of a table, an entry of a list, or a paragraph that begins with a letter in brackets. */
function hasItem(text: string, item: string): boolean {
  const named = /^\d/.test(item)
    ? new RegExp(`^(?:\\| *${item} *\\||${item}\\. )`, 'm')
    : new RegExp(`\\(${item}\\)`, 'm');
  return named.test(text);
}

describe('every § that is cited exists', () => {
  const sources = globSync(['{src,codemods,test,bench,examples}/**/*.{ts,js}'], { cwd: ROOT });

  it.each([
    [
      'in code and tests',
      sources.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')] as const),
    ],
    ['in pages', pages.map(({ file, prose }) => [file, prose] as const)],
  ])('%s', (_, files) => {
    const cited = files.flatMap(([file, text]) => citations(file, text));
    expect(cited.length).toBeGreaterThan(0);
    const unknown = cited.filter(({ section, item }) => {
      const text = known.get(section);
      return text === undefined || (item !== undefined && !hasItem(text, item));
    });
    expect(unknown).toEqual([]);
  });
});
