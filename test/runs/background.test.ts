/** The option `background`: what becomes of a model call whose reader loses it (§4.3), and that nothing of it stays upstream. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '../../src/assistants/types.ts';
import type { LogLevel } from '../../src/index.ts';
import {
  callFunctions,
  createSimulator,
  cut,
  fail,
  hang,
  incomplete,
  reason,
  type Simulator,
  say,
  slow,
  streamError,
  turn,
} from '../../src/simulator/index.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { majors } from '../surface/clients.ts';
import { collect, names, type Rig, ready, rig } from '../surface/harness.ts';
import { type Cluster, cluster, type Shared } from './cluster.ts';

const open: Cluster[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.clear()));
});

const TEXT = 'One two three four five six';
const ANSWER = turn(say(TEXT, { deltas: 6 }));
const SLOWLY = turn(slow({ betweenDeltas: 60 }), say(TEXT, { deltas: 6 }));

/** What was asked of `/responses`, e.g. `POST /responses`, `GET /responses/1?after=3`; ids are numbered as they come. */
function asked({ requests }: Pick<Simulator, 'requests'>): string[] {
  const ids: string[] = [];
  return requests.flatMap(({ method, path, query }) => {
    const [, id, rest = ''] = /^\/responses(?:\/([^/]+)(.*))?$/.exec(path) ?? [undefined, undefined, null];
    if (rest === null) return [];
    if (id === undefined) return [`${method} /responses`];
    if (!ids.includes(id)) ids.push(id);
    const from = query['stream'] ? `?after=${query['starting_after'] ?? 'none'}` : '';
    return [`${method} /responses/${ids.indexOf(id) + 1}${rest}${from}`];
  });
}

const posts = (sim: Simulator) => asked(sim).filter((one) => one === 'POST /responses').length;

async function texts({ beta }: Rig, thread_id: string) {
  const { data } = await beta.threads.messages.list(thread_id, { order: 'asc' });
  return data
    .filter(({ role }) => role === 'assistant')
    .map(({ content: [part], status }) => `${status}: ${part?.type === 'text' && part.text.value}`);
}

async function streamed(one: Rig, assistant: Parameters<typeof ready>[1] = {}) {
  const { assistant_id, thread_id } = await ready(one, assistant);
  const stream = await one.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
  const events = await collect(stream);
  const text = events
    .filter(({ event }) => event === 'thread.message.delta')
    // biome-ignore lint/suspicious/noExplicitAny: text deltas are all there is
    .map(({ data }) => (data as any).delta.content[0].text.value)
    .join('');
  const run = events.findLast(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))?.data as Run;
  return {
    events,
    text,
    thread_id,
    run,
  };
}

/** A simulator in front of which somebody stands who may answer in its place, or change what it answers. */
function intercepted(answer: (path: string, go: () => Promise<Response>) => Promise<Response>): Simulator {
  const sim = createSimulator();
  return {
    ...sim,
    get responsesRequests() {
      return sim.responsesRequests;
    },
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      return answer(`${init?.method?.toUpperCase() ?? 'GET'} ${pathname}${search}`, () =>
        sim.fetch(input, init),
      );
    },
  };
}

describe.each(majors)('openai $major: with background', (major) => {
  it('a run is one stored background response, which is deleted when the run is over', async () => {
    const one = rig({ major, options: { background: true } });
    one.sim.script(ANSWER);
    const { text, events } = await streamed(one);
    expect(text).toBe(TEXT);
    expect(names(events).at(-1)).toBe('run.completed');
    expect(one.sim.responsesRequests[0]?.body).toMatchObject({ background: true, store: true, stream: true });
    await expect.poll(() => asked(one.sim)).toEqual(['POST /responses', 'DELETE /responses/1']);
  });
});

