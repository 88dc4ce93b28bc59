/** README.md lists every option, its environment variable and its default as src/options.ts has them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { page, ROOT } from './pages.ts';

const source = readFileSync(path.join(ROOT, 'src/options.ts'), 'utf8');
const block = (start: string) =>
  source.slice(source.indexOf(start), source.indexOf('\n}', source.indexOf(start)));

/** Each option with the default that its comment names. */
const options = [
  ...block('export interface RethreadOptions').matchAll(/\/\*\*([\s\S]*?)\*\/\s+(\w+)\?:/g),
].map(([, comment = '', name = '']) => {
  const [, byDefault] = /@default '?([^\s']+)/.exec(comment) ?? [];
  return { name, byDefault };
});

const variables = new Map(
  [...block('const ENVIRONMENT').matchAll(/(\w+): '(RETHREAD_\w+)'/g)].map(([, name, variable]) => [
    name,
    variable,
  ]),
);

const { text } = page('README.md');
const table = text.slice(text.indexOf('## Options'), text.indexOf('### Stores'));
const rows = new Map(
  [...table.matchAll(/^\| `(\w+)` \| (?:`(RETHREAD_\w+)`)?[^|]*\| (?:`([^`]*)`)?[^|]*\|/gm)].map(
    ([, name = '', variable, byDefault]) => [name, { variable, byDefault }],
  ),
);

describe('the options table of README.md', () => {
  it('has every option and no other', () => {
    expect(options.length).toBeGreaterThan(10);
    expect([...rows.keys()].sort()).toEqual(options.map(({ name }) => name).sort());
  });

  it.each(options)('$name: variable and default', ({ name, byDefault }) => {
    expect(rows.get(name)).toEqual({ variable: variables.get(name), byDefault });
  });
});
