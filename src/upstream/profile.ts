/** What a provider's Responses API can do, and how requests to it differ from those to OpenAI's (DESIGN decision 10). */
import type { Responses } from 'openai/resources/responses/responses';

type Request = Responses.ResponseCreateParamsStreaming;
type Event = Responses.ResponseStreamEvent;

/** Data and pure functions; everything a provider needs of its own is here, and nowhere else. */
export interface Profile {
  /** Named in refusals. */
  name: string;
  /** Where it is, for who names the profile and no address. */
  baseURL: string;
  /** The header that carries the key. */
  keyHeader: 'authorization' | 'api-key';
  /** Sent with every request for a response, unless the caller's own headers say otherwise. */
  headers: Readonly<Record<string, string>>;
  /** Built-in tools that the upstream runs itself. A run that needs another is refused when it is created. */
  tools: { file_search: boolean; code_interpreter: boolean; web_search: boolean; image_generation: boolean };
  /** There is a `/vector_stores` API: stores can be made, filled and waited for. Otherwise only ids are passed on. */
  vectorStores: boolean;
  /** How the ids of stores begin; '' where they may be anything. */
  vectorStoreIdPrefix: string;
  /** Most stores that one search may name. */
  maxVectorStores: number;
  /** There is a `/containers` API: code interpreter sees files, and keeps its state from run to run. */
  containers: boolean;
  /** `include: ["reasoning.encrypted_content"]` may be asked for (only where `reasons(model)` too, §4.3). */
  encryptedReasoning: boolean;
  /** What else of a finished turn's reasoning may go back: its plain content, its summary, or nothing. */
  replaysReasoning: 'content' | 'summary' | 'encrypted only';
  /** The provider's name of a model, where an old one has a successor there. The option `models` comes first. */
  model(name: string): string;
  /** Whether a model takes `reasoning.effort` (§4.3). */
  reasons(model: string): boolean;
  /** Whether a model takes `temperature` and `top_p`; OpenAI's reasoning models refuse them (§4.3). */
  samples(model: string): boolean;
  /** Sends `prompt_cache_key` (the thread's id). */
  promptCacheKey: boolean;
  /** `input_image.file_id` is understood. */
  imageFileIds: boolean;
  /** Assistant messages go as a plain string: the server refuses `output_text` parts without an id of its own. */
  plainAssistantText: boolean;
  /** Rate limits come inside an HTTP 200 too, where no SDK retries them: rethread does. */
  failsInside: boolean;
  /** Makes responses in the background, which can be streamed from any event on, cancelled and deleted; used with the option `background`. */
  background: boolean;
  /** The last touch on a request. Pure. */
  adapt(request: Request): Request;
  /** Undoes in an event what `adapt` has renamed. Pure; the event is not changed. */
  restore(event: Event): Event;
}

/** Names of OpenAI's reasoning families; `-chat` variants of gpt-5 do not reason. */
const OPENAI_REASONING = /^(o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex|computer-use)/;

const openaiReasons = (model: string) => OPENAI_REASONING.test(model.replace(/^ft:/, ''));

export const openai: Profile = {
  name: 'openai',
  baseURL: 'https://api.openai.com/v1',
  keyHeader: 'authorization',
  headers: {},
  tools: { file_search: true, code_interpreter: true, web_search: true, image_generation: true },
  vectorStores: true,
  vectorStoreIdPrefix: 'vs',
  maxVectorStores: Number.POSITIVE_INFINITY,
  containers: true,
  encryptedReasoning: true,
  replaysReasoning: 'encrypted only',
  model: (name) => name,
  reasons: openaiReasons,
  samples: (model) => !openaiReasons(model),
  promptCacheKey: true,
  imageFileIds: true,
  plainAssistantText: false,
  failsInside: false,
  background: true,
  adapt: (request) => request,
  restore: (event) => event,
};

/** Azure names deployments freely, so a deployment's name need not tell its model: map it with `models`. */
export const azure: Profile = { ...openai, name: 'azure', keyHeader: 'api-key' };

/** Any other server that speaks `POST /responses`: nothing is taken for granted but text, images by URL and functions. */
export const generic: Profile = {
  ...openai,
  name: 'generic',
  tools: { file_search: false, code_interpreter: false, web_search: false, image_generation: false },
  encryptedReasoning: false,
  replaysReasoning: 'content',
  reasons: () => false,
  samples: () => true,
  promptCacheKey: false,
  imageFileIds: false,
  plainAssistantText: true,
  background: false,
};
