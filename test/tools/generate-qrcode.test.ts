import fc from 'fast-check';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { afterEach, describe, expect, it } from 'vitest';
import { callFunctions, say } from '../../src/simulator/index.ts';
import { generateQrcode } from '../../src/tools/generate-qrcode.ts';
import { createWorld, prepare, settledRun, type World } from '../faults/world.ts';
import { inDashScope } from './dialects.ts';

let world: World;
afterEach(() => world?.close());

// Its types speak of a module that bundlers make of it.
const readCode = jsqr as unknown as typeof jsqr.default;

/** Reads a code with a decoder that knows nothing of the encoder. */
function decode(image: Buffer): string | undefined {
  const { data, width, height } = PNG.sync.read(image);
  return readCode(new Uint8ClampedArray(data), width, height)?.data;
}

async function make(text: string, options: { publicURL?: string } = {}) {
  world = createWorld(options);
  world.sim.script(callFunctions({ name: 'generate_qrcode', arguments: { text } }), say('There.'));
  const { assistantId, threadId, runs } = await prepare(world, { tools: [{ type: 'generate_qrcode' }] });
  const { body } = await world.call('POST', runs, { assistant_id: assistantId });
  const run = await settledRun(world, threadId, body.id);
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  const steps = await world.call('GET', `${runs}/${run.id}/steps?order=asc`);
  const { output } = steps.body.data[0].step_details.tool_calls[0].function;
  return { threadId, output: output as string };
}

const get = (url: string) => world.fetch(new Request(url));

describe('generate_qrcode (dashscope §A.10)', () => {
  const URL_IN = 'https://example.com/a?b=c&d=ü';

  it('without a public address gives a data URL; an independent decoder reads the text back', async () => {
    const { output } = await make(URL_IN);
    const [, base64 = ''] = /^data:image\/png;base64,(.*)$/.exec(JSON.parse(output).url) ?? [];
    expect(decode(Buffer.from(base64, 'base64'))).toBe(URL_IN);
  });

  it('with one gives a URL that needs no key, and that nobody can guess', async () => {
    const { output } = await make(URL_IN, { publicURL: 'https://rethread.example/v1/' });
    const { url } = JSON.parse(output);
    expect(url).toMatch(/^https:\/\/rethread\.example\/v1\/rethread\/images\/[\w-]{32}\.png$/);
    const answer = await get(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(decode(Buffer.from(await answer.arrayBuffer()))).toBe(URL_IN);
    const other = url.replace(/.{6}\.png$/, 'AAAAAA.png');
    expect((await get(other)).status).toBe(404);
  });

  it('keeps the image as a file of the run, and deletes both with the thread', async () => {
    const { output, threadId } = await make('text', { publicURL: 'https://rethread.example' });
    const { url, file_id } = JSON.parse(output);
    const path = `https://rethread.example/v1/files/${file_id}/content`;
    expect(decode(Buffer.from(await (await get(path)).arrayBuffer()))).toBe('text');
    await world.call('DELETE', `/threads/${threadId}`);
    expect((await get(path)).status).toBe(404);
    expect((await get(url)).status).toBe(404);
  });

  it("in DashScope's dialect is a keyed entry that appears in the completed step only (§A.9.2)", async () => {
    const script = [
      callFunctions({ name: 'generate_qrcode', arguments: { text: 'hi' } }),
      say('There.'),
    ] as const;
    const { entry, deltas } = await inDashScope([{ type: 'generate_qrcode' }], [...script], {
      publicURL: 'https://rethread.example',
    });
    expect(entry.generate_qrcode.arguments).toBe('{"text":"hi"}');
    expect(JSON.parse(entry.generate_qrcode.output).url).toContain(
      'https://rethread.example/rethread/images/',
    );
    expect(deltas).toEqual([]);
  });

  it('tells the model when a text is too long for any code', async () => {
    const { output } = await make('ü'.repeat(2000));
    expect(output).toBe('Error: A QR code holds 2331 bytes, and the text has 4000. Use a shorter one.');
  });

  it('holds any text: what comes back is what went in (property)', async () => {
    const [fn] = await generateQrcode.functions({ type: 'generate_qrcode' }, new AbortController().signal);
    const images: Uint8Array[] = [];
    const saveImage = async (image: Uint8Array) => {
      images.push(image);
      return { file_id: 'file-1', url: 'https://x.test/1.png' };
    };
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }),
      fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
      fc.webUrl(),
      fc.constantFrom('0', ' ', '\0', '</svg><script>', 'ABC-123', '\u2028', '漢字', '😀'.repeat(60)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        await fn?.call({ text: given }, { saveImage } as never);
        const read = decode(Buffer.from(images.pop() as Uint8Array));
        expect(read).toBe(Buffer.from(given).toString());
      }),
      { numRuns: 40 },
    );
  });
});
