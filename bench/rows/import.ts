/** What `import 'rethread'` adds to `import 'openai'`, each in fresh processes over the built package. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { summary } from '../measure.ts';
import type { Row } from '../table.ts';

const ROUNDS = 15;

export async function importRows(): Promise<Row[]> {
  if (!existsSync('dist/index.js')) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'ignore' });
  const probe = (modules: string[]) => {
    const script = `
      const began = performance.now();
      ${modules.map((name) => `await import(${JSON.stringify(name)});`).join('\n')}
      const took = performance.now() - began;
      gc();
      console.log(took, process.memoryUsage().rss);
    `;
    const said = execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    return said.trim().split(' ').map(Number) as [number, number];
  };
  const added: { ms: number[]; bytes: number[] } = { ms: [], bytes: [] };
  for (let round = -1; round < ROUNDS; round++) {
    const [bareMs, bareBytes] = probe(['openai']);
    const [bothMs, bothBytes] = probe(['openai', `${process.cwd()}/dist/index.js`]);
    if (round < 0) continue;
    added.ms.push(bothMs - bareMs);
    added.bytes.push(bothBytes - bareBytes);
  }
  const row = (what: string, values: number[], allowed: number, base: string): Row => {
    const { median, p10, p90 } = summary(values.map((value) => value / allowed));
    return {
      what,
      reference: "import 'openai', then this allowance",
      base,
      ratio: { median, p10, p90 },
      target: { most: 1 },
    };
  };
  return [
    row("import 'rethread' adds time", added.ms, 60, '60 ms'),
    row("import 'rethread' adds memory", added.bytes, 15 * 2 ** 20, '15 MB'),
  ];
}
