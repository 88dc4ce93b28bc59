/** Tools that rethread runs itself, as the SDK's own helpers show them: streams, polling, accumulated steps. */
import { describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { majors } from '../surface/clients.ts';
import { ready, rig } from '../surface/harness.ts';

const OUTPUT = '{"equations":["2 + 2"],"results":[4]}';

describe.each(majors)('npm openai $major', (major) => {
  const start = async () => {
    const made = rig({ major });
    const script = [
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '2+2' } }),
      say('It is 4.'),
    ];
    made.sim.script(...script);
    return { ...made, ids: await ready(made, { tools: [{ type: 'calculator' } as never] }) };
  };

  it('createAndPoll comes back with a run that is completed', async () => {
    const { beta, ids } = await start();
    const run = await beta.threads.runs.createAndPoll(ids.thread_id, { assistant_id: ids.assistant_id });
    expect(run.status).toBe('completed');
    expect(run.tools).toEqual([{ type: 'calculator' }]);
  });

  it('AssistantStream tells of the call when it is done, and adds its deltas up to the step', async () => {
    const { beta, ids } = await start();
    const done: unknown[] = [];
    const stream = beta.threads.runs.stream(ids.thread_id, { assistant_id: ids.assistant_id });
    stream.on('toolCallDone', (call) => done.push(call));
    const steps = await stream.finalRunSteps();
    expect((await stream.finalRun()).status).toBe('completed');
    const shown = { name: 'calculator', arguments: '{"payload__input__text":"2+2"}', output: OUTPUT };
    expect(done).toMatchObject([{ type: 'function', function: shown }]);
    expect(steps[0]?.step_details).toMatchObject({ tool_calls: [{ type: 'function', function: shown }] });
  });
});
