/** §1.5: include[], the text of what a file search found. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import { anAssistant, newSearch, searchStream, user } from './world.ts';

const CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';
const RESULTS = 'step_details.tool_calls[0].file_search.results';

async function searchSteps(t: Context, query: Record<string, string | string[]>): Promise<Received> {
  const { threadId, runId } = await searchStream(t);
  const list = (await t.get(`/threads/${threadId}/runs/${runId}/steps`, query)).ok();
  const found = list.items().find((step) => step.get('type') === 'tool_calls');
  return found ?? list.fail('there is no tool_calls step', 'a tool_calls step');
}

const withText = (step: Received) =>
  step.field(`${RESULTS}[0].content`, [{ type: 'text', text: 'Gazpacho is served cold.' }]);

export const include: Check[] = group(
  {
    dialect: 'openai',
    area: 'include',
    section: '§1.5',
    evidence: ['SPEC', 'REC-net'],
    operation: op.listSteps,
    needs: ['scripted', 'files', 'vector_stores', 'file_search'],
  },
  [
    {
      id: 'include.absent',
      title: 'Without include[], results of a file search have no content.',
      async run(t) {
        const step = await searchSteps(t, {});
        step.field(`${RESULTS}[0].content`, undefined).field(`${RESULTS}[0].file_name`, 'compat.txt');
      },
    },
    {
      id: 'include.brackets',
      title: 'With include[]=…results[*].content, results have their text as content.',
      run: async (t) => {
        withText(await searchSteps(t, { 'include[]': CONTENT }));
      },
    },
    {
      id: 'include.plain',
      evidence: ['SDK'],
      title: 'include= is accepted as well.',
      run: async (t) => {
        withText(await searchSteps(t, { include: CONTENT }));
      },
    },
    {
      id: 'include.repeated',
      evidence: ['SDK'],
      title: 'A repeated include[] is accepted.',
      run: async (t) => {
        withText(await searchSteps(t, { 'include[]': [CONTENT, CONTENT] }));
      },
    },
    {
      id: 'include.one-step',
      operation: op.getStep,
      title: 'GET of one step takes include[] too.',
      async run(t) {
        const { threadId, runId } = await searchStream(t);
        const id = (await searchSteps(t, {})).text('id');
        const path = `/threads/${threadId}/runs/${runId}/steps/${id}`;
        (await t.get(path)).ok().field(`${RESULTS}[0].content`, undefined);
        withText((await t.get(path, { 'include[]': CONTENT })).ok());
      },
    },
    {
      id: 'include.stream',
      operation: op.createRun,
      needs: ['streaming'],
      title: 'With include[] on create run, the streamed thread.run.step.completed has the text.',
      async run(t) {
        const { events } = await newSearch(t, { 'include[]': CONTENT });
        withText(events.one('thread.run.step.completed'));
      },
    },
    {
      id: 'include.stream-absent',
      operation: op.createRun,
      needs: ['streaming'],
      title: 'Without include[], the streamed thread.run.step.completed has no text.',
      async run(t) {
        const { events } = await searchStream(t);
        const step = events.one('thread.run.step.completed');
        step.field(`${RESULTS}[0].content`, undefined).field(`${RESULTS}[0].file_name`, 'compat.txt');
      },
    },
    {
      id: 'include.unknown',
      evidence: ['SPEC', 'INF'],
      title: 'Any other value of include[] is refused, and the only one is named.',
      async run(t) {
        const { threadId, runId } = await searchStream(t);
        const answer = await t.get(`/threads/${threadId}/runs/${runId}/steps`, { 'include[]': 'everything' });
        answer.error({
          status: 400,
          message: /step_details\.tool_calls\[\*\]\.file_search\.results\[\*\]\.content/,
        });
      },
    },
    {
      id: 'include.not-with-thread',
      operation: op.createThreadAndRun,
      needs: ['model'],
      evidence: ['SPEC'],
      title: 'POST /threads/runs has no include parameter in its body.',
      async run(t) {
        const body = {
          assistant_id: await anAssistant(t),
          thread: { messages: [user('Hello')] },
          include: [CONTENT],
        };
        (await t.post('/threads/runs', body)).error({
          status: 400,
          message: "Unknown parameter: 'include'.",
          param: 'include',
          code: 'unknown_parameter',
        });
      },
    },
  ],
);
