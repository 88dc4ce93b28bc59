/** What is refused because of how a run stands, and what a run fails with (§2.9). */
import { describe, expect, it } from 'vitest';
import { callFunctions, hang, httpError, say, turn } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { failure, type Rig, ready, rig } from './harness.ts';

const fn = (name: string) => ({ type: 'function', function: { name } });

/** A run that stays in progress until its response is let go. */
async function busy(r: Rig) {
  const { assistant_id, thread_id } = await ready(r);
  r.sim.script(turn(say('Wait'), hang()));
  const run = await r.beta.threads.runs.create(thread_id, { assistant_id });
  return { assistant_id, thread_id, run };
}

describe.each(majors)('errors of runs through openai $major (§2.9)', (major) => {
  it('#1, #2: an active run locks its thread, with 400 and the original texts', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id, run } = await busy(r);
    const message = await failure(
      r.beta.threads.messages.create(thread_id, { role: 'user', content: 'more' }),
    );
    expect(message).toBeInstanceOf(major.SDK.BadRequestError);
    expect(message).toMatchObject({
      status: 400,
      code: null,
      param: null,
      type: 'invalid_request_error',
      message: `400 Can't add messages to ${thread_id} while a run ${run.id} is active.`,
    });
    const second = await failure(r.beta.threads.runs.create(thread_id, { assistant_id }));
    expect(second.message).toBe(`400 Thread ${thread_id} already has an active run ${run.id}.`);
    const streamed = await failure(
      r.beta.threads.runs.create(thread_id, { assistant_id, stream: true }).then(() => {}),
    );
    expect(streamed.message).toBe(second.message);
  });

  it('#7, #8: outputs are taken once, all at a time, and only when they are asked for', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r, { tools: [fn('a'), fn('b')] as never });
    r.sim.script(
      callFunctions({ name: 'a', call_id: 'call_a' }, { name: 'b', call_id: 'call_b' }),
      turn(say('Done'), hang()),
    );
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const submit = (...ids: string[]) =>
      r.beta.threads.runs.submitToolOutputs(run.id, {
        thread_id,
        tool_outputs: ids.map((tool_call_id) => ({ tool_call_id, output: 'x' })),
      });
    const submitOthers = () =>
      r.beta.threads.runs.submitToolOutputs(run.id, {
        thread_id,
        tool_outputs: ['call_a', 'call_b'].map((tool_call_id) => ({ tool_call_id, output: 'y' })),
      });
    const EXPECTED = "400 Expected tool outputs for call_ids ['call_a', 'call_b'], got";
    expect((await failure(submit('call_b'))).message).toBe(`${EXPECTED} ['call_b']`);
    expect((await failure(submit())).message).toBe(`${EXPECTED} []`);
    expect((await failure(submit('call_a', 'call_a'))).message).toBe(`${EXPECTED} ['call_a', 'call_a']`);
    expect((await failure(submit('call_a', 'call_b', 'call_c'))).message).toBe(
      `${EXPECTED} ['call_a', 'call_b', 'call_c']`,
    );
    expect((await submit('call_b', 'call_a')).status).toBe('queued');
    expect((await failure(submitOthers())).message).toMatch(
      /^400 Runs in status "(queued|in_progress)" do not accept tool outputs\.$/,
    );
    await r.beta.threads.runs.cancel(run.id, { thread_id });
    expect((await failure(submitOthers())).message).toBe(
      '400 Runs in status "cancelled" do not accept tool outputs.',
    );
  });

  it('#9: what is over cannot be cancelled', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('Hi'), httpError(400, { message: 'No' }));
    for (const status of ['completed', 'failed']) {
      const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
      expect(run.status).toBe(status);
      const error = await failure(r.beta.threads.runs.cancel(run.id, { thread_id }));
      expect(error).toBeInstanceOf(major.SDK.BadRequestError);
      expect(error.message).toBe(`400 Cannot cancel run with status '${status}'.`);
    }
  });

  it('#23, #27: a model or key that the upstream refuses is the error of the creation, and the run has never been', async () => {
    const r = rig({ major, simulator: { apiKey: 'sk-sim' } });
    const { assistant_id, thread_id } = await ready(r, { model: 'gpt-nobody' });
    const before = (await r.beta.threads.messages.list(thread_id)).data;
    const call = {
      assistant_id,
      additional_messages: [{ role: 'user' as const, content: 'never said' }],
    };
    expect(await failure(r.beta.threads.runs.create(thread_id, call))).toMatchObject({
      status: 400,
      param: 'model',
      code: 'unsupported_model',
      message: "400 The requested model 'gpt-nobody' cannot be used with the Assistants API.",
    });
    r.client.apiKey = 'sk-wrong';
    const refused = await failure(r.beta.threads.runs.create(thread_id, call));
    expect(refused).toBeInstanceOf(major.SDK.AuthenticationError);
    expect(refused).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const created = { assistant_id, thread: { messages: [{ role: 'user' as const, content: 'Hi' }] } };
    expect((await failure(r.beta.threads.createAndRun(created))).status).toBe(401);
    const streamed = r.beta.threads.runs.stream(thread_id, { assistant_id });
    expect((await failure(streamed.finalRun())).status).toBe(401);

    expect((await r.beta.threads.runs.list(thread_id)).data).toEqual([]);
    expect((await r.beta.threads.messages.list(thread_id)).data).toEqual(before);
    const threads = (await (await r.raw('GET', '/threads')).json()) as { data: unknown[] };
    expect(threads.data).toHaveLength(1);
  });
});
