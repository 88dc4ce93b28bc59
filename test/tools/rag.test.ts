// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the original
import { afterEach, describe, expect, it } from 'vitest';
import type { RetrieveRequest } from '../../src/index.ts';
import { callFunctions, createSimulator, say } from '../../src/simulator/index.ts';
import { rig as dashscopeRig, ready } from '../dashscope/rig.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';

let world: World | undefined;
afterEach(() => world?.close());

const rag = (ids: string[], value = '${documents}') => ({
  type: 'rag',
  prompt_ra: {
    pipeline_id: ids,
    multiknowledge_rerank_top_n: 3,
    rerank_top_n: 2,
    parameters: { type: 'object', properties: { query_word: { type: 'str', value } } },
  },
});

async function run(tools: object[], instructions: string, options: WorldOptions) {
  world = createWorld(options);
  const { assistantId, threadId, runs } = await prepare(world, { tools, instructions }, [
    { role: 'user', content: 'How many holidays?' },
  ]);
  const started = await world.call('POST', runs, { assistant_id: assistantId });
  const settled = started.status === 200 ? await settledRun(world, threadId, started.body.id) : undefined;
  const request = world.sim.responsesRequests.at(-1)?.body as
    | { instructions?: string; tools?: { type: string; vector_store_ids?: string[] }[] }
    | undefined;
  return { started, settled, request };
}

describe('rag with a retriever of the configuration (dashscope §A.10)', () => {
  const asked: RetrieveRequest[] = [];
  const retrieve = (request: RetrieveRequest) => {
    asked.push(request);
    return ['30 days.', { title: 'Handbook', text: 'As of May.' }, 'three', 'too many'];
  };

  it('puts the passages where the placeholder stands; the run echoes the instructions as they were', async () => {
    asked.length = 0;
    const { settled, request } = await run([rag(['kb1', 'kb2'])], 'Know:\n${documents}\nBe brief.', {
      toolSettings: { rag: { retrieve } },
    });
    expect(request?.instructions).toBe('Know:\n30 days.\n\nHandbook\nAs of May.\n\nthree\nBe brief.');
    expect(request?.tools).toBeUndefined();
    expect(settled.instructions).toBe('Know:\n${documents}\nBe brief.');
    expect(asked[0]).toMatchObject({
      query: 'How many holidays?',
      pipelineIds: ['kb1', 'kb2'],
      perPipeline: 2,
      total: 3,
    });
  });

  it('takes a placeholder of any name, and passages that look like patterns as they are', async () => {
    const { request } = await run([rag(['kb'], '${document1}')], 'A ${document1} B', {
      toolSettings: { rag: { retrieve: () => ['$& $1 ${document1}'] } },
    });
    expect(request?.instructions).toBe('A $& $1 ${document1} B');
  });

  it('asks once in a run of several model calls', async () => {
    asked.length = 0;
    world = createWorld({ toolSettings: { rag: { retrieve } } });
    world.sim.script(
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '1+1' } }),
      say('2'),
    );
    const { assistantId, threadId, runs } = await prepare(world, {
      tools: [rag(['kb']), { type: 'calculator' }],
      instructions: '${documents}',
    });
    const { body } = await world.call('POST', runs, { assistant_id: assistantId });
    expect((await settledRun(world, threadId, body.id)).status).toBe('completed');
    expect(world.sim.responsesRequests).toHaveLength(2);
    expect(asked).toHaveLength(1);
  });

  it('that fails is told to the model; the run goes on, and no placeholder is shown', async () => {
    const { settled, request } = await run([rag(['kb'])], 'Know: ${documents}', {
      toolSettings: {
        rag: {
          retrieve: () => {
            throw new Error('down');
          },
        },
      },
    });
    expect(settled.status).toBe('completed');
    expect(request?.instructions).toBe('Know: [The documents could not be searched.]');
  });
});

describe("rag over the upstream's file search (dashscope §D)", () => {
  it('searches the pipeline as a vector store, and the placeholder goes', async () => {
    const sim = createSimulator();
    const made = await sim.fetch('http://upstream.test/v1/vector_stores', {
      method: 'POST',
      headers: { authorization: 'Bearer sk-1', 'content-type': 'application/json' },
      body: '{}',
    });
    const { id } = (await made.json()) as { id: string };
    const { settled, request } = await run([rag([id])], 'Know: ${documents}', { sim });
    expect(request?.instructions).toBe('Know: ');
    expect(request?.tools).toEqual([{ type: 'file_search', vector_store_ids: [id] }]);
    expect(settled.tools).toEqual([rag([id])]);
  });

  it('in DashScope itself: one knowledge base, whose step the client can read', async () => {
    const rigged = dashscopeRig({
      options: { profile: 'dashscope' },
      simulator: { personality: 'dashscope', knowledgeBases: { kb1: { 'a.txt': 'Holidays: 30 days.' } } },
    });
    const { assistant_id, thread_id } = await ready(
      rigged,
      { model: 'qwen-max', tools: [rag(['kb1'])], instructions: 'Know: ${documents}' },
      'How many holidays?',
    );
    const { id } = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: false });
    expect((await rigged.wait(thread_id, id)).status).toBe('completed');
    const request = rigged.sim.responsesRequests[0]?.body as { instructions: string; tools: object[] };
    expect(request.tools).toEqual([{ type: 'file_search', vector_store_ids: ['kb1'] }]);
    expect(request.instructions).not.toContain('${');
  });

  it('is refused in words where the upstream can search nothing', async () => {
    const { started } = await run([rag(['kb'])], 'x', { profile: 'generic' });
    expect([started.status, started.body.error.code]).toEqual([400, 'unsupported_tool']);
  });
});
