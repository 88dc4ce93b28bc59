/** §2.8: what may be modified and deleted, and when. */
import { type Check, group } from '../check.ts';
import { whereOf } from './endings.ts';
import { op } from './operations.ts';
import { finishedRun, hangingRun, newAssistant, newMessage, newThread, plainRun, user } from './world.ts';

export const modifying: Check[] = group(
  {
    dialect: 'openai',
    area: 'modify',
    section: '§2.8',
    evidence: ['SPEC', 'INF'],
    operation: op.modifyRun,
    needs: ['model'],
  },
  [
    {
      id: 'modify.run.metadata',
      evidence: ['SPEC', 'REC-rb'],
      title: 'metadata of a run can be modified, and stays.',
      async run(t) {
        const run = await finishedRun(t, [[{ say: 'Hello.' }]]);
        (await t.post(whereOf(run), { metadata: { a: 'b' } }))
          .ok()
          .fields({ metadata: { a: 'b' }, status: 'completed' });
        (await t.get(whereOf(run))).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'modify.run.only-metadata',
      title: 'Nothing but the metadata of a run can be modified.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        const answer = await t.post(`/threads/${threadId}/runs/${runId}`, { instructions: 'Be brief.' });
        const message = "Unknown parameter: 'instructions'.";
        answer.error({ status: 400, message, param: 'instructions', code: 'unknown_parameter' });
      },
    },
    {
      id: 'modify.run.active',
      evidence: ['INF', 'REC-rb'],
      takes: 'specification',
      needs: ['scripted'],
      title: 'A run may be modified while it is active; version 1 refused that.',
      async run(t) {
        const run = await hangingRun(t);
        (await t.post(whereOf(run), { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'modify.message.only-metadata',
      operation: op.modifyMessage,
      needs: [],
      title: 'Nothing but the metadata of a message can be modified.',
      async run(t) {
        const threadId = await newThread(t);
        const where = `/threads/${threadId}/messages/${await newMessage(t, threadId)}`;
        (await t.post(where, { content: 'Other' })).error({
          status: 400,
          message: "Unknown parameter: 'content'.",
          param: 'content',
          code: 'unknown_parameter',
        });
      },
    },
    {
      id: 'modify.thread.active',
      operation: op.modifyThread,
      evidence: ['INF'],
      needs: ['scripted'],
      title: 'A thread may be modified while its run is active.',
      async run(t) {
        const { threadId } = await hangingRun(t);
        (await t.post(`/threads/${threadId}`, { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'modify.assistant-deleted.thread-stays',
      operation: op.deleteAssistant,
      evidence: ['DOC', 'INF'],
      title: 'Deleting an assistant leaves threads, messages and runs.',
      async run(t) {
        const assistant_id = await newAssistant(t);
        const run = await finishedRun(t, [[{ say: 'Hello.' }]], { assistant_id });
        await t.delete(`/assistants/${assistant_id}`);
        (await t.get(whereOf(run))).ok().field('assistant_id', assistant_id);
        const list = (await t.get(`/threads/${run.threadId}/messages`)).ok();
        list.holds(list.items().length >= 2, 'the messages of before', list.items().length);
      },
    },
    {
      id: 'modify.assistant-deleted.no-run',
      operation: op.createRun,
      section: '§2.9 #3',
      evidence: ['DOC', 'INF'],
      needs: [],
      title: 'A run with an assistant that was deleted is a 404 that names it.',
      async run(t) {
        const assistant_id = await newAssistant(t);
        await t.delete(`/assistants/${assistant_id}`);
        const threadId = await newThread(t, { messages: [user('Hello')] });
        const message = `No assistant found with id '${assistant_id}'.`;
        (await t.post(`/threads/${threadId}/runs`, { assistant_id })).error({ status: 404, message });
      },
    },
    {
      id: 'modify.thread-deleted',
      operation: op.deleteThread,
      evidence: ['DOC', 'INF'],
      title: 'Deleting a thread removes its messages and runs.',
      async run(t) {
        const { threadId, runId } = await finishedRun(t, [[{ say: 'Hello.' }]]);
        (await t.delete(`/threads/${threadId}`)).ok();
        for (const path of ['messages', 'runs', `runs/${runId}`])
          (await t.get(`/threads/${threadId}/${path}`)).error({ status: 404 });
      },
    },
  ],
);
