/** Threads with a past: questions, and the runs that answered them, as many as are asked for. */
import { type Domain, keys, locks } from '../src/assistants/domain.ts';
import { mintId, runIds } from '../src/assistants/ids.ts';
import { logOf } from '../src/assistants/lists.ts';
import type { MessageRecord } from '../src/assistants/messages.ts';
import type { RunRecord } from '../src/assistants/runs.ts';
import { placeThreads, retrieveThread } from '../src/assistants/threads.ts';
import type { Entry } from '../src/store/store.ts';

/** One question and its run in a store. */
export interface Model {
  threadId: string;
  questionId: string;
  runId: string;
}

/** Questions, with their runs and answers, that are written at once. */
const BATCH = 500;

/**
 * A thread of `length` messages, half of them the answers of as many runs. The store holds what it would hold if they
 * had been asked one by one: each record is a copy of the model's, which the API has made, under ids and on pages of
 * its own.
 */
export async function conversation(domain: Domain, model: Model, length: number): Promise<string> {
  const { store } = domain;
  const copy = await readModel(domain, model);
  const thread = { ...(await retrieveThread(domain, model.threadId)), id: mintId('thread_') };
  await store.lock(locks.list(keys.threads), async () => store.setMany(await placeThreads(store, [thread])));
  const said = Math.ceil(length / 2);
  for (let done = 0; done < said; done += BATCH) {
    await store.lock(locks.thread(thread.id), async () => {
      const turns = Array.from({ length: Math.min(BATCH, said - done) }, () => newTurn());
      const messages = logOf(store, keys.messages(thread.id));
      const runs = logOf(store, keys.runs(thread.id));
      const spoken = await messages.append(turns.flatMap(({ question, answer }) => [question, answer]));
      const carriedOut = await runs.append(turns.map(({ run }) => run));
      await store.setMany([
        ...turns.flatMap((turn, at) =>
          copy(thread.id, turn, {
            question: spoken.pages[2 * at] as number,
            answer: spoken.pages[2 * at + 1] as number,
            run: carriedOut.pages[at] as number,
          }),
        ),
        ...spoken.writes,
        ...carriedOut.writes,
      ]);
    });
  }
  return thread.id;
}

type Turn = ReturnType<typeof newTurn>;

function newTurn() {
  const run = mintId('run_');
  const ids = runIds(run);
  return { question: mintId('msg_'), run, answer: ids.message(0), step: ids.step(0) };
}

/** How the model's records are copied under other ids. */
async function readModel({ store }: Domain, { threadId, questionId, runId }: Model) {
  const run = (await store.get(keys.run(threadId, runId))) as RunRecord;
  const [answerId, stepId] = [run.messages[0], run.steps[0]] as [string, string];
  const [question, answer] = (await store.getMany([
    keys.message(threadId, questionId),
    keys.message(threadId, answerId),
  ])) as [MessageRecord, MessageRecord];
  const step = await store.get(keys.step(runId, stepId));
  const text = JSON.stringify({ question, answer, run, step });
  return (thread: string, turn: Turn, pages: Record<'question' | 'answer' | 'run', number>): Entry[] => {
    const renamed = text
      .replaceAll(threadId, thread)
      .replaceAll(questionId, turn.question)
      .replaceAll(runId, turn.run)
      .replaceAll(answerId, turn.answer)
      .replaceAll(stepId, turn.step);
    const records = JSON.parse(renamed);
    return [
      [keys.message(thread, turn.question), { ...records.question, page: pages.question }],
      [keys.message(thread, turn.answer), { ...records.answer, page: pages.answer }],
      [keys.step(turn.run, turn.step), records.step],
      [keys.run(thread, turn.run), { ...records.run, page: pages.run }],
    ];
  };
}
