/** MIGRATION.md, "Where nobody knows": rethread does what the page says for each open point of the contract (§7). */
import OpenAI from 'openai6';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Assistants, createAssistants, withAssistants } from '../../src/index.ts';
import {
  callFunctions,
  createSimulator,
  hang,
  incomplete,
  type Simulator,
  say,
  searchFiles,
  turn,
  usage,
} from '../../src/simulator/index.ts';
import { page, sections } from './pages.ts';

let sim: Simulator;
let assistants: Assistants;
let openai: OpenAI;
let assistantId: string;
let threadId: string;
const api = () => openai.beta.threads;

beforeEach(async () => {
  sim = createSimulator();
  assistants = createAssistants({ store: 'memory:' });
  const options = { apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1', fetch: sim.fetch, maxRetries: 0 };
  openai = withAssistants(new OpenAI(options), assistants);
  const tools = [{ type: 'function' as const, function: { name: 'f' } }];
  assistantId = (await openai.beta.assistants.create({ model: 'gpt-4o', instructions: 'Help.', tools })).id;
  threadId = (await api().create({ messages: [{ role: 'user', content: 'Hello' }] })).id;
});
afterEach(() => assistants.close({ timeout: 0 }));

const run = (params: object = {}) =>
  api().runs.createAndPoll(threadId, { assistant_id: assistantId, ...params });
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: { status?: number; message?: string; code?: string | null }) => error,
  );
const lastRequest = () => sim.responsesRequests.at(-1)?.body;

async function waiting(...names: string[]) {
  sim.script(callFunctions(...(names.length > 0 ? names : ['f']).map((name) => ({ name }))));
  const started = await run();
  return { started, calls: started.required_action?.submit_tool_outputs.tool_calls ?? [] };
}

async function hanging() {
  sim.script(turn(say('Let me'), hang()));
  return api().runs.create(threadId, { assistant_id: assistantId });
}

