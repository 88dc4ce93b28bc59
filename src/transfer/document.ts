/** One JSON text of any length, handed on piece by piece: the items of an array or of a page as they come, anything else whole. */
import { JSONParser } from '@streamparser/json';

export interface Part {
  json: unknown;
  /** Its number within the text, from 1; undefined for the whole. */
  item?: number;
  /** It comes from a page of a list. */
  listed: boolean;
}

/** What is completed is kept until it is taken. */
export class JsonDocument {
  readonly #parser: JSONParser;
  #parts: Part[] = [];
  #items = 0;

  /** @param start the first character of the text that is no space */
  constructor(start: string) {
    const isArray = start === '[';
    this.#parser = new JSONParser({ paths: isArray ? ['$.*'] : ['$', '$.data.*'], keepStack: !isArray });
    this.#parser.onValue = ({ value, parent, stack }) => {
      if (stack.length === 0) this.#end(value);
      else if (isArray) this.#parts.push({ json: value, item: ++this.#items, listed: false });
      else if (Array.isArray(parent) && mayBePage(stack[1]?.value)) {
        // It is handed on, and not kept for the whole.
        parent.length -= 1;
        this.#parts.push({ json: value, item: ++this.#items, listed: true });
      }
    };
  }

  get isEnded(): boolean {
    return this.#parser.isEnded;
  }

  /** Items that were handed on so far. */
  get items(): number {
    return this.#items;
  }

  /** @throws Error where the bytes are no JSON; what was completed before is there all the same */
  write(bytes: Uint8Array): void {
    this.#parser.write(bytes);
  }

  /** What was completed and not yet taken. */
  take(): Part[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #end(value: unknown): void {
    if (this.#items === 0) this.#parts.push({ json: value, listed: false });
  }
}

/** As far as it has been read. */
const mayBePage = (root: unknown) =>
  typeof root === 'object' && root !== null && (!('object' in root) || root.object === 'list');