describe('a stream that breaks off', () => {
  const control = async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(ANSWER);
    return names((await streamed(one)).events);
  };

  // Of fifteen: three of the response, two of item and part, six deltas, three of text, part and item, and the end.
  it.each(Array.from({ length: 14 }, (_, at) => at + 1))(
    'after %i events is read on from there: the client sees every event once, and the call is made once',
    async (afterEvents) => {
      const one = rig({ options: { background: true } });
      one.sim.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents, midEvent: afterEvents % 2 === 0 })));
      const { text, events, thread_id } = await streamed(one);
      expect(names(events)).toEqual(await control());
      expect(text).toBe(TEXT);
      expect(await texts(one, thread_id)).toEqual([`completed: ${TEXT}`]);
      await expect
        .poll(() => asked(one.sim))
        .toEqual(['POST /responses', `GET /responses/1?after=${afterEvents - 1}`, 'DELETE /responses/1']);
    },
  );

  it('and ends in good order is read on, too', async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 8, clean: true })));
    expect((await streamed(one)).text).toBe(TEXT);
    expect(posts(one.sim)).toBe(1);
  });

  it('is read on with what the request was to include (§4.3)', async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 8 })));
    await streamed(one, { tools: [{ type: 'code_interpreter' }] });
    const again = one.sim.requests.find(({ query }) => query['starting_after'] !== undefined);
    expect(Object.entries(again?.query ?? {})).toContainEqual(['include[]', 'code_interpreter_call.outputs']);
  });

  it('breaks the run off where the upstream has forgotten the response, and where it does not answer', async () => {
    for (const status of [404, 503]) {
      const simulator = intercepted(async (path, go) => {
        if (!/^GET .*stream=true/.test(path)) return go();
        const error = { message: 'Gone.', type: 'x', param: null, code: null };
        return Response.json({ error }, { status, headers: { 'x-should-retry': 'false' } });
      });
      const one = rig({ options: { background: true }, simulator });
      simulator.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 8 })));
      const { run, thread_id } = await streamed(one);
      const last_error = { code: 'server_error', message: expect.stringContaining('connection') };
      expect(run).toMatchObject({ status: 'failed', last_error });
      expect(await texts(one, thread_id)).toHaveLength(1);
      expect(posts(simulator)).toBe(1);
      // Whatever becomes of it, it is not wanted any more.
      await expect
        .poll(() => asked(simulator).slice(-2))
        .toEqual(['POST /responses/1/cancel', 'DELETE /responses/1']);
    }
  }, 30_000);

  it('is not read on over a gap: what is missing comes with the end of the response', async () => {
    const simulator = intercepted(async (path, go) => {
      const response = await go();
      if (!path.includes('starting_after')) return response;
      const [, ...frames] = (await response.text()).split('\n\n');
      return new Response(frames.join('\n\n'), response);
    });
    const one = rig({ options: { background: true }, simulator });
    simulator.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 7 })));
    const { text, thread_id } = await streamed(one);
    expect(text).toBe(TEXT);
    expect(await texts(one, thread_id)).toEqual([`completed: ${TEXT}`]);
  });

  it('is not read twice where the upstream sends all of it again', async () => {
    const simulator = intercepted((_, go) => go());
    const { fetch } = simulator;
    simulator.fetch = (input, init) => fetch(String(input).replace(/starting_after=\d+&?/, ''), init);
    const one = rig({ options: { background: true }, simulator });
    simulator.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 9 })));
    expect((await streamed(one)).text).toBe(TEXT);
  });

  it('without background fails the run, as ever, and the request says store: false', async () => {
    const one = rig();
    one.sim.script(turn(say(TEXT, { deltas: 6 }), cut({ afterEvents: 8 })));
    const { run } = await streamed(one);
    expect(run).toMatchObject({ status: 'failed' });
    const body = one.sim.responsesRequests[0]?.body;
    expect(body).toMatchObject({ store: false });
    expect(body).not.toHaveProperty('background');
    expect(asked(one.sim)).toEqual(['POST /responses']);
  });
});

describe('an upstream that answers a background request with JSON', () => {
  it('is asked until the response is over', async () => {
    const simulator = intercepted(async (path, go) => {
      if (path.startsWith('POST /v1/responses')) {
        const created = /^data: (.*)$/m.exec(await (await go()).text())?.[1] ?? '';
        return Response.json(JSON.parse(created).response);
      }
      if (!path.includes('stream=true')) return go();
      const error = { message: 'No streams.', type: 'invalid_request_error', param: null, code: null };
      return Response.json({ error }, { status: 400 });
    });
    const one = rig({ options: { background: true }, simulator });
    simulator.script(ANSWER);
    const { text } = await streamed(one);
    expect(text).toBe(TEXT);
    expect(posts(simulator)).toBe(1);
  });
});

