/** All that a tenant has, as lines of JSON that {@link importEntries} takes. */

import { Buffer } from 'node:buffer';
import { listAssistants } from '../assistants/assistants.ts';
import { type Domain, keys, locks } from '../assistants/domain.ts';
import { logOf } from '../assistants/lists.ts';
import { readThread } from '../assistants/messages.ts';
import { allSteps, runsOf } from '../assistants/runs.ts';
import { listThreads, type ThreadRecord } from '../assistants/threads.ts';
import { readFile } from '../files/minted.ts';
import { HEADER, type RunExtra } from './entry.ts';

/** The first line of an export. */
export const headerLine = () => lineOf(HEADER);

const lineOf = (object: object) => `${JSON.stringify(object)}\n`;

const PAGE = 100;

/** Oldest first, a page of lines at a time. */
export async function* assistantLines(domain: Domain): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const { data, has_more } = await listAssistants(domain, {
      order: 'asc',
      limit: PAGE,
      ...(after && { after }),
    });
    yield data.map(lineOf).join('');
    after = data.at(-1)?.id;
    if (!has_more || !after) return;
  }
}

/** @returns how many threads there are now */
export async function countThreads({ store }: Domain): Promise<number> {
  return (await logOf(store, keys.threads).all()).length;
}

/** Ids of all threads, oldest first. @param from the first one; from the beginning where it is gone */
export async function* threadIds(domain: Domain, from?: string): AsyncGenerator<string> {
  const isThere = from !== undefined && (await domain.store.get(keys.thread(from)));
  if (isThere) yield from;
  for (let after = isThere ? from : undefined; ; ) {
    const { data, has_more } = await listThreads(domain, {
      order: 'asc',
      limit: PAGE,
      ...(after && { after }),
    });
    yield* data.map(({ id }) => id);
    after = data.at(-1)?.id;
    if (!has_more || !after) return;
  }
}

/** A thread with all that hangs on it, as it is at one moment; '' for one that is gone. */
export async function threadLines(domain: Domain, id: string): Promise<string> {
  return domain.store.lock(locks.thread(id), async () => {
    const record = await domain.store.get<ThreadRecord>(keys.thread(id));
    if (!record) return '';
    const lines = [lineOf(record.thread)];
    for (const message of await readThread(domain, id)) lines.push(lineOf(message));
    for (const one of await runsOf(domain, id)) {
      const rethread: RunExtra = { files: one.files, resources: one.resources };
      lines.push(lineOf({ ...one.run, rethread }));
      for (const step of await allSteps(domain, one)) lines.push(lineOf(step));
      for (const file of one.files) lines.push(await fileLine(domain, file));
    }
    return lines.join('');
  });
}

/** A file may have been deleted by its user. */
async function fileLine(domain: Domain, id: string): Promise<string> {
  if (!(await domain.store.get(keys.file(id)))) return '';
  const { file, bytes } = await readFile(domain, id);
  return lineOf({ ...file, content: Buffer.from(bytes).toString('base64') });
}
