/**
 * Runs the codemod over a directory of checked-out repositories and prints what became of their call sites.
 *
 *   tsx bench/migrate/corpus.ts <directory> <files.tsv> [name…]
 *
 * `<directory>` has one checkout per repository, named `owner+name`. `files.tsv` lists, per repository and file, how many
 * call sites a plain pass over the syntax saw (columns repo, path, kind, sites). Nothing in the checkouts is touched: each run works on
 * a copy. Printed per repository, as a Markdown table: sites listed, sites in code (comments and strings left out) by a count of
 * its own, sites found, what became of them, sites that the list has and the run has not, files with fewer sites found
 * than in code (missed), findings, parse errors brought in, and whether a second run is clean.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ts } from 'ts-morph';
import { migrate, type Report } from '../../codemods/index.ts';
import { parse, syntaxErrors } from '../../codemods/source/parse.ts';

const [directory, filesTsv, ...only] = process.argv.slice(2);
if (!directory || !filesTsv)
  throw new Error('usage: tsx bench/migrate/corpus.ts <directory> <files.tsv> [name…]');

const listed = new Map<string, { file: string; sites: number }[]>();
for (const row of readFileSync(filesTsv, 'utf8').trim().split('\n').slice(1)) {
  const [repo = '', file = '', , sites = '0'] = row.split('\t');
  if (Number(sites) > 0) listed.set(repo, [...(listed.get(repo) ?? []), { file, sites: Number(sites) }]);
}

/** Calls of the surface in code, by the tokens of the file and not by its tree: a check on the codemod's own finding. */
function sitesInCode(file: string, text: string): number {
  const ast = parse(file, text);
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(ast);
    if (children.length > 0) for (const child of children) visit(child);
    else if (ts.isStringLiteralLike(node) || ts.isJsxText(node) || ts.isTemplateLiteralToken(node))
      tokens.push('·');
    else tokens.push(node.getText(ast));
  };
  visit(ast);
  const chain =
    /\bbeta (?:! )?(?:\?\. |\. )(?:threads|assistants|vectorStores)(?: (?:!|\?\.|\.) (?!mock|resolves|rejects)[A-Za-z]+)+ \(/g;
  return [...tokens.join(' ').matchAll(chain)].length;
}

const total: Record<string, number> = {};
const add = (name: string, value: number): number => {
  total[name] = (total[name] ?? 0) + value;
  return value;
};
const status = (report: Report, name: string): number =>
  report.sites.filter((site) => site.status === name).length;

console.log(
  '| repository | listed | in code | found | wrapped | live | left alone | not found | short of the list | missed | clients | repaired | raw | to do | parse errors | second run |',
);
console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|');
for (const name of readdirSync(directory).sort()) {
  if (only.length > 0 && !only.some((each) => name.includes(each))) continue;
  const copy = mkdtempSync(path.join(tmpdir(), 'rethread-corpus-'));
  try {
    cpSync(path.join(directory, name), copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !/\/(?:\.git|node_modules)$/.test(file),
    });
    const repo = name.replace('+', '/');
    let inCode = 0;
    const missed: string[] = [];
    const first = await migrate({ cwd: copy, force: true });
    const perFile = new Map<string, number>();
    for (const site of first.sites) perFile.set(site.file, (perFile.get(site.file) ?? 0) + 1);
    let inList = 0;
    let short = 0;
    for (const { file, sites } of listed.get(repo) ?? []) {
      inList += sites;
      short += Math.max(0, sites - (perFile.get(file) ?? 0));
      const expected = sitesInCode(file, readFileSync(path.join(directory, name, file), 'utf8'));
      inCode += expected;
      if ((perFile.get(file) ?? 0) < sites)
        console.log(`  list ${file}: ${sites} listed, ${expected} in code, ${perFile.get(file) ?? 0} found`);
      if ((perFile.get(file) ?? 0) < expected)
        missed.push(`${file}: ${expected} in code, ${perFile.get(file) ?? 0} found`);
    }
    const broken = first.files.filter(({ file, before, after }) => {
      if (!/\.[mc]?[jt]sx?$/.test(file)) return false;
      return syntaxErrors(parse(file, after)).length > syntaxErrors(parse(file, before ?? '')).length;
    });
    const second = await migrate({ cwd: copy, force: true });
    const again =
      second.files.length === 0 ? 'clean' : `CHANGES ${second.files.map(({ file }) => file).join(' ')}`;
    const { summary } = first;
    const cells = [
      add('listed', inList),
      add('in code', inCode),
      add('found', summary.callSites),
      add('wrapped', status(first, 'wrapped') + status(first, 'already')),
      add('live', status(first, 'live')),
      add('left alone', status(first, 'withheld')),
      add('not found', status(first, 'unresolved')),
      add('short of the list', short),
      add('missed', missed.length),
      add('clients', summary.clientsWrapped),
      add('repaired', summary.callsRepaired),
      add('raw', summary.rawHttpCalls),
      add('to do', summary.needsHand),
      add('parse errors', broken.length),
    ];
    if (second.files.length > 0) add('unclean', 1);
    console.log(`| ${repo} | ${cells.join(' | ')} | ${again} |`);
    for (const each of missed) console.log(`  missed? ${each}`);
    for (const finding of first.findings.filter((each) => each.code === 'not-written'))
      console.log(`  blocked ${finding.file} ${finding.message}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
console.log(
  `| **all** | ${Object.entries(total)
    .map(([name, value]) => `${value} ${name}`)
    .join(' | ')} |`,
);
