import { describe, expect, it } from 'vitest';
import { say } from '../../src/simulator/index.ts';
import { majors } from './clients.ts';
import { ready, rig } from './harness.ts';

const USAGE = {
  prompt_tokens: 30,
  completion_tokens: 12,
  total_tokens: 42,
  prompt_token_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};

describe.each(majors)('openai $major', (major) => {
  it('smoke', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('Hi'));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    expect(run.status).toBe('completed');
    const s = r.beta.threads.runs.stream(thread_id, { assistant_id });
    const f = await s.finalRun();
    expect(f.status).toBe('completed');
    console.log(r.lastStream(), USAGE);
  });
});
