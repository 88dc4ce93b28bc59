/** Bytes to text and back without losing anything: byte-order mark, line endings and the rest stay as they are. */

export interface SourceText {
  /** The text without byte-order mark. */
  text: string;
  bom: boolean;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `undefined` when the bytes are not UTF-8: writing such a file back would damage it. */
export function decode(bytes: Uint8Array): SourceText | undefined {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return undefined;
  }
  return text.startsWith('\uFEFF') ? { text: text.slice(1), bom: true } : { text, bom: false };
}

export function encode(source: SourceText): Uint8Array {
  return new TextEncoder().encode((source.bom ? '\uFEFF' : '') + source.text);
}

/** The line ending that most lines of the file have. */
export function lineEnding(text: string): '\n' | '\r\n' {
  const all = text.split('\n').length - 1;
  const windows = text.split('\r\n').length - 1;
  return windows * 2 > all ? '\r\n' : '\n';
}

/** Turns an offset into line and column, both from 1. Built once per text. */
export function lineMap(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