describe('MIGRATION.md says what rethread does for each open point', () => {
  it('has a row for every one of them, and for no other', () => {
    const points = sections(page('docs/contracts/openai.md')).get('7') ?? '';
    const { text } = page('MIGRATION.md');
    const table = text.slice(text.indexOf('### Where nobody knows'), text.indexOf('## What maps to what'));
    const rows = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => number);
    expect(rows).toEqual([...points.matchAll(/^(\d+)\. /gm)].map(([, number]) => number));
  });

  it('§7 no. 1: before gives the items closest to the cursor, in the requested order', async () => {
    const ids: string[] = [];
    for (const content of ['b', 'c', 'd']) {
      ids.push((await api().messages.create(threadId, { role: 'user', content })).id);
    }
    const [b, c, d] = ids;
    const list = await api().messages.list(threadId, { order: 'asc', before: d, limit: 2 } as object);
    expect(list.data.map(({ id }) => id)).toEqual([b, c]);
  });

  it('§7 no. 2: a cursor that names nothing is a 404 with the text for its kind', async () => {
    const error = await refusal(api().messages.list(threadId, { after: 'msg_nothing' }).asResponse());
    expect(error).toMatchObject({ status: 404, message: "404 No message found with id 'msg_nothing'." });
  });

  it.each([
    ['unknown', (id: string) => [id, 'call_x']],
    ['doubled', (id: string) => [id, id]],
  ])('§7 no. 3: an %s tool_call_id is refused with the text for missing ones', async (_, idsFor) => {
    const { started, calls } = await waiting();
    const id = calls[0]?.id ?? '';
    const outputs = idsFor(id).map((tool_call_id) => ({ tool_call_id, output: '' }));
    const error = await refusal(
      api().runs.submitToolOutputs(started.id, { thread_id: threadId, tool_outputs: outputs }),
    );
    const got = outputs.map(({ tool_call_id }) => `'${tool_call_id}'`).join(', ');
    expect(error).toMatchObject({
      status: 400,
      message: `400 Expected tool outputs for call_ids ['${id}'], got [${got}]`,
    });
  });

  it('§7 no. 4: cancel of a waiting run answers cancelling, and it is cancelled at the next look', async () => {
    const { started } = await waiting();
    expect((await api().runs.cancel(started.id, { thread_id: threadId })).status).toBe('cancelling');
    expect((await api().runs.retrieve(started.id, { thread_id: threadId })).status).toBe('cancelled');
  });

  it('§7 no. 5: at a cancel message, step and run are closed in this order', async () => {
    sim.script(turn(say('Let me'), hang()));
    const stream = await api().runs.create(threadId, { assistant_id: assistantId, stream: true });
    const names: string[] = [];
    for await (const { event, data } of stream) {
      names.push(event);
      const started = event === 'thread.message.delta' ? await api().runs.list(threadId) : undefined;
      if (started && !names.includes('cancel')) {
        names.push('cancel');
        await api().runs.cancel(started.data[0]?.id ?? '', { thread_id: threadId });
      }
      if (event === 'thread.run.cancelled') expect(data.status).toBe('cancelled');
    }
    expect(names.filter((name) => /cancel|incomplete/.test(name))).toEqual([
      'cancel',
      'thread.run.cancelling',
      'thread.message.incomplete',
      'thread.run.step.cancelled',
      'thread.run.cancelled',
    ]);
  });

  it('§7 no. 6: additional_instructions come after a line break, and are shown', async () => {
    const { instructions } = await run({ additional_instructions: 'Be brief.' });
    expect(instructions).toBe('Help.\nBe brief.');
    expect(lastRequest()?.instructions).toBe('Help.\nBe brief.');
  });

  it('§7 no. 7: run_id of additional_messages is null', async () => {
    sim.script(say('Yes.'));
    await run({ additional_messages: [{ role: 'user', content: 'More' }] });
    const { data } = await api().messages.list(threadId, { order: 'asc' });
    expect(data.map(({ run_id }) => run_id === null)).toEqual([true, true, false]);
  });

  it('§7 no. 8: things may be changed and deleted during a run', async () => {
    const { id } = await hanging();
    const { data } = await api().messages.list(threadId, { order: 'asc', limit: 1 });
    const [first] = data;
    const metadata = { seen: 'yes' };
    expect((await api().update(threadId, { metadata })).metadata).toEqual(metadata);
    expect((await api().runs.update(id, { thread_id: threadId, metadata })).metadata).toEqual(metadata);
    expect((await api().messages.delete(first?.id ?? '', { thread_id: threadId })).deleted).toBe(true);
    expect((await api().delete(threadId)).deleted).toBe(true);
  });

  it('§7 no. 9: a tool is forced on the first model call of the run only', async () => {
    sim.script(callFunctions({ name: 'f' }), say('Done.'));
    const forced = await run({ tool_choice: { type: 'function', function: { name: 'f' } } });
    expect(lastRequest()?.tool_choice).toEqual({ type: 'function', name: 'f' });
    const tool_outputs = forced.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => ({
      tool_call_id: id,
      output: 'ok',
    }));
    await api().runs.submitToolOutputsAndPoll(forced.id, {
      thread_id: threadId,
      tool_outputs: tool_outputs ?? [],
    });
    expect(lastRequest()?.tool_choice).toBeUndefined();
  });

  it('§7 no. 10, no. 11: a marker is 4 + its search, then its place among the results; indexes are UTF-16', async () => {
    const store = await openai.vectorStores.create({});
    const file = sim.addFile('a.txt', 'text');
    const tools = [{ type: 'file_search' as const }];
    const tool_resources = { file_search: { vector_store_ids: [store.id] } };
    const { id } = await openai.beta.assistants.create({ model: 'gpt-4o', tools, tool_resources });
    const found = [
      { file_id: 'file-other', filename: 'b.txt' },
      { file_id: file.id, filename: 'a.txt' },
    ];
    const text = '👍 so it says.';
    sim.script(
      turn(
        searchFiles({ queries: ['x'], results: [] }),
        searchFiles({ queries: ['y'], results: found }),
        say(text, { citations: [{ at: text.length - 1, file_id: file.id, filename: 'a.txt' }] }),
      ),
    );
    const { id: runId } = await run({ assistant_id: id });
    const { data } = await api().messages.list(threadId, { run_id: runId });
    const [part] = data[0]?.content ?? [];
    if (part?.type !== 'text') throw new Error('no text');
    const { value, annotations } = part.text;
    expect(value).toBe('👍 so it says【5:1†a.txt】.');
    expect(annotations.map((note) => value.slice(note.start_index, note.end_index))).toEqual([
      '【5:1†a.txt】',
    ]);
  });

  it('§7 no. 12: tool calls of earlier runs are not in the prompt', async () => {
    const { started, calls } = await waiting();
    sim.script(say('Seen.'), say('Again.'));
    await api().runs.submitToolOutputsAndPoll(started.id, {
      thread_id: threadId,
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: 'secret' })),
    });
    expect(JSON.stringify(lastRequest()?.input)).toContain('secret');
    await run();
    expect(JSON.stringify(lastRequest()?.input)).not.toMatch(/secret|function_call/);
  });

  it('§7 no. 13: a filtered run is incomplete for content_filter', async () => {
    sim.script(turn(say('Once'), incomplete('content_filter')));
    const { status, incomplete_details } = await run();
    expect([status, incomplete_details?.reason]).toEqual(['incomplete', 'content_filter']);
  });

  it('§7 no. 14: a wrong id prefix has the code invalid_value', async () => {
    expect(await refusal(api().retrieve('undefined'))).toMatchObject({ status: 400, code: 'invalid_value' });
  });

  it('§7 no. 15: JSON mode gets a developer message where no message says JSON', async () => {
    const response_format = { type: 'json_object' };
    await run({ response_format, instructions: 'Answer in JSON.' });
    expect(lastRequest()?.input?.[0]).toEqual({ role: 'developer', content: 'Respond in JSON.' });
    await api().messages.create(threadId, { role: 'user', content: 'As json, please.' });
    await run({ response_format });
    expect(JSON.stringify(lastRequest()?.input)).not.toContain('developer');
  });

  it('§7 no. 16: a run may have more than 20 tools and small budgets', async () => {
    const tools = Array.from({ length: 21 }, (_, at) => ({ type: 'function', function: { name: `f${at}` } }));
    const started = await run({ tools, max_completion_tokens: 16, max_prompt_tokens: 16_000 });
    expect(started.tools).toHaveLength(21);
    expect(started.max_completion_tokens).toBe(16);
  });

  it('§7 no. 17: a cancelled run has the usage of its finished responses, or null', async () => {
    sim.script(turn(callFunctions({ name: 'f' }), usage({ input_tokens: 30, output_tokens: 12 })));
    const used = await run();
    await api().runs.cancel(used.id, { thread_id: threadId });
    expect((await api().runs.retrieve(used.id, { thread_id: threadId })).usage?.total_tokens).toBe(42);
    const unused = await hanging();
    await api().runs.cancel(unused.id, { thread_id: threadId });
    expect((await api().runs.retrieve(unused.id, { thread_id: threadId })).usage).toBeNull();
  });

  it('§7 no. 18: a run goes on when its assistant is deleted', async () => {
    const { started, calls } = await waiting();
    await openai.beta.assistants.delete(assistantId);
    sim.script(say('Still here.'));
    const ended = await api().runs.submitToolOutputsAndPoll(started.id, {
      thread_id: threadId,
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: '' })),
    });
    expect([ended.status, lastRequest()?.instructions]).toEqual(['completed', 'Help.']);
  });

  it('§7 no. 19: a missing beta header is a 400', async () => {
    const response = await assistants.fetch(new Request('http://localhost/v1/assistants'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_beta' } });
  });
});
