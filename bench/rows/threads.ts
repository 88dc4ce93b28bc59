/** A file store of a million threads against one of a thousand: opening it, creating, retrieving, listing; and its memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, ratio, spawn, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';

const FEW = 1_000;
const MANY = Number(process.env.THREADS ?? 1_000_000);
const ROUNDS = 200;
const ALLOWED_BYTES = 200 * 2 ** 20;

export async function threadRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rethread-bench-'));
  const rows: Row[] = [];
  const stores = { few: join(folder, 'few'), many: join(folder, 'many') };
  for (const [name, threads] of [
    ['few', FEW],
    ['many', MANY],
  ] as const) {
    process.stderr.write(`  writing ${threads.toLocaleString('en')} threads\n`);
    const writer = await spawn('./servers/threads.ts', { FOLDER: stores[name], FILL: String(threads) });
    await writer.ask('filled');
    writer.end();
  }
  const opening = { few: [] as number[], many: [] as number[] };
  for (let round = 0; round < 5; round++) {
    for (const name of ['few', 'many'] as const) {
      const reader = await spawn('./servers/threads.ts', { FOLDER: stores[name] });
      opening[name].push(Number(reader.said));
      reader.end();
    }
  }
  const add = (what: string, few: number[], many: number[]) =>
    rows.push({
      what: `${what}, ${MANY.toLocaleString('en')} threads in the file store`,
      reference: `${FEW.toLocaleString('en')} threads`,
      base: ms(summary(few)),
      ratio: ratio(many, few),
      target: { most: 1.5 },
    });
  add('open', opening.few, opening.many);
  const few = await spawn('./servers/threads.ts', { FOLDER: stores.few });
  const many = await spawn('./servers/threads.ts', { FOLDER: stores.many });
  for (const operation of ['create', 'retrieve', 'list']) {
    const asked = async (of: typeof few) => Number(await of.ask(operation));
    const times = await inTurns({ few: () => asked(few), many: () => asked(many) }, ROUNDS);
    add(operation, times.few, times.many);
  }
  const value = Number(await many.ask('memory')) / ALLOWED_BYTES;
  rows.push({
    what: `resident memory beside the store's own pages, ${MANY.toLocaleString('en')} threads`,
    reference: '200 MB',
    base: '200 MB',
    ratio: { median: value, p10: value, p90: value },
    target: { most: 1 },
  });
  few.end();
  many.end();
  rmSync(folder, { recursive: true, force: true });
  return rows;
}