describe('the end of a run', () => {
  it.each([
    ['incomplete', turn(say('Half'), incomplete('max_output_tokens'))],
    ['failed', turn(say('Half'), fail('server_error', 'Broken.'))],
    ['failed', turn(say('Half'), streamError({ code: 'server_error', message: 'Broken.' }))],
  ])('%s leaves nothing upstream', async (status, script) => {
    const one = rig({ options: { background: true } });
    one.sim.script(script);
    const { run } = await streamed(one);
    expect(run).toMatchObject({ status });
    await expect.poll(() => asked(one.sim)).toEqual(['POST /responses', 'DELETE /responses/1']);
  });

  it('by a cancel cancels the response: nobody pays for what nobody wants (§2.5)', async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(turn(say('Half'), hang()));
    const { assistant_id, thread_id } = await ready(one);
    const run = await one.beta.threads.runs.create(thread_id, { assistant_id });
    await expect.poll(() => texts(one, thread_id)).toHaveLength(1);
    expect((await one.beta.threads.runs.cancel(run.id, { thread_id })).status).toBe('cancelling');
    expect((await one.beta.threads.runs.retrieve(run.id, { thread_id })).status).toBe('cancelled');
    await expect
      .poll(() => asked(one.sim))
      .toEqual(['POST /responses', 'POST /responses/1/cancel', 'DELETE /responses/1']);
  });

  it.each([
    ['has answered', { beforeHeaders: 500 }],
    ['has named the response', { beforeFirst: 500 }],
  ])('by a cancel before the upstream %s cancels the response as soon as it has a name', async (_, delay) => {
    const one = rig({ options: { background: true } });
    one.sim.script(turn(slow(delay), say('Unwanted'), hang()));
    const { assistant_id, thread_id } = await ready(one);
    // It is answered when the upstream has taken the call on.
    const creating = one.beta.threads.runs.create(thread_id, { assistant_id });
    await expect.poll(() => posts(one.sim), { interval: 10 }).toBe(1);
    const [run] = (await one.beta.threads.runs.list(thread_id)).data;
    await one.beta.threads.runs.cancel(run?.id ?? '', { thread_id });
    await creating;
    // Nobody waited for it, but close() does.
    expect(asked(one.sim)).toEqual(['POST /responses']);
    await one.assistants.close();
    expect(asked(one.sim)).toEqual(['POST /responses', 'POST /responses/1/cancel', 'DELETE /responses/1']);
  });

  it('by its expiry cancels it, too (§2.6)', async () => {
    const one = rig({ options: { background: true, runExpiry: 1 } });
    one.sim.script(turn(say('Half'), hang()));
    const { run } = await streamed(one);
    expect(run).toMatchObject({ status: 'expired' });
    await expect
      .poll(() => asked(one.sim))
      .toEqual(['POST /responses', 'POST /responses/1/cancel', 'DELETE /responses/1']);
  });

  it('is not reached before each turn’s response is deleted; outputs go with the next one (§4.2)', async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(turn(reason('Look first.'), callFunctions({ name: 'look', arguments: {} })), ANSWER);
    const { run, thread_id } = await streamed(one, {
      model: 'o4-mini',
      tools: [{ type: 'function', function: { name: 'look' } }],
    });
    expect(run).toMatchObject({ status: 'requires_action' });
    await expect.poll(() => asked(one.sim)).toEqual(['POST /responses', 'DELETE /responses/1']);
    const { id, required_action } = run;
    const [call] = required_action?.submit_tool_outputs.tool_calls ?? [];
    const ended = await one.beta.threads.runs.submitToolOutputsAndPoll(id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: 'seen' }],
    });
    expect(ended.status).toBe('completed');
    await expect.poll(() => asked(one.sim).slice(2)).toEqual(['POST /responses', 'DELETE /responses/2']);
  });

  it('is what close() waits for: the deletion is on its way by then', async () => {
    const one = rig({ options: { background: true } });
    one.sim.script(ANSWER);
    const { assistant_id, thread_id } = await ready(one);
    await one.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    await one.assistants.close();
    expect(asked(one.sim)).toEqual(['POST /responses', 'DELETE /responses/1']);
  });
});

