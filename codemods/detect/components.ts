/** Script blocks of Vue, Svelte and Astro components: looked into and reported. Their code runs in a browser. */
import { readFileSync } from 'node:fs';
import { ts } from 'ts-morph';
import { RESOURCES } from '../flow/openai.ts';
import { testText } from '../project/text-test.ts';
import { buildIndex, parse } from '../source/parse.ts';
import { lineMap } from '../source/text.ts';
import type { Finding } from '../types.ts';
import { chainOf } from './chain.ts';

const SCRIPT = /(<script\b[^>]*>)([\s\S]*?)<\/script>/gi;
const FRONT_MATTER = /^(\s*---[^\n]*\n)([\s\S]*?)\n---/;

export function findInComponent(file: string, shown: string): Finding[] {
  const text = readFileSync(file, 'utf8');
  if (!testText(text).relevant) return [];
  const position = lineMap(text);
  const findings: Finding[] = [];
  const blocks = [
    ...text.matchAll(SCRIPT),
    ...(file.endsWith('.astro') ? [FRONT_MATTER.exec(text)].filter((each) => each !== null) : []),
  ];
  for (const block of blocks) {
    const start = (block.index ?? 0) + (block[1] ?? '').length;
    const script = block[2] ?? '';
    const { calls } = buildIndex(parse(`${file}.ts`, script));
    const sites = calls.filter((call) => isSite(call));
    const [first] = sites;
    if (!first) continue;
    const lines = sites.map((call) => position(start + call.getStart()).line);
    findings.push({
      file: shown,
      ...position(start + first.getStart()),
      code: 'component-file',
      severity: 'action',
      message: `This component calls the Assistants API (line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}).`,
      help: 'Components are not rewritten. Move the calls to the server and wrap the client there, or run `npx rethread serve` and give the client its address as `baseURL`.',
    });
  }
  return findings;
}

function isSite(call: ts.CallExpression): boolean {
  const { names } = chainOf(call.expression);
  return (
    names.some((name, index) => name === 'beta' && RESOURCES.has(names[index + 1] ?? '')) &&
    ts.isCallExpression(call)
  );
}
