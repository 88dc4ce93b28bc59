/** `generate_qrcode`: a text as a QR code (dashscope §A.10; what its output looked like is unknown, §E 1). */
import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { defineTool } from './define.ts';

/** What the largest code holds at this level of error correction, in bytes of UTF-8. */
const MAX_BYTES = 2331;
const LEVEL = 'medium';

/** Pixels of the image's side, about. */
const SIDE = 480;

export const generateQrcode = defineTool({
  type: 'generate_qrcode',
  description:
    'Makes a QR code of a text or a URL. Answers with the address of the image; show it to the user as a Markdown image.',
  parameters: z.object({
    text: z.string().min(1).max(MAX_BYTES).describe('The text or URL that the code is to hold'),
  }),
  timeout: 10_000,
  async execute({ text }, { saveImage }) {
    const image = await qrPng(text);
    const { url, file_id } = await saveImage(image, 'image/png');
    if (url !== null) return { url, file_id };
    return { url: `data:image/png;base64,${Buffer.from(image).toString('base64')}`, file_id };
  },
});

/** @throws Error for a text that no code can hold */
async function qrPng(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const size = bytes.byteLength;
  if (size > MAX_BYTES)
    throw new Error(`A QR code holds ${MAX_BYTES} bytes, and the text has ${size}. Use a shorter one.`);
  const [{ default: encodeQR }, { encode }] = await Promise.all([import('qr'), import('fast-png')]);
  const modules = encodeQR(new TextDecoder().decode(bytes), 'raw', {
    ecc: LEVEL,
    encoding: 'byte',
    border: 4,
  });
  const scale = Math.max(3, Math.floor(SIDE / modules.length));
  const side = modules.length * scale;
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      data[y * side + x] = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ? 0 : 255;
    }
  }
  return encode({ width: side, height: side, data, channels: 1, depth: 8 });
}
