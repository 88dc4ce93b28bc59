/** The project's own Markdown, and what the checks want to know of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Page {
  /** From the project's folder, e.g. `docs/architecture.md`. */
  file: string;
  text: string;
  /** Without fenced code. */
  prose: string;
}

const FENCE = /^```(\S*)[^\n]*\n([\s\S]*?)^```$/gm;

export const pages: Page[] = globSync(['*.md', 'docs/**/*.md', 'bench/**/*.md', 'examples/**/README.md'], {
  cwd: ROOT,
})
  .sort()
  .map((file) => {
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    return { file, text, prose: text.replace(FENCE, '') };
  });

export function page(file: string): Page {
  const found = pages.find((one) => one.file === file);
  if (!found) throw new Error(`There is no ${file}.`);
  return found;
}

/** Fenced code of one language, with the line it starts on. */
export function snippets({ text }: Page, language: string): { code: string; line: number }[] {
  return [...text.matchAll(FENCE)]
    .filter((match) => match[1] === language)
    .map((match) => ({ code: match[2] as string, line: text.slice(0, match.index).split('\n').length + 1 }));
}

/** Headings as GitHub makes anchors of them. */
export function anchors({ prose }: Page): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

/** The sections of a contract by number, `3.3` or `A.9.3`, each with its text up to the next heading. */
export function sections({ text }: Page): Map<string, string> {
  const headings = [...text.matchAll(/^#{1,6} +([0-9A-Z]\d*(?:\.\d+)*)\.? .*$/gm)];
  return new Map(
    headings.map((match, at) => [
      match[1] as string,
      text.slice(match.index, headings[at + 1]?.index ?? text.length),
    ]),
  );
}
