/** Ids of what a run makes (docs/contracts/dashscope.md §A.3): derived from the run's own, in its shape. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintId, mintUuid, runIds } from '../../src/assistants/ids.ts';
import { idsOut, messageIdIn, messageIdOut } from '../../src/http/dashscope/ids.ts';
import { matchOutputs } from '../../src/http/dashscope/match-outputs.ts';

const UUID = /_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('ids that are derived from a run', () => {
  it('are UUIDs for a run with a UUID, and 24 characters for one of OpenAI’s', () => {
    const ids = runIds(mintUuid('run_'));
    const all = [0, 1, 2].flatMap((n) => [ids.step(n), ids.message(n)]);
    for (const id of all) expect(id).toMatch(UUID);
    expect(new Set(all).size).toBe(6);
    expect(runIds(mintId('run_')).message(0)).toMatch(/^msg_[0-9A-Za-z]{24}$/);
  });

  it('are the same each time, so that a run carried out again after a crash writes the same records', () => {
    const run = mintUuid('run_');
    expect(runIds(run).message(3)).toBe(runIds(run).message(3));
    expect(runIds(mintUuid('run_')).message(3)).not.toBe(runIds(run).message(3));
  });
});

describe('message ids', () => {
  it('come back as they went out, whatever follows the prefix', () => {
    fc.assert(
      fc.property(fc.string(), (rest) => {
        const id = `msg_${rest}`;
        expect(messageIdOut(id)).toBe(`message_${rest}`);
        expect(messageIdIn(messageIdOut(id))).toBe(id);
      }),
    );
  });

  it('are DashScope’s inside a sentence, too', () => {
    expect(idsOut("No message found with id 'msg_1'.")).toBe("No message found with id 'message_1'.");
  });
});

describe('outputs by position (§A.7.1)', () => {
  it('every call gets exactly one output where there are as many, whatever ids they carry', () => {
    const count = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        count.chain((n) => {
          const calls = Array.from({ length: n }, (_, at) => `call_${at}`);
          const id = fc.option(fc.oneof(fc.constantFrom(...calls), fc.constant(''), fc.string()), {
            nil: undefined,
          });
          return fc.tuple(fc.constant(calls), fc.array(id, { minLength: n, maxLength: n }));
        }),
        ([calls, ids]) => {
          const matched = matchOutputs(
            calls,
            ids.map((tool_call_id, at) => ({ tool_call_id, output: String(at) })),
          );
          expect(matched.map(({ tool_call_id }) => tool_call_id).sort()).toEqual(calls);
          // An id that is known and comes first is believed.
          for (const [at, id] of ids.entries())
            if (id && calls.includes(id) && ids.indexOf(id) === at)
              expect(matched[at]?.tool_call_id).toBe(id);
        },
      ),
    );
  });
});
