/** Alibaba Cloud Model Studio's Responses API (docs/contracts/dashscope.md §C). */
import { RESERVED_NAMES, toDashScope } from './dashscope-request.ts';
import { withCallerNames } from './function-names.ts';
import { openai, type Profile } from './profile.ts';

/** The OpenAI-compatible base URLs by region; keys are bound to one (§C.1). */
export const DASHSCOPE_REGIONS = {
  beijing: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  singapore: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  virginia: 'https://dashscope-us.aliyuncs.com/compatible-mode/v1',
} as const;

/** The models of the Assistant API (§A.4) are not (all) on the list of this one: their successors that are (§C.2). */
const SUCCESSORS = { turbo: 'qwen3.5-flash', plus: 'qwen3.7-plus', max: 'qwen3.7-max' } as const;

/** `qwen-max`, and its snapshots: `qwen-max-latest`, `qwen-max-0919`, `qwen-max-2025-01-25`, `qwen-max-longcontext`. */
const OLD_MODEL = /^qwen-(turbo|plus|max)(-latest|-longcontext|-\d{4}|-\d{4}-\d{2}-\d{2})?$/;

export function successorOf(model: string): string {
  const [, family] = OLD_MODEL.exec(model) ?? [];
  return family ? SUCCESSORS[family as keyof typeof SUCCESSORS] : model;
}

export const dashscope: Profile = {
  ...openai,
  name: 'dashscope',
  baseURL: DASHSCOPE_REGIONS.beijing,
  tools: { file_search: true, code_interpreter: true, web_search: true, image_generation: false },
  // Knowledge bases are made in the console: the API only searches them, and one at a time (§C.1, §C.5).
  vectorStores: false,
  vectorStoreIdPrefix: '',
  maxVectorStores: 1,
  containers: false,
  encryptedReasoning: false,
  replaysReasoning: 'summary',
  model: successorOf,
  reasons: () => true,
  samples: () => true,
  promptCacheKey: false,
  imageFileIds: false,
  plainAssistantText: true,
  failsInside: true,
  // Passed over in silence (§C.3).
  background: false,
  adapt: toDashScope,
  restore: (event) => withCallerNames(event, RESERVED_NAMES),
};
