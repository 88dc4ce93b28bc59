/** Nobody sees or touches what is another tenant's, in either dialect (§2.9 no. 3–6; dashscope §A.11). */
import { expect, test } from 'vitest';
import { callFunctions, runCode, say, turn } from '../../src/simulator/index.ts';
import { gateway } from './rig.ts';

const FUNCTION = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: {} } },
};
const CODE = { type: 'code_interpreter' };

/** What the tenant `sk-one` has: a run that waits for outputs, and a file that a run made. */
async function belongings() {
  const rig = gateway();
  const { json, simulator } = rig;
  const assistant = await json('POST', '/v1/assistants', 'sk-one', {
    model: 'gpt-4o',
    tools: [FUNCTION, CODE],
  });
  const thread = await json('POST', '/v1/threads', 'sk-one', { messages: [{ role: 'user', content: 'hi' }] });
  const runs = `/v1/threads/${thread.id}/runs`;
  const toItsEnd = async () => {
    const { id } = await json('POST', runs, 'sk-one', { assistant_id: assistant.id });
    return json('GET', `${runs}/${id}`, 'sk-one', undefined, { 'x-stainless-poll-helper': 'true' });
  };
  simulator.script(
    turn(
      runCode({ code: 'save()', files: [{ path: 'sum.csv', content: 'sum\n3\n' }] }),
      say('See [sum](sandbox:/mnt/data/sum.csv).'),
    ),
    turn(callFunctions({ name: 'f', arguments: {} })),
  );
  expect((await toItsEnd()).status).toBe('completed');
  const run = await toItsEnd();
  expect(run.status).toBe('requires_action');
  const [step] = (await json('GET', `${runs}/${run.id}/steps`, 'sk-one')).data;
  const [message] = (await json('GET', `/v1/threads/${thread.id}/messages`, 'sk-one')).data;
  const file = message.content[0].text.annotations[0].file_path.file_id as string;
  const outputs = run.required_action.submit_tool_outputs.tool_calls.map(({ id }: { id: string }) => ({
    tool_call_id: id,
    output: '',
  }));
  const own = await json('POST', '/v1/threads', 'sk-two', {});
  const mine = await json('POST', '/v1/assistants', 'sk-two', { model: 'gpt-4o', instructions: 'x' });
  return { ...rig, assistant, thread, run, step, message, file, outputs, own, mine };
}

test('another tenant’s id is a 404 in every route', async () => {
  const { call, json, assistant, thread, run, step, message, file, outputs, own, mine } = await belongings();
  const runPath = `/v1/threads/${thread.id}/runs/${run.id}`;
  const include = 'include[]=step_details.tool_calls[*].file_search.results[*].content';
  const routes: [string, string, unknown?][] = [
    ['GET', `/v1/assistants/${assistant.id}`],
    ['POST', `/v1/assistants/${assistant.id}`, { name: 'taken' }],
    ['DELETE', `/v1/assistants/${assistant.id}`],
    ['GET', `/v1/assistants?after=${assistant.id}`],
    ['GET', `/v1/threads/${thread.id}`],
    ['POST', `/v1/threads/${thread.id}`, { metadata: {} }],
    ['DELETE', `/v1/threads/${thread.id}`],
    ['GET', `/v1/threads?after=${thread.id}`],
    ['GET', `/v1/threads/${thread.id}/messages`],
    ['POST', `/v1/threads/${thread.id}/messages`, { role: 'user', content: 'hi' }],
    ['GET', `/v1/threads/${thread.id}/messages/${message.id}`],
    ['POST', `/v1/threads/${thread.id}/messages/${message.id}`, { metadata: {} }],
    ['DELETE', `/v1/threads/${thread.id}/messages/${message.id}`],
    ['GET', `/v1/threads/${own.id}/messages/${message.id}`],
    ['GET', `/v1/threads/${own.id}/messages?after=${message.id}`],
    ['GET', `/v1/threads/${own.id}/runs?before=${run.id}`],
    ['GET', `/v1/threads/${own.id}/runs/${run.id}`],
    ['GET', `/v1/threads/${thread.id}/runs`],
    ['POST', `/v1/threads/${thread.id}/runs`, { assistant_id: mine.id }],
    ['POST', `/v1/threads/${thread.id}/runs?${include}`, { assistant_id: mine.id, stream: true }],
    ['POST', `/v1/threads/${own.id}/runs`, { assistant_id: assistant.id }],
    ['POST', '/v1/threads/runs', { assistant_id: assistant.id }],
    ['GET', runPath],
    ['GET', `${runPath}?stream=true`],
    ['GET', `${runPath}?stream=true&starting_after=1`],
    ['POST', runPath, { metadata: {} }],
    ['POST', `${runPath}/cancel`],
    ['POST', `${runPath}/submit_tool_outputs`, { tool_outputs: outputs }],
    ['POST', `${runPath}/submit_tool_outputs`, { tool_outputs: outputs, stream: true }],
    ['GET', `${runPath}/steps`],
    ['GET', `${runPath}/steps?${include}`],
    ['GET', `${runPath}/steps/${step.id}`],
    ['GET', `${runPath}/steps/${step.id}?${include}`],
    ['GET', `/v1/files/${file}`],
    ['GET', `/v1/files/${file}/content`],
    ['DELETE', `/v1/files/${file}`],
  ];
  for (const [method, path, body] of routes) {
    const answer = await call(method, path, 'sk-two', body);
    expect([method, path, answer.status]).toEqual([method, path, 404]);
  }
  const filtered = await json('GET', `/v1/threads/${own.id}/messages?run_id=${run.id}`, 'sk-two');
  expect(filtered.data).toEqual([]);
  expect((await json('GET', '/v1/assistants', 'sk-two')).data).toHaveLength(1);
  // It is all there still, for its owner.
  expect((await json('GET', runPath, 'sk-one')).status).toBe('requires_action');
  expect(await (await call('GET', `/v1/files/${file}/content`, 'sk-one')).text()).toBe('sum\n3\n');
});

