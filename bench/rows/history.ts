/** Reading a thread of 1 000 messages for a run, against as many single reads of the same store. */

import type { Domain } from '../../src/assistants/domain.ts';
import { readThread } from '../../src/assistants/messages.ts';
import { createThread } from '../../src/assistants/threads.ts';
import { openStore } from '../../src/store/open.ts';
import { clearLater } from '../leftovers.ts';
import { inTurns, ratio, summary } from '../measure.ts';
import { ms, type Row } from '../table.ts';
import { namespace, serviceUrls } from './services.ts';

const LENGTH = 1_000;

export async function historyRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, url] of await serviceUrls()) {
    const store = await openStore(url, { namespace });
    clearLater(() => store.close());
    const domain: Domain = {
      tenant: 'bench',
      store: store.scoped('bench'),
      now: Date.now,
      runExpiry: 600,
      declared: {},
    };
    const content = 'About as long as a message is: two sentences, and a little more. They say nothing. ';
    const messages = Array.from({ length: LENGTH }, () => ({ role: 'user' as const, content }));
    const { id } = await createThread(domain, {}, messages);
    const known = await readThread(domain, id);
    const times = await inTurns(
      {
        single: async () => {
          for (const message of known) await domain.store.get(`message/${id}/${message.id}`);
        },
        history: () => readThread(domain, id),
      },
      15,
    );
    rows.push({
      what: `history of 1 000 messages, ${name}`,
      reference: '1 000 single reads',
      base: ms(summary(times.single)),
      ratio: ratio(times.history, times.single),
      target: { most: 0.2 },
    });
  }
  return rows;
}
