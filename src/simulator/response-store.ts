import type {
  ResponseInputItem,
  ResponseItem,
  ResponseOutputItem,
} from 'openai/resources/responses/responses';
import type { Job } from './background.ts';
import { ApiError, notFound } from './errors.ts';
import type { MakeId } from './ids.ts';
import { listedItem } from './listed-item.ts';
import type { WireResponse } from './wire.ts';

/** A stored response with everything needed to go on from it. */
export interface StoredResponse {
  response: WireResponse;
  /** Its output in full, whatever `include` left out. */
  output: readonly ResponseOutputItem[];
  /** Its own input. */
  input: readonly ResponseInputItem[];
  previous: string | undefined;
  job: Job | undefined;
}

/** The responses that were made with `store: true`. */
export interface ResponseStore {
  save(stored: StoredResponse): void;
  find(id: string): StoredResponse | undefined;
  /** @throws ApiError 404 */
  require(id: string): StoredResponse;
  delete(id: string): void;
  /**
   * What a response that goes on from this one reads: the inputs and outputs of the whole chain.
   *
   * @throws ApiError 400 `previous_response_not_found`
   */
  history(previous: string): ResponseInputItem[];
  /** The input items of a response, as GET …/input_items lists them, oldest first. */
  inputItems(stored: StoredResponse): ResponseItem[];
}

export function createResponseStore(makeId: MakeId): ResponseStore {
  const responses = new Map<string, StoredResponse>();
  const listed = new WeakMap<StoredResponse, ResponseItem[]>();

  return {
    save: (stored) => void responses.set(stored.response.id, stored),
    find: (id) => responses.get(id),
    require(id) {
      const stored = responses.get(id);
      if (!stored) throw notFound(`Response with id '${id}' not found.`);
      return stored;
    },
    delete: (id) => void responses.delete(id),
    history(previous) {
      const chain: StoredResponse[] = [];
      for (let id: string | undefined = previous; id; id = chain.at(-1)?.previous) {
        const stored = responses.get(id);
        if (!stored) {
          throw new ApiError(400, `Previous response with id '${id}' not found.`, {
            param: 'previous_response_id',
            code: 'previous_response_not_found',
          });
        }
        chain.push(stored);
      }
      // What a model put out it can read again.
      return chain.reverse().flatMap(({ input, output }) => [...input, ...(output as ResponseInputItem[])]);
    },
    inputItems(stored) {
      let items = listed.get(stored);
      if (!items) {
        items = stored.input.map((item) => listedItem(item, makeId));
        listed.set(stored, items);
      }
      return items;
    },
  };
}
