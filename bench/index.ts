/** `npm run bench [-- words]`: the table of ratios; with words only the sections whose names hold one of them. */
import { clearUp } from './leftovers.ts';
import { type Row, table } from './table.ts';

const SECTIONS: Record<string, () => Promise<Row[]>> = {
  stream: async () => (await import('./rows/stream.ts')).streamRows(),
  poll: async () => (await import('./rows/poll.ts')).pollRows(),
  gateway: async () => (await import('./rows/gateway.ts')).gatewayRows(),
  concurrent: async () => (await import('./rows/concurrent.ts')).concurrentRows(),
  history: async () => (await import('./rows/history.ts')).historyRows(),
  import: async () => (await import('./rows/import.ts')).importRows(),
};

const SCALE: Record<string, () => Promise<Row[]>> = {
  length: async () => (await import('./rows/length.ts')).lengthRows(),
  threads: async () => (await import('./rows/threads.ts')).threadRows(),
};

const words = process.argv.slice(2).filter((word) => word !== '--scale');
const sections = Object.entries(process.argv.includes('--scale') ? SCALE : SECTIONS).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);
if (sections.length === 0) {
  console.error(
    `No section of that name. There are: ${[...Object.keys(SECTIONS), ...Object.keys(SCALE)].join(', ')}.`,
  );
  process.exit(2);
}
const rows: Row[] = [];
try {
  for (const [name, measure] of sections) {
    process.stderr.write(`${name} …\n`);
    rows.push(...(await measure()));
  }
} finally {
  await clearUp();
}
console.log(table(rows));
process.exit(0);
