/** What a provider's Responses API can do; which request fields it takes (DESIGN decision 10). */
export interface Profile {
  name: 'openai' | 'azure' | 'generic';
  /** Built-in tools that the upstream runs itself. A run that needs another is refused when it is created. */
  tools: { file_search: boolean; code_interpreter: boolean };
  /** `include: ["reasoning.encrypted_content"]` may be asked for (only where `reasons(model)` too, §4.3). */
  encryptedReasoning: boolean;
  /** Whether a model reasons: it then takes `reasoning.effort` and refuses a temperature (§4.3). */
  reasons(model: string): boolean;
  /** Sends `prompt_cache_key` (the thread's id). */
  promptCacheKey: boolean;
  /** `input_image.file_id` is understood. */
  imageFileIds: boolean;
}

/** Names of OpenAI's reasoning families; `-chat` variants of gpt-5 do not reason. */
const OPENAI_REASONING = /^(o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex|computer-use)/;

export const openai: Profile = {
  name: 'openai',
  tools: { file_search: true, code_interpreter: true },
  encryptedReasoning: true,
  reasons: (model) => OPENAI_REASONING.test(model.replace(/^ft:/, '')),
  promptCacheKey: true,
  imageFileIds: true,
};

/** Azure names deployments freely, so a deployment's name need not tell its model: map it with `models`. */
export const azure: Profile = { ...openai, name: 'azure' };

/** Any other server that speaks `POST /responses`: nothing is taken for granted but text, images by URL and functions. */
export const generic: Profile = {
  name: 'generic',
  tools: { file_search: false, code_interpreter: false },
  encryptedReasoning: false,
  reasons: () => false,
  promptCacheKey: false,
  imageFileIds: false,
};

export const profiles = { openai, azure, generic } as const;

/** The profile that an address tells of; proxies and gateways of unknown name are taken to lead to OpenAI. */
export function profileFor(baseURL: string): Profile {
  return /\.azure\.com\b|\.azure-api\.net\b/.test(baseURL) ? azure : openai;
}
