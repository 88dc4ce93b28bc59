/** A file store of a million threads against one of a thousand: opening it, creating, retrieving, listing; and its memory. */
import { join } from 'node:path';
import { temporaryFolder } from '../leftovers.ts';
import { type Child, inTurns, ratio, spawn, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';

const FEW = 1_000;
const MANY = Number(process.env.THREADS ?? 1_000_000);
const ROUNDS = 500;
const OPENINGS = 50;
/** Threads that are retrieved before any are timed; of many, others than those that are. */
const WARMING = 1_000;
const ALLOWED_BYTES = 200 * 2 ** 20;

const SCRIPT = './servers/threads.ts';

export async function threadRows(): Promise<Row[]> {
  const folder = temporaryFolder();
  const few = await filled(join(folder, 'few'), FEW);
  const many = await filled(join(folder, 'many'), MANY);
  const rows: Row[] = [];
  const size = `${MANY.toLocaleString('en')} threads in the file store`;
  const add = (what: string, times: Record<'few' | 'many', number[]>) =>
    rows.push({
      what: `${what}, ${size}`,
      reference: `${FEW.toLocaleString('en')} threads`,
      base: ms(summary(times.few)),
      ratio: ratio(times.many, times.few),
      target: { most: 1.5 },
    });

  const ofFew = await spawn(SCRIPT, { FOLDER: few.folder });
  const ofMany = await spawn(SCRIPT, { FOLDER: many.folder });
  process.stderr.write('  opening both, and asking them\n');
  const opened = async (child: Child) => {
    const took = Number(await child.ask('open'));
    await child.ask('close');
    return took;
  };
  add('opening', await inTurns({ few: () => opened(ofFew), many: () => opened(ofMany) }, OPENINGS));
  for (const child of [ofFew, ofMany]) await child.ask('open');
  const asked = (operation: string, any: boolean) => {
    const contender = (child: Child, { sample }: Filled) => {
      let next = 0;
      return async () =>
        Number(await child.ask(any ? `${operation} ${sample[next++ % sample.length]}` : operation));
    };
    return inTurns({ few: contender(ofFew, few), many: contender(ofMany, many) }, ROUNDS);
  };
  add('creating one', await asked('create', false));
  // Servers that have answered something: what lies above the threads' own pages is in memory.
  for (const [child, { sample }] of [
    [ofFew, few],
    [ofMany, many],
  ] as const) {
    for (const id of sample.slice(-WARMING)) await child.ask(`retrieve ${id}`);
  }
  add('retrieving any', await asked('retrieve', true));
  add('listing the newest 20', await asked('list', false));
  add('listing 20 from anywhere', await asked('list', true));

  process.stderr.write('  listing all\n');
  await ofMany.ask('listAll');
  const { resident, ofFile } = (await ofMany.ask('memory')) as Record<'resident' | 'ofFile', number>;
  const addMemory = (what: string, bytes: number) => {
    const share = bytes / ALLOWED_BYTES;
    rows.push({
      what: `${what}, ${size}`,
      reference: 'this allowance',
      base: '200 MB',
      ratio: { median: share, p10: share, p90: share },
      target: { most: 1 },
    });
  };
  addMemory('resident memory after all were listed', resident);
  addMemory("resident memory beside the file's pages", resident - ofFile);
  ofFew.end();
  ofMany.end();
  return rows;
}

interface Filled {
  folder: string;
  /** Ids of threads from anywhere in the list. */
  sample: string[];
}

async function filled(folder: string, threads: number): Promise<Filled> {
  process.stderr.write(`  writing ${threads.toLocaleString('en')} threads\n`);
  const writer = await spawn(SCRIPT, { FOLDER: folder });
  await writer.ask('open');
  const sample = (await writer.ask(`fill ${threads}`)) as string[];
  await writer.ask('close');
  writer.end();
  return { folder, sample: sample.toSorted(() => Math.random() - 0.5) };
}