describe('a process that goes', () => {
  const log: { level: LogLevel; message: string }[] = [];

  /** A run that is being written when its process goes; another looks after the data. */
  async function interrupted(
    script: Parameters<Simulator['script']>[0],
    before: (sim: Simulator, first: Rig) => unknown,
    shared: Shared = 'file',
  ) {
    log.length = 0;
    const data = await cluster(shared, {
      background: true,
      log: (level, message) => void log.push({ level, message }),
    });
    open.push(data);
    const first = data.member();
    const { assistant_id, thread_id } = await ready(first);
    data.sim.script(script);
    const run = await first.beta.threads.runs.create(thread_id, { assistant_id });
    await expect.poll(() => texts(first, thread_id)).toHaveLength(1);
    await before(data.sim, first);
    await first.assistants.close({ timeout: 0 });
    const second = data.member();
    return { sim: data.sim, second, thread_id, run };
  }

  const statusOf = async ({ beta }: Rig, id: string, thread_id: string) =>
    (await beta.threads.runs.retrieve(id, { thread_id })).status;

  function readsOn(shared: Shared) {
    it('leaves a call that the next one reads to its end: it is made once, and the message is there once', async () => {
      const { sim, second, thread_id, run } = await interrupted(SLOWLY, () => {}, shared);
      expect((await second.beta.threads.runs.poll(run.id, { thread_id })).status).toBe('completed');
      expect(await texts(second, thread_id)).toEqual([`completed: ${TEXT}`]);
      await expect
        .poll(() => asked(sim))
        .toEqual(['POST /responses', 'GET /responses/1?after=none', 'DELETE /responses/1']);
    });
  }
  readsOn('file');
  describeWith(redis, 'on Redis', () => readsOn('redis'));
  describeWith(redis.missing ? redis : postgres, 'on PostgreSQL with Redis', () => readsOn('postgres'));

  it('leaves a call that may be over by then', async () => {
    const { sim, second, thread_id, run } = await interrupted(SLOWLY, () => {});
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await second.beta.threads.runs.poll(run.id, { thread_id })).status).toBe('completed');
    expect(await texts(second, thread_id)).toEqual([`completed: ${TEXT}`]);
    expect(posts(sim)).toBe(1);
  });

  it('and comes back when the upstream does not stream the response any more: its end is awaited', async () => {
    const { sim, second, thread_id, run } = await interrupted(SLOWLY, (upstream) =>
      upstream.advance(301_000),
    );
    expect((await second.beta.threads.runs.poll(run.id, { thread_id })).status).toBe('completed');
    expect(await texts(second, thread_id)).toEqual([`completed: ${TEXT}`]);
    expect(asked(sim).slice(0, 3)).toEqual([
      'POST /responses',
      'GET /responses/1?after=none',
      'GET /responses/1',
    ]);
    expect(posts(sim)).toBe(1);
  });

  it('and comes back when the upstream knows the response no more: the call is made anew, and the log says so', async () => {
    const other = createSimulator({ script: [say('Anew.')] });
    const { second, thread_id, run } = await interrupted(SLOWLY, (upstream) => {
      upstream.fetch = other.fetch;
    });
    expect((await second.beta.threads.runs.poll(run.id, { thread_id })).status).toBe('completed');
    expect(await texts(second, thread_id)).toEqual(['completed: Anew.']);
    expect(asked(other).slice(0, 2)).toEqual(['GET /responses/1?after=none', 'POST /responses']);
    expect(log).toContainEqual({
      level: 'warn',
      message: 'The upstream call of a run cannot be taken up again, and is made anew.',
    });
  });

  it('leaves a run that another process can cancel: the response with it (§2.5)', async () => {
    const { sim, second, thread_id, run } = await interrupted(turn(say('Half'), hang()), () => {});
    await second.beta.threads.runs.cancel(run.id, { thread_id });
    expect(await statusOf(second, run.id, thread_id)).toBe('cancelled');
    await expect
      .poll(() => asked(sim).slice(-2))
      .toEqual(['POST /responses/1/cancel', 'DELETE /responses/1']);
    expect(posts(sim)).toBe(1);
  });
});

describe('an upstream without background responses', () => {
  it('is called as ever, and the log says once that the option has no effect', async () => {
    const said: string[] = [];
    const one = rig({
      options: { background: true, profile: 'generic', log: (_level, message) => void said.push(message) },
    });
    await streamed(one);
    await streamed(one);
    for (const { body } of one.sim.responsesRequests) {
      expect(body).toMatchObject({ store: false });
      expect(body).not.toHaveProperty('background');
    }
    expect(said).toEqual([
      "The option background is on, but the profile 'generic' has no background responses.",
    ]);
  });
});
