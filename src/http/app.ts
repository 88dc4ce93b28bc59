/** One web-standard handler for all that rethread answers; its doors are in docs/architecture.md. */
import { openaiDialect } from './openai/index.ts';
import type { Identity, Service } from './service.ts';

export type Handler = (request: Request, identity: Identity) => Promise<Response>;

/** Every failure comes back as an answer: the handler never rejects. */
export function createHandler(service: Service): Handler {
  const openai = openaiDialect(service);
  return async (request, identity) => openai.fetch(request, { identity });
}
