/** The raw frames of a stream (§A.9): `event:` and `data:` with nothing behind the colon, one `data` line each. */
export interface Frame {
  event: string;
  /** The text behind `data:`, byte for byte. */
  raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  data: any;
}

/** @throws Error where the text is anything but such frames and comments */
export function framesIn(text: string): Frame[] {
  const blocks = text.split('\n\n');
  if (blocks.pop() !== '') throw new Error('The stream does not end with an empty line.');
  return blocks
    .filter((block) => !block.startsWith(':'))
    .map((block) => {
      const [, event, raw] = /^event:([a-z._]+)\ndata:([^\n]+)$/.exec(block) ?? [];
      if (event === undefined || raw === undefined) throw new Error(`not a frame: ${JSON.stringify(block)}`);
      return { event, raw, data: raw === '[DONE]' ? raw : JSON.parse(raw) };
    });
}

export const names = (frames: readonly Frame[]): string[] =>
  frames.map(({ event }) => event.replace(/^thread\./, ''));
