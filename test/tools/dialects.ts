/** A tool run end to end, in OpenAI's dialect and in DashScope's: what its step and its deltas look like in each. */
import { expect } from 'vitest';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import type { createSimulator } from '../../src/simulator/index.ts';
import { type Rig, ready, rig } from '../dashscope/rig.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';
import { violations } from '../translate/legal.ts';

type Script = Parameters<ReturnType<typeof createSimulator>['script']>;
type Tools = { type: string; [config: string]: unknown }[];

export interface Shown {
  name: string;
  arguments: string;
  output: string;
}

/** Runs the script once polled and once streamed; gives the first tool call of the polled run, and the world. */
export async function inOpenAI(tools: Tools, script: Script, options: WorldOptions = {}, body: object = {}) {
  const world: World = createWorld(options);
  world.sim.script(...script, ...script);
  const { assistantId, threadId, runs } = await prepare(world, { tools });
  const started = await world.call('POST', runs, { assistant_id: assistantId, ...body });
  expect([started.status, started.body.error]).toEqual([200, undefined]);
  const run = await settledRun(world, threadId, started.body.id);
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  const { body: steps } = await world.call('GET', `${runs}/${run.id}/steps?order=asc`);
  const events = await world.stream(runs, { assistant_id: assistantId, ...body });
  expect(violations(events)).toEqual([]);
  const { function: shown } = steps.data[0].step_details.tool_calls[0];
  return { world, shown: shown as Shown, runs, threadId, run };
}

/** The same in DashScope's dialect: the call's entry in the step, and all that its deltas add up to. */
export async function inDashScope(tools: Tools, script: Script, options: GatewayOptions = {}) {
  const made: Rig = rig({
    options: { ...options, profile: 'dashscope' },
    simulator: { personality: 'dashscope' },
  });
  made.sim.script(...script, ...script);
  const { assistant_id, thread_id } = await ready(made, { model: 'qwen-max', tools });
  const started = await made.ok('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: false });
  const run = await made.wait(thread_id, started.id);
  expect([run.status, run.last_error]).toEqual(['completed', {}]);
  const { data } = await made.ok('GET', `/threads/${thread_id}/runs/${run.id}/steps?order=asc`);
  const frames = await made.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
  const [entry] = data[0].step_details.tool_calls;
  const deltas = frames.flatMap(({ event, data: { delta } }) =>
    event === 'thread.run.step.delta' ? delta.step_details.tool_calls : [],
  );
  return { made, entry, deltas, frames };
}
