/** Should an SDK come without `beta.assistants` and `beta.threads`, they are supplied from rethread's own copy of the SDK. */
import type OpenAI from 'openai';
import { OptionsError } from './options.ts';

interface ClientInside {
  baseURL: string;
  apiKey?: string | null;
  organization?: string | null;
  project?: string | null;
  fetch: typeof fetch;
  maxRetries?: number;
  timeout?: number;
  _options?: { defaultHeaders?: Record<string, string>; defaultQuery?: Record<string, string> };
  beta?: { assistants?: unknown; threads?: unknown };
}

/** Leaves a client that has both as it is. @throws OptionsError where the SDK cannot be loaded at once */
export function supplyBeta(client: object): void {
  const inside = client as ClientInside;
  if (inside.beta?.assistants && inside.beta.threads) return;
  const own = ownClient(inside);
  inside.beta ??= {};
  inside.beta.assistants ??= own.beta.assistants;
  inside.beta.threads ??= own.beta.threads;
}

function ownClient(client: ClientInside): OpenAI {
  const SDK = loadSdk();
  return new SDK({
    baseURL: client.baseURL,
    // What the client sends is read at each call: its key may be a function, and may change.
    apiKey: typeof client.apiKey === 'string' ? client.apiKey : 'sent-by-the-client',
    organization: client.organization ?? null,
    project: client.project ?? null,
    fetch: (url, init) => client.fetch(url, init),
    ...(client.maxRetries !== undefined && { maxRetries: client.maxRetries }),
    ...(client.timeout !== undefined && { timeout: client.timeout }),
    ...(client._options?.defaultHeaders && { defaultHeaders: client._options.defaultHeaders }),
    ...(client._options?.defaultQuery && { defaultQuery: client._options.defaultQuery }),
    dangerouslyAllowBrowser: true,
  });
}

/** Loaded only here, and at once: the resources have to be there when `withAssistants` returns. */
function loadSdk(): typeof OpenAI {
  const module = globalThis.process?.getBuiltinModule?.('node:module');
  if (!module) {
    throw new OptionsError(
      'This client has no beta.assistants and beta.threads, and rethread can supply them on Node only.',
    );
  }
  return module.createRequire(import.meta.url)('openai').OpenAI;
}
