import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, pages, ROOT } from './pages.ts';

describe.each(pages)('$file', (page) => {
  it('links to files and headings that exist', () => {
    const links = [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links.filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [target = '', anchor] = link.split('#');
      const file = path.relative(
        ROOT,
        path.resolve(ROOT, path.dirname(page.file), target || path.basename(page.file)),
      );
      if (!existsSync(path.join(ROOT, file))) return true;
      const other = pages.find((one) => one.file === file);
      return anchor !== undefined && !(other && anchors(other).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names files of this project that exist', () => {
    const named = [
      ...page.prose.matchAll(/`((?:\.ci|src|test|codemods|docs|examples|fixtures|bench)\/[\w./-]*)`/g),
    ];
    const missing = named.map(([, name = '']) => name).filter((name) => !existsSync(path.join(ROOT, name)));
    expect(missing).toEqual([]);
  });
});
