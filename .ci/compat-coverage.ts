// Writes what the compatibility checks cover into README.md, between its markers; with --check, says whether it is there.
import { readFileSync, writeFileSync } from 'node:fs';
import { coverage } from '../src/compat/coverage.ts';
import { checksOf, type Dialect } from '../src/compat/index.ts';

const [BEGIN, END] = ['<!-- compat:coverage -->', '<!-- /compat:coverage -->'];
const NAMES: Record<Dialect, string> = { openai: 'OpenAI', dashscope: 'DashScope' };

const readme = readFileSync('README.md', 'utf8');
const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END}`);

const parts = Object.entries(NAMES).flatMap(([dialect, name]) => {
  const checks = checksOf(dialect as Dialect);
  return checks.length > 0 ? [coverage(name, checks)] : [];
});
const fresh = `${readme.slice(0, from)}${BEGIN}\n${parts.join('\n\n')}\n${readme.slice(to)}`;

if (!process.argv.includes('--check')) writeFileSync('README.md', fresh);
else if (fresh !== readme) {
  console.error('README.md: the coverage of the compatibility checks is stale; run: npm run compat:coverage');
  process.exitCode = 1;
}
