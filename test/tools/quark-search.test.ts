import { describe, expect, it } from 'vitest';
import { item, say, turn } from '../../src/simulator/index.ts';
import { createWorld, prepare } from '../faults/world.ts';
import { inDashScope, inOpenAI } from './dialects.ts';

const SOURCES = [
  { type: 'url', url: 'https://news.example/1' },
  { type: 'url', url: 'https://news.example/2' },
];
const SEARCHED = turn(
  item({ type: 'web_search_call', action: { type: 'search', query: 'weather Hangzhou', sources: SOURCES } }),
  say('Sunny.'),
);
const found = (url: string) => ({
  title: null,
  url,
  desc: null,
  type: 'normal',
  original: null,
  query: 'weather Hangzhou',
  source: null,
});
const OUTPUT = {
  success: true,
  errorCode: null,
  errorMsg: null,
  data: [found('https://news.example/1'), found('https://news.example/2')],
  requestId: null,
  failed: false,
};

describe('quark_search (dashscope §A.10, §D)', () => {
  for (const type of ['quark_search', 'search']) {
    it(`as ${type} is the upstream's web search, shaped back into the original's call`, async () => {
      const { world, shown } = await inOpenAI([{ type }], [SEARCHED]);
      expect(shown.name).toBe(type);
      expect(JSON.parse(shown.arguments)).toEqual({ query: 'weather Hangzhou' });
      expect(JSON.parse(shown.output)).toEqual(OUTPUT);
      const request = world.sim.responsesRequests[0]?.body as { tools: object[]; include: string[] };
      expect(request.tools).toEqual([{ type: 'web_search' }]);
      expect(request.include).toContain('web_search_call.action.sources');
      await world.close();
    });
  }

  it("in DashScope's dialect is a keyed entry, with deltas for arguments and output (§A.9.2)", async () => {
    const { entry, deltas } = await inDashScope([{ type: 'quark_search' }], [SEARCHED]);
    expect(entry).toMatchObject({
      type: 'quark_search',
      quark_search: { arguments: '{"query":"weather Hangzhou"}' },
    });
    expect(JSON.parse(entry.quark_search.output)).toEqual(OUTPUT);
    expect(deltas.map(({ quark_search: parts }) => Object.keys(parts).join())).toEqual([
      'arguments',
      'output',
    ]);
  });

  it('is refused where the upstream has no web search and nobody has defined one', async () => {
    const world = createWorld({ profile: 'generic' });
    const { assistantId, runs } = await prepare(world, { tools: [{ type: 'quark_search' }] });
    const { status, body } = await world.call('POST', runs, { assistant_id: assistantId });
    expect([status, body.error.code]).toEqual([400, 'unsupported_tool']);
    await world.close();
  });
});
