import type {
  ResponseInputItem,
  ResponseOutputItem,
  ResponseReasoningItem,
} from 'openai/resources/responses/responses';
import { type ApiError, badRequest, notFound, simulatorObjection } from './errors.ts';
import type { Model } from './models.ts';
import { textOf } from './turn-request.ts';

/** What the simulator remembers of an item it has sent. */
interface Remembered {
  item: ResponseOutputItem;
  /** It came from a response that is stored, so that a client may leave out its content. */
  stored: boolean;
  /** The reasoning item it must not be parted from. */
  reasoning: string | undefined;
}

/** The items a simulator has sent, and the seal on its reasoning. */
export interface Ledger {
  /** Notes the items of a response, in order, as they are sent. */
  recorder(stored: boolean): (item: ResponseOutputItem) => void;
  /** The items of a deleted response can no longer be referred to. */
  forget(items: readonly ResponseOutputItem[]): void;
  encrypt(id: string, text: string): string;
  /**
   * Checks that the items make sense together (§4.2, §4.3), and replaces references by what they refer to.
   *
   * @param items everything the model is to read, the items of earlier responses first
   * @throws ApiError 400, or 404 for an item that is not there
   */
  resolve(items: readonly ResponseInputItem[], model: Model): ResponseInputItem[];
}

/** The markers that Assistants put into texts for citations: `【4:0†handbook.txt】`. */
const CITATION_MARKER = /【[^】]*†[^】]*】/;

const SEAL = 'gAAAAABo';

/** Items that a model makes: what may stand between a reasoning item and the next user message. */
function isModelItem(item: ResponseInputItem | undefined): boolean {
  if (!item) return false;
  if ('role' in item) return item.role === 'assistant';
  return item.type === 'reasoning' || (item.type?.endsWith('_call') ?? false);
}

function idOf(item: ResponseInputItem): string | undefined {
  return 'id' in item && typeof item.id === 'string' ? item.id : undefined;
}

export function createLedger(): Ledger {
  const known = new Map<string, Remembered>();

  function missing(id: string): ApiError {
    return notFound(
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      'input',
    );
  }

  const encrypt = (id: string, text: string) => `${SEAL}${btoa(encodeURIComponent(`${id}\n${text}`))}`;

  function checkReasoning(item: ResponseReasoningItem, model: Model): void {
    if (!model.reasoning) {
      throw badRequest(
        'Reasoning input items can only be provided to a reasoning or computer use model. Remove reasoning items from your input and try again.',
        'input',
      );
    }
    if (!item.encrypted_content) {
      if (!item.id) {
        throw simulatorObjection(
          'a reasoning item needs its id (stored responses) or its encrypted_content.',
          'empty_reasoning',
          'input',
        );
      }
      if (!known.get(item.id)?.stored) throw missing(item.id);
      return;
    }
    const sealed = unseal(item.encrypted_content);
    if (!sealed || (item.id && sealed.id !== item.id)) {
      throw badRequest(
        `The encrypted content for item ${item.id ?? ''} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
        null,
        'invalid_encrypted_content',
      );
    }
  }

  function checkMarkers(item: ResponseInputItem): void {
    if (!('role' in item) || item.role !== 'assistant' || !CITATION_MARKER.test(textOf(item.content))) return;
    throw simulatorObjection(
      'an assistant message that is sent back still has citation markers (【…†…】) in its text. Strip them, or the model starts to invent its own.',
      'citation_marker',
      'input',
    );
  }

  return {
    encrypt,
    recorder(stored) {
      let reasoning: string | undefined;
      return (item) => {
        if (!('id' in item) || !item.id) return;
        known.set(item.id, { item, stored, reasoning: item.type === 'reasoning' ? undefined : reasoning });
        if (item.type === 'reasoning') reasoning = item.id;
        else if (item.type !== 'function_call') reasoning = undefined;
      };
    },
    forget(items) {
      for (const item of items) {
        const remembered = 'id' in item && item.id ? known.get(item.id) : undefined;
        if (remembered) remembered.stored = false;
      }
    },
    resolve(given, model) {
      const items = given.map((item) => {
        if ((item.type !== 'item_reference' && item.type) || 'role' in item) return item;
        const id = idOf(item) ?? '';
        const remembered = known.get(id);
        if (!remembered?.stored) throw missing(id);
        return remembered.item as ResponseInputItem;
      });
      const seen = new Set<string>();
      for (const [index, item] of items.entries()) {
        const id = idOf(item);
        if (id && seen.has(id)) {
          throw badRequest(
            `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`,
            'input',
          );
        }
        checkMarkers(item);
        if (item.type === 'reasoning') {
          checkReasoning(item, model);
          if (!isModelItem(items[index + 1])) {
            throw badRequest(
              `Item '${item.id}' of type 'reasoning' was provided without its required following item.`,
              'input',
            );
          }
        }
        const required = id ? known.get(id)?.reasoning : undefined;
        if (id && required && !seen.has(required)) {
          throw badRequest(
            `Item '${id}' of type '${item.type}' was provided without its required 'reasoning' item: '${required}'.`,
            'input',
          );
        }
        if (id) seen.add(id);
      }
      checkCalls(items);
      return items;
    },
  };
}

function unseal(encrypted: string): { id: string } | undefined {
  if (!encrypted.startsWith(SEAL)) return undefined;
  try {
    const [id = ''] = decodeURIComponent(atob(encrypted.slice(SEAL.length))).split('\n');
    return { id };
  } catch {
    return undefined;
  }
}

/** Every call has its output, every output comes after its call (§4.2). */
function checkCalls(items: readonly ResponseInputItem[]): void {
  const calls = new Set<string>();
  const outputs = new Set<string>();
  for (const item of items) {
    if (item.type === 'function_call') calls.add(item.call_id);
    if (item.type !== 'function_call_output') continue;
    if (!calls.has(item.call_id)) {
      throw badRequest(`No tool call found for function call output with call_id ${item.call_id}.`, 'input');
    }
    outputs.add(item.call_id);
  }
  for (const call of calls) {
    if (!outputs.has(call)) throw badRequest(`No tool output found for function call ${call}.`, 'input');
  }
}
