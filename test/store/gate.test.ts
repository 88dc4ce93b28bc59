import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { LmdbGate } from '../../src/store/lmdb-gate.ts';
import { openLog } from '../../src/store/log.ts';
import { openStore } from '../../src/store/open.ts';

const directory = await mkdtemp(join(tmpdir(), 'rethread-gate-'));
const opener = fileURLToPath(new URL('./helpers/opener.ts', import.meta.url));
let folders = 0;

afterAll(() => rm(directory, { recursive: true }));

function newFolder(): Promise<string> {
  return mkdtemp(join(directory, `${folders++}-`));
}

describe('a file store', () => {
  it('loses no write and no lock while other processes open and close it', async () => {
    const target = `file:${await newFolder()}`;
    const store = await openStore(target);
    const log = openLog(store, 'log');
    const args = ['--import', 'tsx', opener, target, '150'];
    const openers = [1, 2].map(() =>
      spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const ends = Promise.all(openers.map((one) => new Promise((resolve) => one.on('close', resolve))));
    let open = true;
    void ends.then(() => {
      open = false;
    });

    const ids: string[] = [];
    for (let i = 0; open; i++) {
      // many locks for each write, since they are quicker, and it is the commits that are in danger
      for (let k = 0; k < 20; k++) await store.lock(`name ${k % 3}`, async () => {});
      await store.lock('log', async () => store.setMany((await log.append([`id ${i}`])).writes));
      ids.push(`id ${i}`);
    }
    expect(await ends).toEqual([0, 0]);
    expect(ids.length).toBeGreaterThan(50);
    expect(await log.all()).toEqual(ids);
    await store.close();
  }, 60_000);

  it('leaves nothing in its gate when it was closed', async () => {
    const path = await newFolder();
    await (await openStore(`file:${path}`)).close();
    expect(await readdir(join(path, 'gate'))).toEqual([]);
  });
});

describe('the gate', () => {
  it('lets commits through side by side, and shuts only between them', async () => {
    const path = await newFolder();
    const [one, other] = [await LmdbGate.join(path), await LmdbGate.join(path)];
    let committing = 0;
    let most = 0;
    const commit = async (gate: LmdbGate) =>
      gate.commit(async () => {
        most = Math.max(most, ++committing);
        await sleep(3);
        committing--;
      });
    const seen: number[] = [];
    const shut = (gate: LmdbGate) =>
      gate.shut(async () => {
        seen.push(committing);
        await sleep(5);
        seen.push(committing);
      });
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 10; i++) {
      work.push(commit(one), commit(other), commit(one));
      if (i % 3 === 0) work.push(shut(i % 2 === 0 ? one : other));
      await sleep(2);
    }
    await Promise.all(work);
    expect(most).toBeGreaterThan(1);
    expect(seen).toEqual(seen.map(() => 0));
    await one.leave();
    await other.leave();
  });

  it('opens again when the work fails', async () => {
    const gate = await LmdbGate.join(await newFolder());
    const fail = () => {
      throw new Error('from the work');
    };
    await expect(gate.shut(fail)).rejects.toThrow('from the work');
    await expect(gate.commit(fail)).rejects.toThrow('from the work');
    expect(await gate.shut(() => 'shut')).toBe('shut');
    expect(await gate.commit(() => 'committed')).toBe('committed');
    await gate.leave();
  });

  it('does not wait for a process that died, whether it was committing or had shut the gate', async () => {
    const path = await newFolder();
    const gate = await LmdbGate.join(path);
    const [mine = ''] = await readdir(join(path, 'gate'));
    const [boot, container] = mine.split('-');
    const dead = [boot, container, await idOfNoProcess(), 'x'].join('-');
    await writeFile(join(path, 'gate', dead), '1');
    await writeFile(join(path, 'gate', 'shut'), dead);
    expect(await gate.commit(() => 'committed')).toBe('committed');
    expect(await gate.shut(() => 'shut')).toBe('shut');
    expect(await readdir(join(path, 'gate'))).toEqual([mine]);
    await gate.leave();
  });

  it('does not wait for a process of an earlier boot, whose id may be in use again', async () => {
    const path = await newFolder();
    const gate = await LmdbGate.join(path);
    const [mine = ''] = await readdir(join(path, 'gate'));
    const earlier = ['00000000', mine.split('-')[1], process.pid, 'x'].join('-');
    await writeFile(join(path, 'gate', earlier), '1');
    expect(await gate.shut(() => 'shut')).toBe('shut');
    await gate.leave();
  });

  it('waits for a process that it can not see, but not for ever', async () => {
    const path = await newFolder();
    const gate = await LmdbGate.join(path);
    const [mine = ''] = await readdir(join(path, 'gate'));
    const foreign = [mine.split('-')[0], '1', process.pid, 'x'].join('-');
    const shut = join(path, 'gate', 'shut');
    await writeFile(shut, foreign);
    let committed = false;
    const commit = gate.commit(() => {
      committed = true;
    });
    await sleep(30);
    expect(committed).toBe(false);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(shut, longAgo, longAgo);
    await commit;
    expect(committed).toBe(true);
    await gate.leave();
  });
});

async function idOfNoProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', '']);
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid ?? 0;
}