test('in DashScope’s dialect too', async () => {
  const { call, json, assistant, thread, run, step, message, outputs, own, mine } = await belongings();
  const runPath = `/api/v1/threads/${thread.id}/runs/${run.id}`;
  const routes: [string, string, unknown?][] = [
    ['GET', `/api/v1/assistants/${assistant.id}`],
    ['POST', `/api/v1/assistants/${assistant.id}`, { name: 'taken' }],
    ['DELETE', `/api/v1/assistants/${assistant.id}`],
    ['GET', `/api/v1/threads/${thread.id}`],
    ['POST', `/api/v1/threads/${thread.id}`, { metadata: {} }],
    ['DELETE', `/api/v1/threads/${thread.id}`],
    ['GET', `/api/v1/threads/${thread.id}/messages`],
    ['POST', `/api/v1/threads/${thread.id}/messages`, { role: 'user', content: 'hi' }],
    ['GET', `/api/v1/threads/${thread.id}/messages/${message.id}`],
    ['POST', `/api/v1/threads/${thread.id}/messages/${message.id}`, { metadata: {} }],
    ['GET', `/api/v1/threads/${own.id}/messages/${message.id}`],
    ['GET', `/api/v1/threads/${thread.id}/runs`],
    ['POST', `/api/v1/threads/${thread.id}/runs`, { assistant_id: mine.id }],
    ['POST', `/api/v1/threads/${own.id}/runs`, { assistant_id: assistant.id }],
    ['POST', '/api/v1/threads/runs', { assistant_id: assistant.id, thread: {} }],
    ['GET', runPath],
    ['POST', `${runPath}/cancel`],
    ['POST', `${runPath}/submit_tool_outputs`, { tool_outputs: outputs }],
    ['GET', `${runPath}/steps`],
    ['GET', `${runPath}/steps/${step.id}`],
  ];
  for (const [method, path, body] of routes) {
    const answer = await call(method, path, 'sk-two', body);
    expect([method, path, answer.status]).toEqual([method, path, 404]);
    expect(Object.keys(await answer.json()).sort()).toEqual(['code', 'message', 'request_id']);
  }
  expect((await json('GET', `/v1/threads/${thread.id}/runs/${run.id}`, 'sk-one')).status).toBe(
    'requires_action',
  );
});

test('a file that another tenant’s run made is, attached to a message, as unknown as any', async () => {
  const { json, file, mine } = await belongings();
  await json('POST', `/v1/assistants/${mine.id}`, 'sk-two', { tools: [CODE] });
  const runWith = (id: string) =>
    json('POST', '/v1/threads/runs', 'sk-two', {
      assistant_id: mine.id,
      thread: {
        messages: [{ role: 'user', content: 'Read!', attachments: [{ file_id: id, tools: [CODE] }] }],
      },
    });
  for (const id of [file, `${file.slice(0, -3)}zzz`]) {
    expect((await runWith(id)).error.message).toBe(`No such File object: ${id}`);
  }
});

test('the same Idempotency-Key of another tenant is another request', async () => {
  const { json, call } = await belongings();
  const headers = { 'idempotency-key': 'one-and-the-same' };
  const first = await json('POST', '/v1/threads', 'sk-one', { metadata: { of: 'one' } }, headers);
  const second = await json('POST', '/v1/threads', 'sk-two', { metadata: { of: 'two' } }, headers);
  expect(second.metadata).toEqual({ of: 'two' });
  expect((await call('GET', `/v1/threads/${first.id}`, 'sk-two')).status).toBe(404);
});
